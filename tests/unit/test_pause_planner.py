"""Pausing and continuing one trial, situation by situation."""

from typing import Any

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.desired_state import DesiredState
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.pause import BY_PERSON, CANCELED_BY_PERSON, CANNOT_PAUSE
from sweepjob.lifecycle.planner import ends_paused, is_over, may_resume, nothing_else_runs, plan
from sweepjob.lifecycle.snapshot import Proposal, Totals

from .builders import job, pod, snapshot, trial

PAUSE = StopDecision(TrialPhase.PAUSED, "Asha", "not in the top", policy="asha", interval=3)
FAILURE = Cause("TrainerFailed", "exit code 1")
RUNNING = {"jobs": (job(),), "pods": (pod(started=1.0),)}
STOPPING = {"phase": TrialPhase.STOPPING, "stop": PAUSE}
PAUSED = {"phase": TrialPhase.PAUSED, "pause": PAUSE, "attempt": 2}
LOST = pod(started=1.0, deleting=True, termination_due=-60.0, node="node-2")
SWEEP = snapshot(max_retries=1, has_checkpoint=True)
CHOSEN = Cause("Resumed", "asha continued it")
HELD = DesiredState(paused=True)

SITUATIONS: list[tuple[str, dict[str, Any], list[Any]]] = [
    (
        "decided: record before anything else",
        {**RUNNING, "pending_stop": PAUSE},
        [act.RecordStop(0, PAUSE)],
    ),
    (
        "recorded: pods first, then the Job",
        {**RUNNING, **STOPPING},
        [
            act.DeletePod(0, "sweep-0-x", "pod-0"),
            act.DeleteJob(0, "sweep-0", "job-0-1", pods=("pod-0",)),
        ],
    ),
    (
        "its pod is ending: wait",
        {**STOPPING, "jobs": (job(deleting=True),), "pods": (pod(started=1.0, deleting=True),)},
        [],
    ),
    (
        "it exits with 0 since it was asked to end: it is paused, not done",
        {
            **STOPPING,
            "jobs": (job(deleting=True),),
            "pods": (pod(succeeded=True, deleting=True, not_replaced=True),),
        },
        [act.RecordPause(0, 2, 0, PAUSE)],
    ),
    ("all is gone: it is paused", STOPPING, [act.RecordPause(0, 2, 0, PAUSE)]),
    (
        "the trainer had succeeded before: the trial has",
        {
            **STOPPING,
            "jobs": (job(deleting=True),),
            "pods": (pod(succeeded=True, deleting=True, finished=True),),
        },
        [act.RecordEnd(0, TrialPhase.SUCCEEDED, "Completed", "the trainer ended with exit code 0")],
    ),
    (
        "the trainer had failed before: that counts",
        {
            **STOPPING,
            "jobs": (job(deleting=True),),
            "pods": (pod(succeeded=False, failure=FAILURE),),
        },
        [act.RecordPause(0, 2, 1, PAUSE)],
    ),
    (
        "the trainer had failed before, once too often",
        {**STOPPING, "failures": 1, "pods": (pod(succeeded=False, failure=FAILURE),)},
        [act.RecordEnd(0, TrialPhase.FAILED, *FAILURE)],
    ),
    (
        "its node is lost while it is being paused: nobody waits for it",
        {**STOPPING, "jobs": (job(deleting=True),), "pods": (LOST,)},
        [act.RecordPause(0, 2, 0, PAUSE)],
    ),
    (
        "decided while it waits for its Job",
        {"phase": TrialPhase.PENDING, "pending_stop": PAUSE},
        [act.RecordStop(0, PAUSE)],
    ),
    (
        "decided, and its Job may yet come: wait for it",
        {"phase": TrialPhase.PENDING, "unconfirmed_job_since": -54.0, "pending_stop": PAUSE},
        [],
    ),
    (
        "queued by Kueue: its Job goes",
        {**STOPPING, "jobs": (job(suspended=True),)},
        [act.DeleteJob(0, "sweep-0", "job-0-1")],
    ),
    (
        "queued by Kueue, and its Job is going: wait for that",
        {**STOPPING, "jobs": (job(suspended=True, deleting=True),)},
        [],
    ),
    (
        "the attempt fails while a pause is decided: the pause is recorded, and counts the failure",
        {"jobs": (job(),), "pods": (pod(succeeded=False, failure=FAILURE),), "pending_stop": PAUSE},
        [act.RecordStop(0, PAUSE)],
    ),
    ("paused: wait", PAUSED, []),
    ("paused by a person: wait", {**PAUSED, "pause": BY_PERSON, "desired": HELD}, []),
    (
        "paused, with a slot: record that",
        {**PAUSED, "resumption": CHOSEN},
        [act.RecordResume(0, *CHOSEN)],
    ),
    (
        "continued: another execution, which is no retry",
        {"phase": TrialPhase.PENDING, "attempt": 2},
        [act.CreateJob(0, 2)],
    ),
    (
        "paused, canceled by a person",
        {**PAUSED, "desired": DesiredState(stop=True)},
        [act.RecordStop(0, CANCELED_BY_PERSON)],
    ),
    (
        "paused, canceled: nothing is left to delete",
        {**PAUSED, "phase": TrialPhase.STOPPING, "stop": CANCELED_BY_PERSON},
        [act.RecordEnd(0, TrialPhase.CANCELED, "Stopped", CANCELED_BY_PERSON.message)],
    ),
    ("a person wants it paused", {**RUNNING, "desired": HELD}, [act.RecordStop(0, BY_PERSON)]),
    (
        "a person wants it to run: its policy does not pause it",
        {**RUNNING, "desired": DesiredState(paused=False), "pending_stop": PAUSE},
        [],
    ),
    (
        "a person cancels it",
        {**RUNNING, "desired": DesiredState(stop=True)},
        [act.RecordStop(0, CANCELED_BY_PERSON)],
    ),
]


