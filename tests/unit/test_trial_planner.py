"""The state machine of one trial, situation by situation."""

from typing import Any

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.attempt_end import POD_DELETED
from sweepjob.lifecycle.progress_update import SUSPENDED
from sweepjob.lifecycle.termination import JOB_DELETED
from sweepjob.lifecycle.trial_planner import plan_trial
from sweepjob.lifecycle.workload import StartBlocker

from .builders import job, pod, snapshot, trial

STOP = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "too low", policy="bandit", interval=3)
FAILURE = Cause("TrainerFailed", "exit code 1")
DRAINED = Cause("Evicted", "its node is drained")
GAVE_UP = Cause("BackoffLimitExceeded", "Job has reached the specified backoff limit")
LOST = pod(started=1.0, deleting=True, termination_due=-60.0, node="node-2")
LOST_TEXT = (
    "node node-2 has not terminated the trial's pod 60 s after its grace period: the node counts as "
    "lost, and later reports of that pod are refused"
)
NO_GPU = StartBlocker("Unschedulable", "no GPU", since=0.0, waits=True)
NO_IMAGE = StartBlocker("ImageCannotBePulled", "no such image", since=-590.0)
GIVEN_UP = StopDecision(
    TrialPhase.FAILED, "ImageCannotBePulled", "it has not started for 600 s: no such image"
)
RUNNING = {"jobs": (job(),), "pods": (pod(started=1.0),)}

SWEEP = snapshot(max_retries=1)

