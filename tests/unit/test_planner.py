"""The planner of a sweep: slots, limits, timeouts."""

from typing import Any

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.planner import (
    end_due,
    end_reason,
    is_over,
    new_trials,
    plan,
    plan_new_trial,
)
from sweepjob.lifecycle.snapshot import Proposal, SweepSnapshot, Totals, TrialSnapshot

from .builders import job, pod, snapshot, trial

PROPOSALS = tuple(Proposal(n, {"x": n}) for n in range(4))


def begun(sweep: SweepSnapshot, now: float = 10.0) -> list[int]:
    return [new.index for new in new_trials(sweep, now)]


def running(index: int, started: float = 1.0) -> TrialSnapshot:
    return trial(index, jobs=(job(index),), pods=(pod(index, started=started),))


def test_the_plan_creates_a_trial_for_each_slot() -> None:
    assert begun(snapshot(proposals=PROPOSALS)) == [0, 1]
    assert begun(snapshot(occupied=1, totals=Totals(1), proposals=PROPOSALS[1:])) == [1]


def test_a_job_is_created_after_the_record() -> None:
    counted = snapshot(concurrent=1, occupied=1, totals=Totals(1))
    [create, launch] = plan_new_trial(PROPOSALS[0], counted, 0).actions
    assert create == act.CreateTrial(0, {"x": 0})
    assert launch == act.CreateJob(0, attempt=1)


@pytest.mark.parametrize(
    "changed",
    [
        {"concurrent": 1},
        {"total": 1},
        {"suspended": True},
        {"stopped": True},
        {"timeout": 5},
        {"max_failed_trials": 0, "failing": 1},
    ],
    ids=str,
)
def test_a_reservation_without_a_slot_is_canceled(
    changed: dict[str, Any],
) -> None:
    counted = {"occupied": 2, "totals": Totals(2)}
    assert plan_new_trial(PROPOSALS[1], snapshot(**counted), 10.0).actions
    assert not plan_new_trial(PROPOSALS[1], snapshot(**counted, **changed), 10.0).actions


def test_a_slot_is_reused_while_the_end_is_recorded() -> None:
    assert begun(snapshot(occupied=2, totals=Totals(2), proposals=PROPOSALS[2:])) == []
    snap = snapshot(occupied=2, released=1, totals=Totals(2), proposals=PROPOSALS[2:])
    assert begun(snap) == [2]
    assert not is_over(snapshot(occupied=1, released=1, totals=Totals(4)), 10.0)


def test_no_slot_is_reused_while_the_last_allowed_failure_is_recorded() -> None:
    totals = Totals(2, {TrialPhase.FAILED: 1})
    given = {"occupied": 1, "released": 1, "max_failed_trials": 1, "totals": totals}
    assert begun(snapshot(**given, proposals=PROPOSALS[2:])) == [2, 3]
    assert begun(snapshot(**given, failing=1, proposals=PROPOSALS[2:])) == []
    assert end_reason(snapshot(**given, failing=1), 1.0) is None, "not before it is on record"


def test_never_more_than_the_total() -> None:
    assert begun(snapshot(total=1, concurrent=8, proposals=PROPOSALS)) == [0]


def test_a_suspended_sweep_starts_and_stops_no_trial() -> None:
    suspended = snapshot(occupied=1, totals=Totals(1), suspended=True, proposals=PROPOSALS)
    assert begun(suspended) == []
    assert plan(running(0), suspended, 10.0).actions == ()


def test_a_trial_timeout_cancels_that_trial_at_its_time() -> None:
    sweep = snapshot(occupied=2, totals=Totals(2), trial_timeout=30)
    waiting = plan(running(0, started=100.0), sweep, 120.0)
    assert (waiting.actions, waiting.wake_at) == ((), 130.0)
    [stop] = plan(running(0, started=100.0), sweep, 130.0).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.trial, stop.stop.reason, stop.stop.outcome) == (
        0,
        "TrialTimeout",
        TrialPhase.CANCELED,
    )
    assert plan(running(1, started=105.0), sweep, 130.0).actions == ()


def test_the_sweep_timeout_cancels_everything_and_fails_the_sweep() -> None:
    limits = {"timeout": 60, "started": 100.0}
    sweep = snapshot(occupied=2, totals=Totals(2), **limits, proposals=PROPOSALS)
    assert (end_due(sweep, 159.0), end_due(sweep, 160.0)) == (160.0, None)
    assert end_due(snapshot(), 0.0) is None
    assert begun(snapshot(**limits, proposals=PROPOSALS), 160.0) == []
    for index in (0, 1):
        [stop] = plan(running(index), sweep, 160.0).actions
        assert isinstance(stop, act.RecordStop)
        assert stop.stop.reason == "SweepTimeout"
    over = snapshot(**limits, totals=Totals(2, {TrialPhase.CANCELED: 2}))
    assert is_over(over, 170.0)
    assert end_reason(over, 170.0) == ("SweepTimeout", "the sweep's timeout of 60 s has passed")


def test_exceeding_max_failed_trials_ends_the_sweep() -> None:
    over = snapshot(
        max_failed_trials=1, totals=Totals(3, {TrialPhase.FAILED: 2}), proposals=PROPOSALS
    )
    assert is_over(over, 1.0)
    assert begun(over) == []


def test_a_sweep_is_complete_when_all_trials_ended_or_the_space_is_exhausted() -> None:
    assert not is_over(snapshot(totals=Totals(3)), 0)
    assert is_over(snapshot(totals=Totals(4)), 0)
    assert is_over(snapshot(totals=Totals(3), exhausted=True), 0)
    assert not is_over(snapshot(occupied=1, totals=Totals(4)), 0)
