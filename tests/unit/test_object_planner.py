"""What the planner does about objects of other kinds than Job: it leaves their pods to their controller."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.snapshot import TrialSnapshot
from sweepjob.lifecycle.trial_planner import plan_trial
from sweepjob.lifecycle.workload import EarlierAttempt, Job, Pod

from .builders import snapshot

STOP = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "too low", policy="bandit", interval=1)
EVICTED = Cause("Evicted", "its node was drained")


def job(**changes: Any) -> Job:
    return Job("t-0", "uid-job", 1, **changes)


def pod(name: str = "a", **changes: Any) -> Pod:
    return Pod(name, f"uid-{name}", **{"started": 10.0, "node": "n", **changes})


def plan(now: float = 100.0, max_retries: int = 1, **changes: Any) -> act.Plan:
    changes = {"jobs": (job(),), "job_created": True, "phase": TrialPhase.RUNNING, **changes}
    trial = TrialSnapshot(0, "t-0", "uid", **changes)
    return plan_trial(trial, snapshot(max_retries=max_retries, kind="JobSet"), now)


def test_it_ends_with_its_object_once_all_pods_have_ended() -> None:
    running, done = pod(), pod(succeeded=True)
    ended = (job(succeeded=True, ended=99.0),)
    waiting = plan(jobs=ended, pods=(running,))
    assert (waiting.actions, waiting.wake_at) == ((), 99.0 + 300.0)
    assert plan(jobs=ended, pods=(done,)).actions == (
        act.RecordEnd(0, TrialPhase.SUCCEEDED, "Completed", "its JobSet succeeded"),
    )


def test_a_pod_that_ended_does_not_end_the_trial() -> None:
    assert plan(pods=(pod(succeeded=True), pod("b", succeeded=False))).actions == ()


def test_pods_that_nobody_ends_are_deleted_with_the_object() -> None:
    ended = (job(succeeded=True, ended=99.0),)
    [stop] = plan(400.0, jobs=ended, pods=(pod(),)).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.stop.outcome, stop.stop.reason) == (
        TrialPhase.SUCCEEDED,
        "ContainersOutliveTrainer",
    )
    assert "Pods still ran 301 s later: a; its JobSet is deleted" in stop.stop.message


def test_its_pods_may_be_seen_later_than_its_end() -> None:
    ended = (job(succeeded=True, ended=99.0),)
    assert plan(jobs=ended).wake_at == 104.0
    assert isinstance(plan(104.0, jobs=ended).actions[0], act.RecordEnd)


FAILED = job(failure=Cause("FailedJobs", "its JobSet failed"), ended=50.0)


def test_a_failure_names_the_pod_that_failed_first() -> None:
    first = pod("b", succeeded=False, ended=40.0, failure=Cause("OutOfMemory", "out of memory"))
    later = pod("a", succeeded=False, ended=45.0, failure=Cause("TrainerFailed", "broken pipe"))
    [retry] = plan(jobs=(FAILED,), pods=(later, first)).actions
    assert isinstance(retry, act.RecordRetry)
    assert (retry.reason, retry.failures) == ("OutOfMemory", 1)
    assert retry.message == (
        "pod b: out of memory; in the same second or later also pod a: broken pipe; its JobSet failed"
    )


def test_a_failure_names_its_pod_where_the_others_are_gone() -> None:
    failed = pod("b", succeeded=False, ended=40.0, failure=Cause("OutOfMemory", "out of memory"))
    [retry] = plan(jobs=(FAILED,), pods=(failed,)).actions
    assert isinstance(retry, act.RecordRetry)
    assert retry.message == "pod b: out of memory; its JobSet failed"


@pytest.mark.parametrize(
    ("interrupted_at", "pods", "is_failure"),
    [
        (30.0, (), False),
        (30.0, (pod(succeeded=False, ended=40.0),), False),
        (40.0, (pod(succeeded=False, ended=40.0),), False),
        # A pod had failed before: the disruption is of those that were ended after it.
        (41.0, (pod(succeeded=False, ended=40.0),), True),
        # The controller had started a pod again since: it failed for another reason.
        (5.0, (pod(succeeded=False, ended=40.0, started=10.0),), True),
        (None, (), True),
    ],
)
def test_which_failures_a_disruption_explains(
    interrupted_at: float | None, pods: tuple[Pod, ...], is_failure: bool
) -> None:
    [retry] = plan(
        jobs=(FAILED,), pods=pods, interruption=EVICTED, interrupted_at=interrupted_at
    ).actions
    assert isinstance(retry, act.RecordRetry)
    assert retry.failures == (1 if is_failure else 0)
    assert (retry.reason == "Evicted") is (not is_failure)


def test_a_stop_deletes_the_object_and_no_pod() -> None:
    stopped = {"stop": STOP, "phase": TrialPhase.STOPPING}
    assert plan(pods=(pod(),), **stopped).actions == (act.DeleteJob(0, "t-0", "uid-job"),)
    going = (job(deleting=True),)
    assert (
        plan(jobs=going, pods=(pod(deleting=True, termination_due=101.0),), **stopped).actions == ()
    )
    assert plan(jobs=going, pods=(pod(succeeded=False),), **stopped).actions == (), "it is there"
    assert plan(jobs=(), pods=(pod(deleting=True, termination_due=101.0),), **stopped).actions == ()
    assert plan(jobs=(), pods=(pod(succeeded=False),), **stopped).actions == (
        act.RecordEnd(0, TrialPhase.EARLY_STOPPED, "Bandit", "too low"),
    )


def test_a_stop_does_not_wait_for_a_lost_node() -> None:
    lost = pod(deleting=True, termination_due=10.0)
    plan_made = plan(jobs=(job(deleting=True),), pods=(lost,), stop=STOP, phase=TrialPhase.STOPPING)
    assert isinstance(plan_made.actions[0], act.RecordEnd)


def test_a_lost_node_starts_another_attempt() -> None:
    lost = pod(deleting=True, termination_due=10.0)
    [retry] = plan(pods=(pod("b"), lost)).actions
    assert isinstance(retry, act.RecordRetry)
    assert (retry.reason, retry.failures, retry.attempt) == ("NodeLost", 0, 2)


def test_an_object_that_somebody_deletes_cancels_the_trial_when_its_pods_have_ended() -> None:
    assert plan(jobs=(job(deleting=True),), pods=(pod(),)).actions == ()
    assert plan(jobs=(), pods=(pod(),), job_missing_since=90.0).actions == (), "no pod is deleted"
    [end] = plan(jobs=(), pods=(pod(succeeded=False),), job_missing_since=90.0).actions
    assert isinstance(end, act.RecordEnd)
    assert end.phase is TrialPhase.CANCELED
    assert end.message == "its JobSet was deleted by another client, so the trial is canceled"


def test_the_next_attempt_waits_for_the_pods_of_the_one_before() -> None:
    before = Job("t-0", "uid-1", 1, failure=Cause("FailedJobs", "failed"), ended=90.0)
    changes: dict[str, Any] = {"attempt": 2, "jobs": (), "job_created": False}
    given = plan(92.0, **changes, earlier=(EarlierAttempt(before, (pod(),)),))
    assert (given.actions, given.wake_at) == ((), 95.0), "its controller may end them"
    running = EarlierAttempt(Job("t-0", "uid-1", 1), ())
    deleted = plan(92.0, **changes, earlier=(running,))
    assert deleted.actions == (act.DeleteJob(0, "t-0", "uid-1"),), "it may make pods"
    deleted = plan(**changes, earlier=(EarlierAttempt(before, (pod(),)),))
    assert deleted.actions == (act.DeleteJob(0, "t-0", "uid-1"),)
    going = Job("t-0", "uid-1", 1, failure=before.failure, deleting=True)
    ending = pod(deleting=True, termination_due=101.0)
    assert plan(**changes, earlier=(EarlierAttempt(going, (ending,)),)).actions == ()
    ended = EarlierAttempt(before, (pod(succeeded=False),))
    assert plan(**changes, earlier=(ended,)).actions == (act.CreateJob(0, 2),)


def test_a_suspended_object_is_queued() -> None:
    [record] = plan(jobs=(job(suspended=True),), phase=TrialPhase.PENDING).actions
    assert isinstance(record, act.RecordProgress)
    assert record.phase is TrialPhase.QUEUED
    assert record.message.startswith("its JobSet is suspended")
