"""Limits that depend on results: ``target`` and ``noImprovementTrials``, in the planner, after a restart,
and in whole sweeps whose operator is killed."""

from __future__ import annotations

import math
import os
import random
from dataclasses import replace
from typing import Any

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec.limits import Limits
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.lifecycle import improvement_row
from sweepjob.lifecycle.actions import RecordStop
from sweepjob.lifecycle.improvement_row import EndedResult, ImprovementRow
from sweepjob.lifecycle.planner import end_reason, is_over, new_trials, plan
from sweepjob.lifecycle.snapshot import (
    Proposal,
    RecordedBest,
    ResultProgress,
    SweepSnapshot,
    Totals,
)
from sweepjob.objective import Goal
from sweepjob.settings import OperatorSettings

from tests.fake_api.harness import Scenario

from .builders import job, pod, snapshot, trial
from .scenarios import HEAVY_FAULTS, spec
from .stored_sweeps import push, record, state

pytestmark = pytest.mark.usefixtures("quiet_logs")

SETTINGS = OperatorSettings.of({"SWEEPJOB_SIDECAR_IMAGE": "x", "SWEEPJOB_INTAKE_URL": "http://x"})
ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
PROPOSALS = tuple(Proposal(n, {"x": n}) for n in range(4))
S, E, F, C = (
    TrialPhase.SUCCEEDED,
    TrialPhase.EARLY_STOPPED,
    TrialPhase.FAILED,
    TrialPhase.CANCELED,
)


def reached(value: float | None, best: float | None = None, **given: Any) -> SweepSnapshot:
    """A sweep with a target of 0.9, and a value on record."""
    recorded = None if value is None else RecordedBest("sweep-3", value)
    results = ResultProgress(recorded, value if best is None else best)
    given = {"totals": Totals(1), "metric": "score", "proposals": PROPOSALS, **given}
    made = snapshot(**given, results=results)
    return replace(made, limits=replace(made.limits, target=0.9))


@pytest.mark.parametrize(
    ("goal", "value", "target", "is_reached"),
    [
        (Goal.MAXIMIZE, 0.9, 0.9, True),
        (Goal.MAXIMIZE, math.nextafter(0.9, 0), 0.9, False),
        (Goal.MAXIMIZE, 5.0, 0.9, True),
        (Goal.MINIMIZE, 0.9, 0.9, True),
        (Goal.MINIMIZE, math.nextafter(0.9, 1), 0.9, False),
        (Goal.MINIMIZE, -5.0, 0.9, True),
        (Goal.MAXIMIZE, -1.0, 0.0, False),
        (Goal.MAXIMIZE, 0.0, 0.0, True),
        (Goal.MINIMIZE, None, 0.9, False),
        (Goal.MINIMIZE, 0.1, None, False),
    ],
)
def test_a_target_is_reached_in_the_direction_of_the_goal(
    goal: Goal, value: float | None, target: float | None, is_reached: bool
) -> None:
    assert Limits(4, 2, target=target).is_target_reached(value, goal) is is_reached


def running(index: int, best: float | None) -> Any:
    return trial(index, jobs=(job(index),), pods=(pod(index, started=1.0),), best=best)


def test_a_target_cancels_all_trials_but_those_that_reached_it() -> None:
    sweep = reached(0.95, occupied=2)
    cause = ("TargetReached", "sweep-3 reached score 0.95; limits.target is 0.9")
    assert end_reason(sweep, 5.0) == cause
    assert not new_trials(sweep, 5.0)
    [stop] = plan(running(0, 0.5), sweep, 5.0).actions
    assert isinstance(stop, RecordStop)
    assert (stop.stop.outcome, stop.stop.reason, stop.stop.message) == (C, *cause)
    assert [a for a in plan(running(0, None), sweep, 5.0).actions if isinstance(a, RecordStop)]
    for value in (0.9, 0.95):
        actions = plan(running(3, value), sweep, 5.0).actions
        assert not any(isinstance(action, RecordStop) for action in actions)
    assert not is_over(sweep, 5.0)
    assert is_over(reached(0.95), 5.0)