@pytest.mark.parametrize(
    ("situation", "expected"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS]
)
def test_situation(situation: dict[str, Any], expected: list[Any]) -> None:
    assert list(plan(trial(**situation), SWEEP, now=10.0).actions) == expected


def test_a_pod_of_a_lost_node_that_comes_back_is_deleted_while_the_trial_is_paused() -> None:
    from sweepjob.lifecycle.workload import EarlierAttempt

    back = EarlierAttempt(job(attempt=1), (pod(started=1.0),))
    actions = plan(trial(**PAUSED, earlier=(back,)), SWEEP, now=10.0).actions
    assert [type(action) for action in actions] == [act.DeletePod, act.DeleteJob]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"stopped": True}, "Stopped"), ({"timeout": 5, "started": 0.0}, "SweepTimeout")],
)
@pytest.mark.parametrize("situation", [PAUSED, {**PAUSED, "pause": BY_PERSON, "desired": HELD}])
def test_the_end_of_the_sweep_cancels_paused_trials(
    changes: dict[str, Any], reason: str, situation: dict[str, Any]
) -> None:
    sweep = snapshot(has_checkpoint=True, paused=1, **changes)
    [stop] = plan(trial(**situation), sweep, now=10.0).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.stop.outcome, stop.stop.reason) == (TrialPhase.CANCELED, reason)
    assert not is_over(sweep, 10.0), "its paused trials end first"
    assert not may_resume(sweep, 10.0)


def test_a_paused_trial_ends_like_a_stopped_one_when_nothing_lets_it_continue() -> None:
    sweep = snapshot(total=3, totals=Totals(3), paused=2, has_checkpoint=True)
    assert nothing_else_runs(sweep)
    assert ends_paused(sweep, 10.0)
    [stop] = plan(
        trial(**PAUSED), snapshot(paused=2, ends_paused=True, has_checkpoint=True), 10.0
    ).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.stop.outcome, stop.stop.policy) == (TrialPhase.EARLY_STOPPED, "asha")
    assert stop.stop.message == "not in the top; the sweep ended before it could continue"


@pytest.mark.parametrize(
    "changes",
    [
        {"occupied": 1},  # one that runs may change what is best
        {"totals": Totals(2), "proposals": (Proposal(2, {}),)},
        {"held": 1},
        {"recalled": 1},
        {"suspended": True},
        {"paused": 0},
    ],
    ids=str,
)
def test_paused_trials_stay_while_one_may_continue(changes: dict[str, Any]) -> None:
    given = {"total": 3, "totals": Totals(3), "paused": 2, "has_checkpoint": True, **changes}
    assert not ends_paused(snapshot(**given), 10.0)


def test_a_paused_trial_needs_a_slot_that_new_trials_do_not() -> None:
    full = snapshot(total=3, concurrent=2, totals=Totals(3), paused=1, occupied=2)
    assert not may_resume(full, 10.0)
    assert may_resume(snapshot(total=3, concurrent=2, totals=Totals(3), paused=1, occupied=1), 10.0)
    suspended = snapshot(paused=1, suspended=True)
    assert not may_resume(suspended, 10.0), "a suspended sweep starts nothing"


def test_the_time_limit_counts_the_executions_before() -> None:
    sweep = snapshot(trial_timeout=100, has_checkpoint=True)
    running = trial(**RUNNING, ran=80.0)
    assert plan(running, sweep, now=20.0).wake_at == 21.0
    [stop] = plan(running, sweep, now=21.0).actions
    assert isinstance(stop, act.RecordStop)
    assert stop.stop.reason == "TrialTimeout"


def test_a_trial_that_has_reached_the_target_is_not_paused() -> None:
    from dataclasses import replace

    sweep = replace(SWEEP, limits=replace(SWEEP.limits, target=0.9))
    reached = trial(**RUNNING, pending_stop=PAUSE, best=0.95)
    assert plan(reached, sweep, now=10.0).actions == ()


def test_without_a_checkpoint_a_person_is_told_that_the_trial_goes_on() -> None:
    wanted = trial(**RUNNING, desired=HELD)
    assert plan(wanted, snapshot(), now=10.0).actions == (
        act.RecordProgress(0, TrialPhase.RUNNING, *CANNOT_PAUSE),
    )
    told = trial(**RUNNING, desired=HELD, reason=CANNOT_PAUSE.reason)
    assert plan(told, snapshot(), now=10.0).actions == ()
    assert plan(trial(**RUNNING, reason=CANNOT_PAUSE.reason), snapshot(), now=10.0).actions == (
        act.RecordProgress(0, TrialPhase.RUNNING),
    )
