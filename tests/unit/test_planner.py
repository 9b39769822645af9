"""The planner of a sweep: slots, limits, timeouts."""

from sweepjob.domain.plan import actions as act
from sweepjob.domain.plan.planner import is_over, plan, reason_to_end
from sweepjob.domain.plan.snapshot import Phase, Proposal, Totals

from .builders import job, pod, snapshot, trial

PROPOSALS = tuple(Proposal(n, {"x": n}) for n in range(4))


def created(actions: tuple[act.Action, ...]) -> list[int]:
    return [a.trial for a in actions if isinstance(a, act.CreateTrial)]


def running(index: int, started: float = 1.0) -> object:
    return trial(index, jobs=(job(index),), pods=(pod(index, started=started),))


def test_as_many_trials_as_there_are_slots() -> None:
    assert created(plan(snapshot(proposals=PROPOSALS), 0).actions) == [0, 1]


def test_a_new_trial_is_launched_right_after_its_record() -> None:
    [create, launch] = plan(snapshot(concurrent=1, proposals=PROPOSALS), 0).actions
    assert create == act.CreateTrial(0, {"x": 0})
    assert launch == act.LaunchJob(0, attempt=1)


def test_a_slot_is_filled_in_the_pass_in_which_it_becomes_free() -> None:
    ended = trial(0, jobs=(job(0),), pods=(pod(0, succeeded=True),))
    todo = plan(snapshot(ended, running(1), proposals=PROPOSALS[2:]), 10.0)
    assert created(todo.actions) == [2]
    assert any(isinstance(a, act.RecordEnd) for a in todo.actions)


def test_a_slot_is_filled_while_the_end_of_its_trial_is_written() -> None:
    snap = snapshot(resting=2, vacated=1, totals=Totals(2), proposals=PROPOSALS[2:])
    assert created(plan(snap, 10.0).actions) == [2]
    assert not is_over(snapshot(resting=1, vacated=1, totals=Totals(4)), 10.0)


def test_no_slot_is_filled_while_one_failure_too_many_is_written() -> None:
    totals = Totals(2, {Phase.FAILED: 1})
    given = {"resting": 1, "vacated": 1, "max_failed_trials": 1, "totals": totals}
    assert created(plan(snapshot(**given, proposals=PROPOSALS[2:]), 1.0).actions) == [2, 3]
    assert created(plan(snapshot(**given, failing=1, proposals=PROPOSALS[2:]), 1.0).actions) == []
    assert reason_to_end(snapshot(**given, failing=1), 1.0) is None, "not before it is on record"


def test_never_more_than_the_total() -> None:
    todo = plan(snapshot(total=1, concurrent=8, proposals=PROPOSALS), 0)
    assert created(todo.actions) == [0]


def test_suspended_starts_nothing_and_stops_nothing() -> None:
    todo = plan(snapshot(running(0), suspended=True, proposals=PROPOSALS), 10.0)
    assert todo.actions == ()


def test_a_trial_timeout_cancels_that_trial_at_its_time() -> None:
    snap = snapshot(running(0, started=100.0), running(1, started=105.0), trial_timeout=30)
    waiting = plan(snap, 120.0)
    assert (waiting.actions, waiting.wake_at) == ((), 130.0)
    [stop] = plan(snap, 130.0).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.trial, stop.stop.reason, stop.stop.outcome) == (0, "TrialTimeout", Phase.CANCELED)


def test_the_sweep_timeout_cancels_everything_and_fails_the_sweep() -> None:
    snap = snapshot(running(0), running(1), timeout=60, started=100.0, proposals=PROPOSALS)
    assert plan(snap, 159.0).wake_at == 160.0
    todo = plan(snap, 160.0)
    assert {type(a) for a in todo.actions} == {act.RecordStop}
    assert len(todo.actions) == 2
    over = snapshot(timeout=60, started=100.0, totals=Totals(2, {Phase.CANCELED: 2}))
    assert is_over(over, 170.0)
    assert reason_to_end(over, 170.0) == ("SweepTimeout", "the sweep's timeout of 60 s has passed")


def test_one_failed_trial_too_many_ends_the_sweep() -> None:
    failed = trial(2, jobs=(job(2),), pods=(pod(2, succeeded=False),))
    totals = Totals(3, {Phase.FAILED: 1})
    todo = plan(snapshot(failed, max_failed_trials=1, totals=totals, proposals=PROPOSALS), 1.0)
    assert created(todo.actions) == []
    over = snapshot(max_failed_trials=1, totals=Totals(3, {Phase.FAILED: 2}))
    assert is_over(over, 1.0)


def test_over_when_all_have_ended_or_the_space_is_exhausted() -> None:
    assert not is_over(snapshot(totals=Totals(3)), 0)
    assert is_over(snapshot(totals=Totals(4)), 0)
    assert is_over(snapshot(totals=Totals(3), exhausted=True), 0)
    assert not is_over(snapshot(running(0), totals=Totals(4)), 0)