SITUATIONS: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("new: launch", {"phase": TrialPhase.PENDING}, [act.CreateJob(0, 1)]),
    (
        "new but decided: record only",
        {"phase": TrialPhase.PENDING, "pending_stop": STOP},
        [act.RecordStop(0, STOP)],
    ),
    (
        "new, decided, and its Job may yet come: wait for it",
        {"phase": TrialPhase.PENDING, "unconfirmed_job_since": -54.0, "pending_stop": STOP},
        [],
    ),
    (
        "it has not come: record only",
        {"phase": TrialPhase.PENDING, "unconfirmed_job_since": -56.0, "pending_stop": STOP},
        [act.RecordStop(0, STOP)],
    ),
    ("launched, pod not there yet: wait", {"phase": TrialPhase.PENDING, "jobs": (job(),)}, []),
    (
        "pod runs: record that",
        {"phase": TrialPhase.PENDING, **RUNNING},
        [act.RecordProgress(0, TrialPhase.RUNNING)],
    ),
    ("runs, on record: wait", RUNNING, []),
    (
        "decided: record before anything else",
        {**RUNNING, "pending_stop": STOP},
        [act.RecordStop(0, STOP)],
    ),
    (
        "recorded: pods first, then the Job",
        {**RUNNING, "phase": TrialPhase.STOPPING, "stop": STOP},
        [
            act.DeletePod(0, "sweep-0-x", "pod-0"),
            act.DeleteJob(0, "sweep-0", "job-0-1", pods=("pod-0",)),
        ],
    ),
    (
        "drained at the same time: another pod may come before the Job goes",
        {
            "stop": STOP,
            "jobs": (job(),),
            "pods": (pod(started=1.0, deleting=True, disrupted=True),),
        },
        [act.DeleteJob(0, "sweep-0", "job-0-1", pods=())],
    ),
    (
        "drained meanwhile: another pod may have come that has not been seen",
        {
            "stop": STOP,
            "jobs": (job(deleting=True),),
            "pods": (pod(succeeded=False, disrupted=True),),
        },
        [],
    ),
    ("the same when no pod is seen at all", {"stop": STOP, "jobs": (job(deleting=True),)}, []),
    (
        "its Job is gone, so no other pod has come",
        {"stop": STOP, "pods": (pod(succeeded=False, disrupted=True),)},
        [act.RecordEnd(0, TrialPhase.EARLY_STOPPED, "Bandit", "too low")],
    ),
    (
        "the pod that was there when the Job was deleted has ended: no other one comes",
        {
            "stop": STOP,
            "jobs": (job(deleting=True),),
            "pods": (pod(succeeded=False, deleting=True, not_replaced=True),),
        },
        [act.RecordEnd(0, TrialPhase.EARLY_STOPPED, "Bandit", "too low")],
    ),
    (
        "pods going: wait for the GPU",
        {"stop": STOP, "jobs": (job(deleting=True),), "pods": (pod(deleting=True),)},
        [],
    ),
    (
        "pods gone: early-stopped, whatever the trainer's exit code was",
        {"stop": STOP, "jobs": (job(deleting=True),), "pods": (pod(succeeded=True),)},
        [act.RecordEnd(0, TrialPhase.EARLY_STOPPED, "Bandit", "too low")],
    ),
    (
        "succeeded",
        {"jobs": (job(),), "pods": (pod(succeeded=True, started=1.0),)},
        [act.RecordEnd(0, TrialPhase.SUCCEEDED, "Completed", "the trainer ended with exit code 0")],
    ),
    (
        "succeeded before the decision was recorded",
        {"jobs": (job(),), "pods": (pod(succeeded=True),), "pending_stop": STOP},
        [act.RecordEnd(0, TrialPhase.SUCCEEDED, "Completed", "the trainer ended with exit code 0")],
    ),
    (
        "failed: another attempt",
        {"jobs": (job(),), "pods": (pod(succeeded=False, failure=FAILURE),)},
        [act.RecordRetry(0, 2, 1, *FAILURE, retry_at=20.0)],
    ),
    (
        "the next attempt waits for its back-off",
        {"phase": TrialPhase.PENDING, "attempt": 2, "failures": 1, "retry_at": 20.0},
        [],
    ),
    (
        "the back-off is over",
        {"phase": TrialPhase.PENDING, "attempt": 2, "failures": 1, "retry_at": 10.0},
        [act.CreateJob(0, 2)],
    ),
    (
        "failed once too often",
        {"failures": 1, "jobs": (job(),), "pods": (pod(succeeded=False, failure=FAILURE),)},
        [act.RecordEnd(0, TrialPhase.FAILED, *FAILURE)],
    ),
    (
        "disrupted: the Job starts another pod, nothing is counted",
        {"jobs": (job(),), "pods": (pod(succeeded=False, disrupted=True, failure=FAILURE),)},
        [],
    ),
    (
        "disrupted: the record says that it waits again, and why",
        {"jobs": (job(),), "interruption": DRAINED},
        [act.RecordProgress(0, TrialPhase.PENDING, *DRAINED)],
    ),
    (
        "drained, and the script exits with 0 when it is told to: no success, another attempt",
        {
            "jobs": (job(succeeded=True),),
            "pods": (pod(succeeded=True, disrupted=True),),
            "interruption": DRAINED,
        },
        [act.RecordRetry(0, 2, 0, *DRAINED)],
    ),
    (
        "a person deleted its pod, and the Job gave up: no failure, another attempt at once",
        {"jobs": (job(failure=GAVE_UP),), "interruption": POD_DELETED},
        [act.RecordRetry(0, 2, 0, *POD_DELETED)],
    ),
    (
        "the Job gave up without a pod to show: somebody took the pod",
        {"failures": 1, "jobs": (job(failure=GAVE_UP),)},
        [act.RecordRetry(0, 2, 1, *POD_DELETED)],
    ),
    (
        "the Job is complete, and its pod is gone, and with it what it said last: again",
        {"jobs": (job(succeeded=True, ended=1.0),)},
        [act.RecordRetry(0, 2, 0, *POD_DELETED)],
    ),
    (
        "the Job is complete, and its pod has not been seen: that watch may be late",
        {"jobs": (job(succeeded=True, ended=8.0),)},
        [],
    ),
    (
        "the Job was deleted by a person: its pod goes, too",
        {"job_created": True, "pods": (pod(started=1.0),)},
        [act.DeletePod(0, "sweep-0-x", "pod-0")],
    ),
    (
        "the Job was deleted by a person: its slot is free when its pod has ended",
        {"job_created": True, "pods": (pod(started=1.0, deleting=True),)},
        [],
    ),
    (
        "the Job was deleted by a person: that cancels the trial",
        {"job_created": True},
        [act.RecordEnd(0, TrialPhase.CANCELED, *JOB_DELETED)],
    ),
    (
        "its Job was deleted just now: a pod of it may not have been seen yet",
        {"job_created": True, "job_missing_since": 5.5},
        [],
    ),
    (
        "its Job was deleted a while ago, and no pod of it has been seen: there is none",
        {"job_created": True, "job_missing_since": 5.0},
        [act.RecordEnd(0, TrialPhase.CANCELED, *JOB_DELETED)],
    ),
    (
        "stopped, and its Job was deleted just now",
        {"stop": STOP, "job_created": True, "job_missing_since": 5.5},
        [],
    ),
    (
        "stopped, and its Job was deleted a while ago",
        {"stop": STOP, "job_created": True, "job_missing_since": 5.0},
        [act.RecordEnd(0, TrialPhase.EARLY_STOPPED, "Bandit", "too low")],
    ),
    (
        "its Job was deleted while we were away, and nothing of it is on record: the next waits for its pod",
        {"phase": TrialPhase.PENDING, "orphan_pods": (pod(started=1.0, succeeded=None),)},
        [],
    ),
    (
        "what such a pod says of itself counts for nothing",
        {"phase": TrialPhase.PENDING, "orphan_pods": (pod(started=1.0, succeeded=True),)},
        [act.CreateJob(0, 1)],
    ),
    (
        "its node is lost: it is not waited for",
        {"phase": TrialPhase.PENDING, "orphan_pods": (LOST,)},
        [act.CreateJob(0, 1)],
    ),
    (
        "its Job was deleted while we were away: its slot is free when its pod has ended",
        {"job_created": True, "job_missing_since": 1.0, "orphan_pods": (pod(deleting=True),)},
        [],
    ),
    (
        "suspended by a queue: queued",
        {"phase": TrialPhase.PENDING, "jobs": (job(suspended=True),)},
        [act.RecordProgress(0, TrialPhase.QUEUED, *SUSPENDED)],
    ),
    (
        "suspended while its pod runs: that is not over before the pod is",
        {"jobs": (job(suspended=True),), "pods": (pod(started=1.0, deleting=True),)},
        [],
    ),
    (
        "preempted by a queue: queued, nothing is counted",
        {"jobs": (job(suspended=True),), "pods": (pod(succeeded=False, deleting=True),)},
        [act.RecordProgress(0, TrialPhase.QUEUED, *SUSPENDED)],
    ),
    (
        "admitted by the queue",
        {"phase": TrialPhase.QUEUED, "reason": "JobSuspended", "jobs": (job(),)},
        [act.RecordProgress(0, TrialPhase.PENDING)],
    ),
    (
        "its node is lost: another attempt is recorded before the old Job goes",
        {"jobs": (job(),), "pods": (LOST,)},
        [act.RecordRetry(0, 2, 0, "NodeLost", LOST_TEXT)],
    ),
    (
        "its node is lost, and the Job has been deleted already",
        {"jobs": (job(deleting=True),), "pods": (LOST,)},
        [act.RecordRetry(0, 2, 0, "NodeLost", LOST_TEXT)],
    ),
    (
        "its node was restarted before the trainer started: not yet known for sure",
        {
            "phase": TrialPhase.PENDING,
            "jobs": (job(),),
            "pods": (pod(never_started_since=0.0, disrupted=True),),
        },
        [],
    ),
    (
        "its node was restarted long ago: another pod is to take its place",
        {
            "phase": TrialPhase.PENDING,
            "jobs": (job(),),
            "pods": (pod(never_started_since=-60.0, disrupted=True),),
        },
        [act.DeletePod(0, "sweep-0-x", "pod-0")],
    ),
    (
        "stopped, and its node is lost: nobody waits for it",
        {"stop": STOP, "jobs": (job(deleting=True),), "pods": (LOST,)},
        [act.RecordEnd(0, TrialPhase.EARLY_STOPPED, "Bandit", "too low")],
    ),
    (
        "no GPU is free: that is on record",
        {"phase": TrialPhase.PENDING, "jobs": (job(),), "pods": (pod(),), "start_blocker": NO_GPU},
        [act.RecordProgress(0, TrialPhase.PENDING, "Unschedulable", "no GPU")],
    ),
    (
        "no GPU is free: on record already",
        {
            "phase": TrialPhase.PENDING,
            "reason": "Unschedulable",
            "jobs": (job(),),
            "start_blocker": NO_GPU,
        },
        [],
    ),
    (
        "no image for ten minutes: it fails",
        {
            "phase": TrialPhase.PENDING,
            "jobs": (job(),),
            "pods": (pod(),),
            "start_blocker": NO_IMAGE,
        },
        [act.RecordStop(0, GIVEN_UP)],
    ),
]