@pytest.mark.parametrize(
    ("given", "reason"), [({"stopped": True}, "Stopped"), ({"timeout": 3}, "SweepTimeout")]
)
def test_a_stop_and_the_timeout_cancel_the_trial_that_reached_the_target(
    given: dict[str, Any], reason: str
) -> None:
    sweep = reached(0.95, occupied=1, **given)
    [stop] = plan(running(3, 0.95), sweep, 5.0).actions
    assert isinstance(stop, RecordStop)
    assert stop.stop.reason == reason
    ending = end_reason(sweep, 5.0)
    assert ending is not None
    assert ending.reason == "TargetReached", "the sweep has what it was for"


def test_a_value_that_is_not_on_record_starts_no_trial_and_stops_none() -> None:
    sweep = reached(0.5, best=0.95, occupied=1)
    assert end_reason(sweep, 5.0) is None
    assert not new_trials(sweep, 5.0)
    assert new_trials(reached(0.5, occupied=1), 5.0)


def test_a_row_ends_the_sweep_and_starts_no_trial_while_its_last_end_is_recorded() -> None:
    def sweep(row: int, ending: int = 0) -> SweepSnapshot:
        results = ResultProgress(RecordedBest("sweep-0", 0.5), 0.5, row, ending)
        made = snapshot(metric="score", totals=Totals(3), results=results, proposals=PROPOSALS)
        return replace(made, limits=replace(made.limits, no_improvement_trials=3))

    assert end_reason(sweep(3), 5.0) == (
        "NoImprovement",
        "3 trials in a row ended with no better score than 0.5; limits.noImprovementTrials is 3",
    )
    assert end_reason(sweep(2), 5.0) is None
    assert new_trials(sweep(2), 5.0)
    assert new_trials(sweep(1, 1), 5.0)
    assert not new_trials(sweep(2, 1), 5.0)
    assert end_reason(sweep(2, 1), 5.0) is None


def naive(ends: list[tuple[int, int, tuple[float, ...], TrialPhase, str]]) -> int:
    length, known = 0, list[tuple[float, ...]]()
    for _, _, scores, phase, reason in sorted(ends, key=lambda end: end[:2]):
        is_better = scores and not any(
            all(a >= b for a, b in zip(other, scores, strict=True)) for other in known
        )
        known += [scores] if scores else []
        if is_better and reason != "NoImprovement":
            length = 0
        elif phase in (S, E) or reason == "TrialTimeout":
            length += 1
    return length


