"""Trials that are run again with larger budgets: what is planned, recorded and restored, and what counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.api.sweeptrial.trial_record import TrialRecord
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.controllers.trial_status_fields import budget_fields
from sweepjob.dashboard.curves import policy_threshold
from sweepjob.early_stopping.curve import Curve
from sweepjob.early_stopping.policies.asha_promotion import PromotingAshaPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policy import NoPolicy
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.planner import plan
from sweepjob.lifecycle.workload import TrainerEnd
from sweepjob.objective import Goal
from sweepjob.read_model.trial_view import TrialView

from tests.fake_api.harness import SETTINGS

from .builders import job, pod, snapshot, sweepjob, trial

SMALLER = StopDecision(TrialPhase.PAUSED, "Asha", "in the top", policy="asha", interval=3)
SWEEP = snapshot(max_retries=1, has_budget=True)
ENDED = {"jobs": (job(succeeded=True),), "pods": (pod(succeeded=True),)}
SITUATIONS: list[tuple[str, dict[str, Any], list[Any]]] = [
    (
        "succeeded with a smaller budget: the decision is recorded first",
        {**ENDED, "rung_stop": SMALLER},
        [act.RecordStop(0, SMALLER)],
    ),
    (
        "recorded: its Job is deleted",
        {**ENDED, "stop": SMALLER, "phase": TrialPhase.STOPPING},
        [act.DeleteJob(0, "sweep-0", "job-0-1")],
    ),
    (
        "nothing of it is left: it waits for the policy, and it was no failure",
        {
            "jobs": (job(succeeded=True, deleting=True),),
            "pods": (pod(succeeded=True),),
            "stop": SMALLER,
            "phase": TrialPhase.STOPPING,
        },
        [act.RecordPause(0, 2, 0, SMALLER)],
    ),
    (
        "its Job is gone, too, while no operator ran",
        {"stop": SMALLER, "phase": TrialPhase.STOPPING},
        [act.RecordPause(0, 2, 0, SMALLER)],
    ),
    (
        "succeeded with the largest budget: the trial has",
        ENDED,
        [act.RecordEnd(0, TrialPhase.SUCCEEDED, "Completed", "the trainer ended with exit code 0")],
    ),
]


@pytest.mark.parametrize(
    ("given", "expected"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS]
)
def test_what_follows_an_execution(given: dict[str, Any], expected: list[Any]) -> None:
    assert list(plan(trial(**given), SWEEP, 100.0).actions) == expected


def test_a_failed_execution_is_repeated_whatever_the_policy_would_decide() -> None:
    failed = {
        "jobs": (job(),),
        "pods": (pod(succeeded=False),),
        "rung_stop": SMALLER,
    }
    [action] = plan(trial(**failed), SWEEP, 100.0).actions
    assert isinstance(action, act.RecordRetry)
    assert (action.attempt, action.failures) == (2, 1)
    [action] = plan(trial(**failed, failures=1), SWEEP, 100.0).actions
    assert isinstance(action, act.RecordEnd)
    assert action.phase is TrialPhase.FAILED


def test_other_containers_that_still_run_are_ended_with_the_execution() -> None:
    running = pod(started=1.0, trainer_end=TrainerEnd(2.0, None, ("proxy",)))
    given = {"jobs": (job(),), "pods": (running,), "rung_stop": SMALLER}
    late = replace(SWEEP, companion_grace=1.0)
    assert plan(trial(**given), late, 100.0).actions == (act.RecordStop(0, SMALLER),)


def test_a_sweep_without_budgets_is_planned_as_before() -> None:
    [action] = plan(trial(**ENDED, rung_stop=SMALLER), snapshot(), 100.0).actions
    assert isinstance(action, act.RecordEnd)


@pytest.mark.parametrize(
    ("rungs", "expected"),
    [
        (Rungs(3, 1, 27), [1, 3, 9, 27]),
        (Rungs(3, 1, 30), [1, 3, 9, 27, 30]),
        (Rungs(4, 2, 20), [2, 8, 20]),
        (Rungs(2, 16, 10), [10]),
    ],
)
def test_budgets_are_the_rungs_and_the_largest(rungs: Rungs, expected: list[int]) -> None:
    found, done = list[int](), 0
    while (budget := rungs.next_budget(done)) is not None:
        found.append(budget)
        done = budget
    assert found == expected
    assert rungs.next_budget(expected[0] + 1) == (expected + [None])[1]


COMMAND = "c ${{search_space.lr}} ${{search_space.units}} ${{search_space.epochs}}"
TRIAL = {"image": "i", "command": COMMAND}
ASHA = {"type": "asha", "budgetParameter": "epochs", "reductionFactor": 2, "maxReports": 8}


def record(index: int, rungs: list[tuple[int, float]], **status: Any) -> TrialRecord:
    body = trial_manifest("team", "sweep", "u", index, {"lr": 0.1, "units": 16}, "random")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    done, value = rungs[-1] if rungs else (0, 0.0)
    body["status"] = {
        "phase": "Paused",
        "attempt": len(rungs) + 1,
        "pause": {"outcome": "Paused", "reason": "Asha", "policy": "asha", "interval": done},
        "curve": {
            "version": 2,
            "pod": "p",
            "reports": 1,
            "values": repr(value),
            "best": repr(value),
        },
        "budget": {
            "parameter": "epochs",
            "current": 2 * done or 1,
            "rungs": [{"budget": b, "value": repr(v)} for b, v in rungs],
        },
        **status,
    }
    return parse_record(body)


def store(*records: TrialRecord, **policy: Any) -> SweepStore:
    body = sweepjob(
        trial=TRIAL,
        earlyTermination={**ASHA, **policy},
        limits={"maxTotalTrials": 9, "maxConcurrentTrials": 2},
    )
    sweep = SweepStore(ObjectIdentity("team", "sweep", "u"), parse_sweepjob(body), 1, 0.0, {})
    sweep.load(records)
    return sweep


def test_a_restarted_operator_promotes_by_what_each_budget_had_reached() -> None:
    ended = {"phase": "EarlyStopped", "pause": None, "attempt": 1}
    sweep = store(
        record(0, [(1, 0.3)]),
        record(1, [(1, 0.5)]),
        record(2, [(1, 0.6), (2, 0.4)]),
        record(3, [(1, 0.9)], **ended),
    )
    # At budget 1 the order is 3, 2, 1, 0; the first has ended, and the second waits at budget 2.
    assert sweep.grant_slot_to_paused(must_complete=False) is None
    sweep = store(record(0, [(1, 0.3)]), record(1, [(1, 0.5)]), record(2, [(1, 0.6)]))
    assert sweep.grant_slot_to_paused(must_complete=False) == 2
    resumption = sweep.state.live[2].resumption
    assert resumption is not None
    assert resumption.message == (
        "asha continued it after epochs 1: its best 0.6 is in the top 1 of 3 trials at this rung (1/2)"
    )


def test_an_execution_gets_the_next_budget_and_the_best_the_one_that_reached_it() -> None:
    sweep = store(record(0, [(1, 0.7), (2, 0.7)]))
    state, found = sweep.state, sweep.state.live[0]
    assert state.launched_assignment(found) == {"lr": 0.1, "units": 16, "epochs": 4}
    assert state.assignment_of(found, 0.7) == {"lr": 0.1, "units": 16, "epochs": 1}
    assert state.assignment_of(found, 0.8) == {"lr": 0.1, "units": 16, "epochs": 4}
    assert state.results.best is not None
    assert state.results.best.assignment == {"lr": 0.1, "units": 16, "epochs": 1}
    assert found.assignment == {"lr": 0.1, "units": 16}, "of which the sampler learns"
    assert record(0, [(1, 0.7), (2, 0.7)]).parameters == {"lr": 0.1, "units": 16, "epochs": 1}


RUNNING = {"phase": "Running", "pause": None, "job": "sweep-0-2"}


@pytest.mark.parametrize(
    ("policy", "next_one"),
    [
        ({"reductionFactor": 3, "maxReports": 27}, 3),
        ({"type": "hyperband", "reductionFactor": 4, "maxReports": 64}, 4),
        ({"type": "hyperband", "gracePeriod": 4, "maxReports": 64}, 4),
    ],
    ids=str,
)
def test_a_changed_policy_judges_an_execution_by_the_budget_that_it_was_launched_with(
    policy: dict[str, Any], next_one: int
) -> None:
    sweep = store(record(0, [(1, 0.3)], **RUNNING), **policy)
    state, found = sweep.state, sweep.state.live[0]
    assert state.budget_of(found) == 2
    assert state.assignment_of(found, 0.9)["epochs"] == 2
    pause = state.rung_stop(found)
    assert pause is not None
    assert (pause.outcome, pause.interval) == (TrialPhase.PAUSED, 2)
    assert budget_fields(state, found)["budget"]["current"] == 2
    written = budget_fields(state, found, pause)["budget"]
    assert written["current"] == next_one
    assert [rung["budget"] for rung in written["rungs"]] == [1, 2]
    sweep.record_stop(found, pause, 1.0)
    assert state.launched_assignment(found)["epochs"] == next_one


def test_another_attempt_gets_the_budget_of_the_changed_policy() -> None:
    sweep = store(record(0, [(1, 0.3)], **RUNNING), reductionFactor=3)
    found = sweep.state.live[0]
    sweep.trials.record_attempt(found, found.status.attempt + 1, 1, "Error", None, 1.0)
    assert sweep.state.launched_assignment(found)["epochs"] == 3


@pytest.mark.parametrize("status", [RUNNING, {"phase": "Succeeded", "pause": None}])
def test_a_lowered_maximum_changes_no_budget_that_was_used(status: dict[str, Any]) -> None:
    curve = {"version": 2, "pod": "p", "reports": 1, "values": "0.9", "best": "0.9"}
    full = {
        "parameter": "epochs",
        "current": 8,
        "rungs": [{"budget": 1, "value": "0.3"}, {"budget": 4, "value": "0.5"}],
    }
    sweep = store(record(0, [], curve=curve, budget=full, **status), maxReports=3)
    assert sweep.state.results.best is not None
    assert sweep.state.results.best.assignment["epochs"] == 8
    for found in sweep.state.live.values():
        assert sweep.state.rung_stop(found) is None, "it had more than the largest budget"


def test_what_is_recorded_can_be_read() -> None:
    sweep = store(record(0, [(1, 0.5)]), record(1, []))
    found = sweep.state.live[0]
    fields = budget_fields(sweep.state, found, replace(SMALLER, interval=2, value=0.625))
    assert fields["budget"] == {
        "parameter": "epochs",
        "current": 4,
        "rungs": [{"budget": 1, "value": "0.5"}, {"budget": 2, "value": "0.625"}],
    }
    assert found.rungs[-1].budget == 1, "nothing is noted before it is recorded"
    again = record(0, [], **fields).budget
    assert again is not None
    assert [(rung.budget, rung.value) for rung in again.rungs] == [(1, 0.5), (2, 0.625)]


@pytest.mark.parametrize("rungs", [[{"budget": 1}], [{"budget": 1, "value": "0.5"}]])
def test_a_script_that_reports_another_metric_is_told_so(rungs: list[dict[str, Any]]) -> None:
    status = {
        "phase": "EarlyStopped",
        "pause": None,
        "metricsSeen": ["score2"],
        "completionTime": "2026-01-01T00:00:00Z",
        "curve": None,
        "budget": {"parameter": "epochs", "current": 2, "rungs": rungs},
    }
    sweep = store(*(record(index, [], **status) for index in range(9)))
    built = build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 1e10)
    said = {c.kind: c for c in built.conditions}
    has_value = "value" in rungs[0]
    assert said["Degraded"].holds is not has_value
    if not has_value:
        assert said["Failed"].message.startswith(
            "trial sweep-8 never reported the primary metric 'score'. It reported score2."
        )


def test_a_policy_without_a_budget_writes_none() -> None:
    body = sweepjob(earlyTermination={"type": "asha"})
    sweep = SweepStore(ObjectIdentity("team", "sweep", "u"), parse_sweepjob(body), 1, 0.0, {})
    sweep.load([])
    assert sweep.state.spec.budget_parameter == ""
    assert sweep.state.spec.budget_policy is None


def test_a_spec_with_another_policy_has_its_budget() -> None:
    spec = parse_sweepjob(sweepjob(earlyTermination=ASHA, trial=TRIAL))
    assert spec.budget_policy is spec.policy
    assert spec.policy_pauses
    without = replace(spec, policy=NoPolicy())
    assert (without.budget_policy, without.policy_pauses) == (None, False)


def test_the_page_draws_no_threshold_at_budgets() -> None:
    policy = parse_sweepjob(sweepjob(earlyTermination=ASHA, trial=TRIAL)).policy
    curves = []
    for value in (0.1, 0.2, 0.3):
        curve = Curve(Goal.MAXIMIZE)
        curve.load([value] * 4)
        curves.append(TrialView(record(0, [(1, value)]), curve, {}, 0.0))
    assert policy_threshold(policy, Goal.MAXIMIZE, curves) is None
    by_reports = PromotingAshaPolicy(Rungs(2, 1, 8))
    assert policy_threshold(by_reports, Goal.MAXIMIZE, curves) is not None
