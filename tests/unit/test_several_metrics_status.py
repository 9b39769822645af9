"""The status of a sweep with several objectives or constraints, and what its sampler gets."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import pytest
from sweepjob.api.status import SweepStatus, dump_status
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.settings import OperatorSettings
from sweepjob.trial_pods.sidecar import SidecarSettings

from .several_metrics import BOTH, SEVERAL, SIZE, record, store

SETTINGS = OperatorSettings((), SidecarSettings("sidecar", "http://operator", ""), None, None)


def status(sweep: SweepStore) -> tuple[SweepStatus, dict[str, Any]]:
    made = build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 10.0)
    return made, dump_status(made, {}, 10.0)


def loaded(total: int, records: list[Any], **spec: Any) -> SweepStore:
    sweep = store(limits={"maxTotalTrials": total}, **spec)
    sweep.load(records)
    return sweep


def test_the_status_has_the_front_and_how_many_trials_have_a_result() -> None:
    records = [
        record(0, {"score": 0.5, "latency": 1.0, "size": 14.0}),
        record(1, {"score": 0.9, "latency": 9.0, "size": 10.0}),
        record(2, {"score": 0.4, "latency": 2.0, "size": 10.0}),
        record(3, {"score": 1.0, "latency": 0.0, "size": 15.0}),
        record(4, {"score": 1.0, "latency": 0.0}),
    ]
    _, dumped = status(loaded(5, records, **BOTH))
    assert dumped["pareto"] == {
        "size": 2,
        "omitted": 0,
        "trials": [
            {"trial": "sweep-1", "values": {"score": "0.9", "latency": "9.0"}},
            {"trial": "sweep-0", "values": {"score": "0.5", "latency": "1.0"}},
        ],
    }
    assert dumped["results"] == {"feasible": 3, "infeasible": 1, "incomplete": 1}
    assert dumped["best"] is None
    conditions = {c["type"]: c for c in dumped["conditions"]}
    assert conditions["Complete"]["message"] == (
        "all 5 trials have ended; the Pareto front of score, latency has 2 trials; infeasible "
        "trials: 1; trials without all values: 1"
    )
    assert conditions["Degraded"]["reason"] == "MetricNotReported"
    assert "trial sweep-4 ended without a finite value of size" in conditions["Degraded"]["message"]


def test_the_status_is_bounded_and_says_how_many_trials_it_omits() -> None:
    records = [record(n, {"score": n / 100, "latency": float(n)}) for n in range(100)]
    _, dumped = status(loaded(100, records, **SEVERAL))
    front = dumped["pareto"]
    assert (front["size"], front["omitted"] + len(front["trials"])) == (100, 100)
    assert len(front["trials"]) <= 20
    assert [front["trials"][n]["trial"] for n in (0, -1)] == ["sweep-99", "sweep-0"]


def test_a_feasible_trial_is_better_than_a_better_value() -> None:
    records = [record(0, {"score": 0.5, "size": 14.0}), record(1, {"score": 0.9, "size": 14.1})]
    for order in permutations(records):
        made, dumped = status(loaded(2, list(order), constraints=SIZE))
        assert made.best is not None
        assert (made.best.trial, made.best.value) == ("sweep-0", 0.5)
        assert dumped["best"]["values"] == {"score": "0.5", "size": "14.0"}
        assert "pareto" not in dumped


@pytest.mark.parametrize("spec", [BOTH, {"constraints": SIZE}])
def test_a_sweep_without_a_feasible_trial_fails_with_the_closest_one(spec: dict[str, Any]) -> None:
    records = [
        record(0, {"score": 0.9, "latency": 1.0, "size": 28.0}),
        record(1, {"score": 0.5, "latency": 1.0, "size": 15.0}),
    ]
    made, dumped = status(loaded(2, records, **spec))
    [failed] = [c for c in made.conditions if c.kind == "Failed"]
    assert (failed.holds, failed.reason) == (True, "NoFeasibleTrial")
    assert "The closest is sweep-1: size is 15, and at most 14 is feasible" in failed.message
    assert dumped["best"] is None


def test_a_sweep_whose_trials_all_lack_a_metric_fails_with_its_name() -> None:
    records = [record(n, {"score": 0.9, "latency": math.nan, "size": 9.0}) for n in range(2)]
    made, _ = status(loaded(2, records, **BOTH))
    [failed] = [c for c in made.conditions if c.kind == "Failed"]
    assert (failed.holds, failed.reason) == (True, "MetricNotReported")
    assert "no trial has a finite value of each of score, latency, size" in failed.message
    assert (
        "trial sweep-0 ended without a finite value of latency (latency is nan)" in failed.message
    )


def test_a_metric_under_another_name_is_suggested() -> None:
    values = {"score": 0.9, "size": 9.0}
    seen = ["score", "size", "latency_s", "loss"]
    made, _ = status(loaded(1, [record(0, values, metricsSeen=seen)], **BOTH))
    [degraded] = [c for c in made.conditions if c.kind == "Degraded"]
    assert (
        "it reported latency_s, loss besides; did you mean latency_s? Let the script"
        in degraded.message
    )


def test_a_sampler_gets_the_scores_and_how_far_each_bound_is() -> None:
    spec = {**SEVERAL, "constraints": [*SIZE, {"metric": "latency", "min": 1}]}
    sweep = store(**spec)
    uses = type("Uses", (), {"uses_observations": True})()
    sweep.state.proposals.sampler = uses
    sweep.load(
        [
            record(0, {"score": 0.9, "latency": 3.0, "size": 15.0}),
            record(1, {"score": 0.9, "size": math.nan}, phase="Failed"),
            record(2, {}, phase="Canceled"),
            record(3, phase="Running"),
        ]
    )
    found = {o.index: o for o in sweep.state.observations()}
    assert (found[0].score, found[0].scores, found[0].constraints) == (
        None,
        (0.9, -3.0),
        (1.0, -2.0),
    )
    assert (found[1].scores, found[1].constraints, found[1].ended) == ((0.9, None), (), True)
    assert (found[2].scores, found[2].constraints, found[2].ended) == ((), (), False)
    assert (found[3].scores, found[3].ended) == ((), False)


def test_a_sampler_gets_the_best_value_with_one_objective() -> None:
    sweep = store(constraints=SIZE)
    sweep.state.proposals.sampler = type("Uses", (), {"uses_observations": True})()
    sweep.load([record(0, {"score": 0.9, "size": 15.0})])
    [found] = sweep.state.observations()
    assert (found.score, found.scores, found.constraints) == (0.9, (), (1.0,))


def test_a_crd_that_drops_values_is_named() -> None:
    """An operator that restarts would find no trial with a result."""
    sweep = store(**BOTH)
    sweep.note_stored_fields("sweep-0", [("status.values", False)])
    made, _ = status(sweep)
    [degraded] = [c for c in made.conditions if c.kind == "Degraded"]
    assert (degraded.holds, degraded.reason) == (True, "CrdOutdated")
    assert "drops status.values" in degraded.message
    sweep.note_stored_fields("sweep-0", [("status.values", True)])
    assert not next(c for c in status(sweep)[0].conditions if c.kind == "Degraded").holds


def test_a_trial_of_the_front_with_incomplete_reports_is_named() -> None:
    since = "2026-01-01T00:00:00Z"
    condition = {"type": "ReportsIncomplete", "status": "True", "reason": "ReportsIncomplete"}
    condition |= {"message": "the sidecar was killed.", "lastTransitionTime": since}
    values = {"score": 0.5, "latency": 1.0, "size": 9.0}
    sweep = loaded(1, [record(0, values, conditions=[condition])], **BOTH)
    _, dumped = status(sweep)
    conditions = {c["type"]: c for c in dumped["conditions"]}
    assert (
        "but of sweep-0 its reports may be incomplete: see its condition ReportsIncomplete"
        in (conditions["Complete"]["message"])
    )
    assert conditions["Degraded"]["reason"] == "ReportsIncomplete"
