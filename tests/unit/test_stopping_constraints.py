"""Constraints that stop trials: a trial that cannot become feasible ends as soon as it says so."""

from __future__ import annotations

import math
import os
from itertools import permutations
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api.criteria import Criteria
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.snapshot_builder import sweep_snapshot, trial_snapshot
from sweepjob.controllers.state.standings import Standings
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.trial_workload import Workload
from sweepjob.lifecycle.actions import RecordStop
from sweepjob.lifecycle.planner import plan
from sweepjob.log_parsing.position import LogPosition
from sweepjob.settings import OperatorSettings
from sweepjob.trial_pods.sidecar import SidecarSettings

from tests.fake_api.harness import Scenario

from .builders import sweepjob
from .scenarios import spec as scenario_spec

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
SETTINGS = OperatorSettings((), SidecarSettings("sidecar", "http://operator", ""), None, None)
OBJECTIVES = [
    {"goal": "maximize", "primaryMetric": "score"},
    {"goal": "minimize", "primaryMetric": "latency"},
]
SIZE = [{"metric": "size", "max": 14, "stopTrials": True}]
BOTH: dict[str, Any] = {"objective": None, "objectives": OBJECTIVES, "constraints": SIZE}
WORKLOAD = Workload((), (), (), 0.0, 1, frozenset(), unreadable=())


def store(**spec: Any) -> SweepStore:
    parsed = parse_sweepjob(sweepjob(**spec))
    return SweepStore(ObjectIdentity("team", "sweep", "uid"), parsed, 1, 0.0, {})


def running(sweep: SweepStore, index: int = 0, **status: Any) -> Any:
    body = trial_manifest("team", "sweep", "uid", index, {"lr": 0.1 + index}, "random seed 1")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    return sweep.add_trial(parse_record({**body, "status": {"phase": "Running", **status}}))


def decision(sweep: SweepStore, trial: Any) -> Any:
    """What the planner records next of a running trial; None if it goes on."""
    violation = sweep.state.stopping_violation(trial)
    snap = trial_snapshot(
        trial, WORKLOAD, frozenset(), 5.0, capacity_limited=False, violation=violation
    )
    actions = plan(snap, sweep_snapshot(sweep.state, SETTINGS), 10.0).actions
    return next((a.stop for a in actions if isinstance(a, RecordStop)), None)


def push(*results: float | None, values: tuple[float, ...] = (), first: int = 1) -> protocol.Push:
    return protocol.Push("team", "sweep-0", first, values, ("score",), results=results)


@pytest.mark.parametrize("spec", [BOTH, {"constraints": SIZE}], ids=["front", "one objective"])
def test_a_trial_beyond_the_bound_is_stopped_at_once(spec: dict[str, Any]) -> None:
    sweep = store(**spec)
    trial = running(sweep)
    sweep.switch_pod(trial, "pod", 1.0)
    before = () if spec is not BOTH else (None,)
    assert not sweep.ingest_push(trial, push(*before, 14.0, values=(0.5,)), 1.0)
    assert decision(sweep, trial) is None
    assert sweep.ingest_push(trial, push(*before, 14.5, first=2), 2.0), "it is recorded at once"
    found = decision(sweep, trial)
    assert (found.outcome, found.reason) == ("EarlyStopped", "ConstraintViolated")
    assert found.message == (
        "size is 14.5, and at most 14 is feasible; stopTrials of the constraint is true"
    )
    assert found.interval == 1


def test_a_size_in_a_log_stops_the_trial_before_its_first_score() -> None:
    sweep = store(**BOTH, metrics={"source": "logs"})
    trial = running(sweep)
    sweep.switch_pod(trial, "pod", 1.0)
    assert sweep.ingest_log_line(trial, [("size", 20.0)], LogPosition(1, 1), 1.0)
    assert decision(sweep, trial).reason == "ConstraintViolated"


def test_what_is_no_number_stops_no_trial_and_a_minimum_does() -> None:
    sweep = store(constraints=[{"metric": "accuracy", "min": 0.5, "stopTrials": True}])
    for value, stops in ((math.nan, False), (-math.inf, True), (0.4, True), (0.5, False)):
        trial = running(sweep)
        sweep.switch_pod(trial, "pod", 1.0)
        sweep.ingest_push(trial, push(value), 1.0)
        assert (decision(sweep, trial) is not None) is stops
        sweep.trials.remove(trial)


def test_without_stop_trials_it_runs_to_its_end() -> None:
    for plain in ({}, {"stopTrials": False}):
        sweep = store(constraints=[{"metric": "size", "max": 14, **plain}])
        trial = running(sweep)
        sweep.switch_pod(trial, "pod", 1.0)
        assert not sweep.ingest_push(trial, push(20.0), 1.0)
        assert decision(sweep, trial) is None


def test_a_restarted_operator_decides_from_the_recorded_values() -> None:
    sweep = store(**BOTH)
    curve = {"pod": "p", "reports": 1, "values": "0.5", "last": "0.5", "best": "0.5"}
    trial = running(sweep, values={"size": "15.0"}, curve=curve)
    assert decision(sweep, trial).reason == "ConstraintViolated"


@pytest.mark.parametrize("value", ["true", 1, None, {}])
def test_a_wrong_type_is_refused(value: Any) -> None:
    wrong = [{"metric": "size", "max": 14, "stopTrials": value}]
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(constraints=wrong))
    [problem] = caught.value.problems
    assert problem.path == "spec.constraints[0].stopTrials"
    assert "true or false" in problem.message


