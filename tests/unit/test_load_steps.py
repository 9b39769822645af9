"""A sweep is loaded from its records in small steps: however many it has, other work goes on meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.api.sweeptrial.source_trial import SourceTrial
from sweepjob.api.sweeptrial.stored_curve import StoredCurve
from sweepjob.api.sweeptrial.trial_record import TrialRecord
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.warm_start import Source

from .builders import sweepjob

COUNT = 40
BUDGETS = {
    "earlyTermination": {"type": "asha", "budgetParameter": "epochs", "maxReports": 27},
    "trial": {
        "image": "i",
        "command": "c ${{search_space.lr}} ${{search_space.units}} ${{search_space.epochs}}",
    },
}
SIZE = {"constraints": [{"metric": "size", "max": 1, "stopTrials": True}]}
RUNGS = [{"budget": 1, "value": "0.5"}, {"budget": 3, "value": "0.75"}]


def store(sources: tuple[Source, ...] = (), **spec: Any) -> SweepStore:
    limits = {"maxTotalTrials": COUNT, "maxConcurrentTrials": 2}
    parsed = parse_sweepjob(sweepjob(limits=limits, **spec))
    return SweepStore(ObjectIdentity("team", "sweep", "u"), parsed, 1, 0.0, {}, sources)


def record(index: int, **status: Any) -> TrialRecord:
    body = trial_manifest("team", "sweep", "u", index, {"lr": 0.1, "units": 16}, "random")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    return parse_record({**body, "status": {"phase": "Running", **status}})


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({}, {}),
        (BUDGETS, {"budget": {"parameter": "epochs", "current": 9, "rungs": RUNGS}}),
        (SIZE, {"values": {"size": "2"}}),
    ],
    ids=["ranked by reports", "ranked by budgets", "stopped by a constraint"],
)
def test_each_step_reads_one_record_at_most(spec: dict[str, Any], status: dict[str, Any]) -> None:
    sweep, before = store(**spec), 0
    for _ in sweep.load_in_steps([record(index, **status) for index in range(COUNT)]):
        read = len(sweep.state.live)
        assert read <= before + 1
        before = read
    assert before == COUNT


def test_records_of_one_index_are_read_one_by_one() -> None:
    sweep, before = store(), 0
    for _ in sweep.load_in_steps([record(0, phase="Bogus", attempt="x")] * COUNT):
        before += 1
    assert before >= COUNT


def test_each_step_reads_one_trial_of_a_warm_start_at_most() -> None:
    curve = StoredCurve()
    trials = tuple(
        SourceTrial({"lr": 0.1, "units": 16}, TrialPhase.SUCCEEDED, curve, {}, has_reports=False)
        for _ in range(COUNT)
    )
    sweep = store((Source("before/results.csv", trials, COUNT, digest="d"),))
    assert sum(1 for _ in sweep.load_in_steps([])) >= COUNT


def test_trials_are_ranked_by_their_budgets_as_they_were_before() -> None:
    sweep, live = store(**BUDGETS), store(**BUDGETS)
    records = [
        record(
            index,
            budget={
                "parameter": "epochs",
                "current": 3,
                # A record that somebody has edited has a budget twice: the later entry counts.
                "rungs": [
                    {"budget": 1, "value": "0"},
                    {"budget": 1, "value": str(index * 7 % COUNT)},
                ],
            },
        )
        for index in range(COUNT)
    ]
    sweep.load(records)
    for made in records:
        trial = live.add_trial(made)
        live.state.evaluator.record_rung(trial.index, 1, float(trial.index * 7 % COUNT))
    ranked = [one.state.evaluator._rankings.at(1) for one in (sweep, live)]
    assert ranked[0] == ranked[1]
    assert len(ranked[0].trials) == COUNT