@pytest.mark.parametrize("objectives", [1, 2, 3])
@pytest.mark.parametrize("kept", [1, 2, 64])
def test_the_row_depends_on_the_records_and_not_on_the_order_in_which_they_are_read(
    objectives: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(improvement_row, "_KEPT_STATES", kept)
    chance = random.Random(5)
    kinds = [(S, ""), (E, "Bandit"), (F, ""), (C, "TrialTimeout"), (C, "JobDeleted")]
    kinds.append((C, "NoImprovement"))
    lengths = set()
    for _ in range(300):
        ends = [
            (
                chance.randrange(6),
                n,
                tuple(chance.choices([0.1, 0.2, 0.3], k=chance.choice([0, *[objectives] * 3]))),
                *chance.choice(kinds),
            )
            for n in range(chance.randrange(1, 9))
        ]
        chance.shuffle(ends)
        row = ImprovementRow()
        for number, end in enumerate(ends):
            row.add(EndedResult.of(*end))
            assert row.length == naive(ends[: number + 1])
        lengths.add(row.length)
    assert lengths >= {0, 1, 2, 3}


def test_a_running_trial_with_the_best_value_breaks_the_row() -> None:
    row = ImprovementRow()
    for n in range(3):
        row.add(EndedResult.of(n, n, (0.5,), S, ""))
    assert row.length == 2
    row.note_running(0.5)
    assert row.length == 2, "no better"
    row.note_running(0.6)
    assert row.length == 0
    row.add(EndedResult.of(9, 9, (0.6,), F, ""))
    assert row.length == 0, "its end is a new best"
    row.add(EndedResult.of(10, 10, (0.6,), S, ""))
    assert row.length == 1


def progress(sweep: SweepStore) -> ResultProgress:
    return sweep_snapshot(sweep.state, SETTINGS).results


def curve(*values: float) -> dict[str, Any]:
    best = max(values)
    return {
        "pod": "p",
        "reports": len(values),
        "values": " ".join(map(repr, values)),
        "best": repr(best),
        "bestInterval": values.index(best) + 1,
    }


def ended(index: int, second: int, value: float, phase: str = "Succeeded") -> Any:
    time = f"2026-01-01T00:00:{second:02d}Z"
    return record(index, phase=phase, completionTime=time, curve=curve(value))


@pytest.mark.parametrize("running_value", [0.4, 0.6])
def test_a_restart_finds_the_same_row(running_value: float) -> None:
    """Trial 3 is the first that ended, so that all others follow it."""
    records = [ended(0, 30, 0.4), ended(1, 20, 0.1, "EarlyStopped"), ended(2, 25, 0.2, "Failed")]
    records += [ended(3, 10, 0.5), record(4, phase="Running", curve=curve(running_value))]
    sweep = state(limits={"maxTotalTrials": 9, "noImprovementTrials": 2})
    sweep.load(records)
    leads = running_value == 0.6
    assert progress(sweep).row == (0 if leads else 2)
    assert progress(sweep).recorded == RecordedBest(
        *(("sweep-4", 0.6) if leads else ("sweep-3", 0.5))
    )
    assert (end_reason(sweep_snapshot(sweep.state, SETTINGS), 5.0) is None) is leads


def test_a_report_counts_for_the_target_when_it_is_on_record() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "target": 0.9})
    reporting = sweep.add_trial(record(0, phase="Running"))
    sweep.switch_pod(reporting, "p", 0.0)
    assert not sweep.ingest_push(reporting, push(reporting, 1, 0.5), 1.0)
    assert sweep.ingest_push(reporting, push(reporting, 2, 0.95), 2.0), "to be recorded at once"
    assert progress(sweep).recorded is None
    assert progress(sweep).best == 0.95
    sweep.record_best(reporting, 0.95)
    assert progress(sweep).recorded == RecordedBest("sweep-0", 0.95)
    assert not sweep.ingest_push(reporting, push(reporting, 3, 0.96), 3.0), "one is enough"


def test_a_report_that_breaks_a_row_is_recorded_at_once() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "noImprovementTrials": 2})
    sweep.load([ended(0, 1, 0.5), ended(1, 2, 0.4)])
    assert progress(sweep).row == 1
    reporting = sweep.add_trial(record(2, phase="Running"))
    sweep.switch_pod(reporting, "p", 0.0)
    assert not sweep.ingest_push(reporting, push(reporting, 1, 0.5), 1.0)
    assert sweep.ingest_push(reporting, push(reporting, 2, 0.6), 1.0)
    assert progress(sweep).row == 0
    sweep.record_best(reporting, 0.6)
    assert not sweep.ingest_push(reporting, push(reporting, 3, 0.7), 1.0)


def complete(sweep: SweepStore, kind: str = "Complete") -> tuple[str, str, str]:
    made = build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 10.0)
    [found] = [c for c in made.conditions if c.kind == kind]
    assert found.holds, made.conditions
    return made.reason, found.reason, found.message


def test_the_status_says_why_the_sweep_ended_with_the_numbers() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "target": 0.45})
    sweep.load([ended(0, 1, 0.5), ended(1, 2, 0.1, "Canceled")])
    assert complete(sweep) == (
        "TargetReached",
        "TargetReached",
        "sweep-0 reached score 0.5; limits.target is 0.45; all 2 trials have ended; best is sweep-0 "
        "with score 0.5",
    )
    sweep = state(limits={"maxTotalTrials": 9, "noImprovementTrials": 1})
    sweep.load([ended(0, 1, 0.5), ended(1, 2, 0.1)])
    reason, condition, message = complete(sweep)
    assert reason == condition == "NoImprovement"
    assert message.startswith("1 trial ended with no better score than 0.5;")