def test_a_trial_that_violates_a_constraint_is_infeasible_whatever_it_lacks() -> None:
    criteria = Criteria.of(sweepjob(**BOTH)["spec"])
    outcomes = [
        criteria.outcome({"size": 16.0}),
        criteria.outcome({"size": 15.0, "score": 0.5}),
        criteria.outcome({"size": 15.0, "score": 0.5, "latency": 1.0}),
        criteria.outcome({"score": 0.5, "latency": 1.0}),
    ]
    assert [o.is_feasible for o in outcomes] == [False, False, False, None]
    for order in permutations(range(4)):
        found = Standings()
        for index in order:
            found = found.with_trial(index, outcomes[index], succeeded=False)
        assert (found.feasible, found.infeasible, found.incomplete) == (0, 3, 1)
        assert found.closest is not None
        assert found.closest.index == 2, "of equal violations, the one with the better values"


# With a policy: what it compares are the trials that may be the best.

BANDIT = {"type": "bandit", "slackAmount": 0.2}


def compared(sweep: SweepStore, index: int) -> Any:
    trial = running(sweep, index)
    sweep.switch_pod(trial, f"pod-{index}", 1.0)
    return trial


def pushed(index: int, *values: float, size: float | None = None, first: int = 1) -> protocol.Push:
    return protocol.Push("team", f"sweep-{index}", first, values, ("score",), results=(size,))


@pytest.mark.parametrize("size_first", [False, True])
def test_a_policy_does_not_compare_with_a_trial_that_a_constraint_stops(size_first: bool) -> None:
    sweep = store(constraints=SIZE, earlyTermination=BANDIT)
    large, small = compared(sweep, 0), compared(sweep, 1)
    if size_first:
        sweep.ingest_push(large, pushed(0, 0.9, 0.9, size=15.0), 1.0)
    else:
        sweep.ingest_push(large, pushed(0, 0.9, 0.9), 1.0)
        sweep.ingest_push(large, pushed(0, size=15.0, first=3), 1.0)
    sweep.ingest_push(small, pushed(1, 0.1, 0.1, size=14.0), 1.0)
    assert decision(sweep, small) is None, "the other one has left the comparison"
    assert decision(sweep, large).reason == "ConstraintViolated"
    third = compared(sweep, 2)
    sweep.ingest_push(third, pushed(2, 0.5, size=1.0), 1.0)
    sweep.ingest_push(small, pushed(1, 0.1, first=3), 1.0)
    assert decision(sweep, small) is None, "nothing is at its interval"
    fourth = compared(sweep, 3)
    sweep.ingest_push(fourth, pushed(3, 0.2, size=1.0), 1.0)
    assert decision(sweep, fourth).reason == "Bandit", "0.5 of the third one counts"


@pytest.mark.parametrize("phase", ["Running", "EarlyStopped"])
def test_after_a_restart_it_is_left_out_as_well(phase: str) -> None:
    curve = {"pod": "p", "reports": 2, "values": "0.9 0.9", "last": "0.9", "best": "0.9"}
    sweep = store(constraints=SIZE, earlyTermination=BANDIT)
    body = trial_manifest("team", "sweep", "uid", 0, {"lr": 0.1}, "random seed 1")
    body["metadata"] |= {"uid": "trial-0", "resourceVersion": "1"}
    status = {"phase": phase, "curve": curve, "values": {"score": "0.9", "size": "15.0"}}
    sweep.load([parse_record({**body, "status": status})])
    small = compared(sweep, 1)
    sweep.ingest_push(small, pushed(1, 0.1, 0.1, size=14.0), 1.0)
    assert decision(sweep, small) is None


@pytest.mark.usefixtures("quiet_logs")
@pytest.mark.parametrize(
    "spec",
    [BOTH, {"constraints": SIZE, "earlyTermination": BANDIT}],
    ids=["front", "one objective and a policy"],
)
def test_killed_after_every_change_the_same_trials_are_stopped(spec: dict[str, Any]) -> None:
    def run(kills: list[int]) -> Scenario:
        made = scenario_spec(6, 1, **{"earlyTermination": None, **spec})
        return Scenario(1, made, frozenset(kills), downtime=(0.1, 1.5)).run()

    def ends(scenario: Scenario) -> list[Any]:
        return [
            (t["status"]["phase"], t["status"]["reason"], t["status"].get("feasible"))
            for t in scenario.trials
        ]

    undisturbed = run([])
    expected = ends(undisturbed)
    assert ("EarlyStopped", "ConstraintViolated", False) in expected
    assert ("Succeeded", "Completed", True) in expected
    stopped = [t for t in undisturbed.trials if t["status"]["reason"] == "ConstraintViolated"]
    assert all(t["status"]["curve"]["reports"] < 5 for t in stopped), "soon after the first report"
    results = undisturbed.sweep["status"]["results"]
    assert results["infeasible"] == len(stopped)
    assert results["incomplete"] == 0
    points = undisturbed.kill_points
    for turn in points if ALL else points[:: max(1, len(points) // 4)]:
        scenario = run([turn])
        assert ends(scenario) == expected, f"killed at turn {turn}"
        assert scenario.sweep["status"]["results"] == results