@pytest.mark.parametrize(
    ("situation", "expected"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS]
)
def test_situation(situation: dict[str, Any], expected: list[Any]) -> None:
    assert list(plan_trial(trial(**situation), SWEEP, now=10.0).actions) == expected


def test_progress_is_written_when_it_is_due_and_not_before() -> None:
    early = plan_trial(trial(**RUNNING, progress_write_due=12.0), SWEEP, now=10.0)
    assert (early.actions, early.wake_at) == ((), 12.0)
    late = plan_trial(trial(**RUNNING, progress_write_due=12.0), SWEEP, now=12.0)
    assert late.actions == (act.RecordProgress(0, TrialPhase.RUNNING),)


def test_deadlines_cause_another_reconciliation() -> None:
    waiting = {"phase": TrialPhase.PENDING, "jobs": (job(),), "pods": (pod(),)}
    short = plan_trial(trial(**waiting, start_blocker=NO_GPU), SWEEP, now=1.0)
    assert (short.actions, short.wake_at) == ((), 3.0)  # a GPU may be free a moment later
    backing_off = trial(phase=TrialPhase.PENDING, attempt=2, retry_at=20.0)
    assert plan_trial(backing_off, SWEEP, now=12.0).wake_at == 20.0
    going = pod(started=1.0, deleting=True, termination_due=5.0, node="node-2")
    assert plan_trial(trial(jobs=(job(),), pods=(going,)), SWEEP, now=10.0).wake_at == 65.0
    never_started_since = trial(
        phase=TrialPhase.PENDING, jobs=(job(),), pods=(pod(never_started_since=5.0),)
    )
    assert plan_trial(never_started_since, SWEEP, now=10.0).wake_at == 65.0
    stopping = trial(stop=STOP, jobs=(job(deleting=True),), pods=(going,))
    assert plan_trial(stopping, SWEEP, now=10.0).wake_at == 65.0


@pytest.mark.parametrize(("failures", "pause"), [(0, 10), (1, 20), (4, 160), (30, 360)])
def test_the_retry_back_off_doubles(failures: int, pause: float) -> None:
    failed = trial(failures=failures, jobs=(job(),), pods=(pod(succeeded=False, failure=FAILURE),))
    [retry] = plan_trial(failed, snapshot(max_retries=98), now=0.0).actions
    assert isinstance(retry, act.RecordRetry)
    assert retry.retry_at == pause


def test_a_start_timeout_ends_the_wait_for_capacity() -> None:
    waiting = trial(phase=TrialPhase.PENDING, jobs=(job(),), pods=(pod(),), start_blocker=NO_GPU)
    [stop] = plan_trial(waiting, snapshot(start_timeout=100), now=100.0).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.stop.outcome, stop.stop.reason) == (TrialPhase.FAILED, "Unschedulable")