def test_a_target_that_only_a_failed_trial_reached_is_no_success() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "target": 0.45})
    sweep.load([ended(0, 1, 0.5, "Failed"), ended(1, 2, 0.1, "Canceled")])
    assert complete(sweep, "Failed")[:2] == ("NoTrialSucceeded", "NoTrialSucceeded")


def test_trials_without_a_value_end_the_sweep_as_a_failure() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "noImprovementTrials": 2})
    sweep.load(
        [record(n, phase="Succeeded", completionTime=f"2026-01-01T00:00:0{n}Z") for n in range(2)]
    )
    assert complete(sweep, "Failed")[1] == "MetricNotReported"


TARGET = {"maxTotalTrials": 30, "maxConcurrentTrials": 1, "target": 0.51}
ROW = {"maxTotalTrials": 30, "maxConcurrentTrials": 1, "noImprovementTrials": 3}


def outcome(limits: dict[str, Any], kills: list[int], seed: int = 1, **given: Any) -> Scenario:
    made = spec(30, 1, limits=limits, **given.pop("changes", {}))
    return Scenario(seed, made, frozenset(kills), downtime=(0.1, 1.5), **given).run()


@pytest.mark.parametrize(("limits", "reason"), [(TARGET, "TargetReached"), (ROW, "NoImprovement")])
def test_killed_after_every_change_the_sweep_ends_at_the_same_trial(
    limits: dict[str, Any], reason: str
) -> None:
    undisturbed = outcome(limits, [])
    status = undisturbed.sweep["status"]
    assert (status["phase"], status["reason"]) == ("Complete", reason)
    assert 1 < len(undisturbed.trials) < 30
    points = undisturbed.kill_points
    for turn in points if ALL else points[:: max(1, len(points) // 20)]:
        scenario = outcome(limits, [turn])
        assert scenario.decisions() == undisturbed.decisions(), f"killed at turn {turn}"
        assert scenario.sweep["status"]["reason"] == reason


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["target", "row"])
def test_a_sweep_with_kills_and_api_errors_ends_as_its_records_say(kind: str, seed: int) -> None:
    """Several at a time, with failing trainers and drained pods."""
    limit: dict[str, Any] = {"target": 0.61} if kind == "target" else {"noImprovementTrials": 4}
    limits = {"maxTotalTrials": 40, "maxConcurrentTrials": 3, **limit}
    faults = {"faults": HEAVY_FAULTS, "failure_probability": 0.1, "eviction_probability": 0.1}
    kills = [(seed * 7 + n * n * 37) % 4000 for n in range(1, 15)]
    scenario = outcome(limits, kills, seed, **faults)
    status, trials = scenario.sweep["status"], scenario.trials
    reason = "TargetReached" if kind == "target" else "NoImprovement"
    [held] = [c for c in status["conditions"] if c["type"] == "Complete" and c["status"] == "True"]
    assert held["reason"] == reason
    assert status["trials"]["created"] == len(trials) < 40
    assert all("completionTime" in t["status"] for t in trials)
    bests = [float((t["status"].get("curve") or {}).get("best", "-inf")) for t in trials]
    assert float(status["best"]["value"]) == max(bests)
    if kind == "target":
        ends = [t["status"]["phase"] for t, best in zip(trials, bests, strict=True) if best >= 0.61]
        assert set(ends) & {"Succeeded", "Failed"}, "one that reached it runs to its end"


def test_an_end_stays_when_the_log_of_a_canceled_trial_is_read_while_it_is_written() -> None:
    """The trial has no report, and its pod is gone: only the lines of its log are added."""
    limits = {"maxTotalTrials": 40, "maxConcurrentTrials": 3, "target": 0.61}
    faults = {"faults": HEAVY_FAULTS, "failure_probability": 0.1, "eviction_probability": 0.1}
    kills = [(28 + n * n * 37) % 4000 + 5 for n in range(1, 15)]
    assert outcome(limits, kills, 4, **faults).sweep["status"]["reason"] == "TargetReached"
