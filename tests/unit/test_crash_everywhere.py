"""The operator's own code, killed after every change outside it and under faults, over a fake API server
in virtual time: nothing is lost, nothing happens twice, no decision changes.

``SWEEPJOB_KILLS=all`` kills at every single turn of its event loop, and runs ten times as many random
scenarios.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.api.sweeptrial.trial_record import TrialRecord
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.search.space import Assignment, canonical

from tests.fake_api.harness import Scenario
from tests.shrinking import shortest

from .scenarios import HEAVY_FAULTS, check, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
STORIES = 40 if ALL else 4  # in each block
PARTS = 8 if ALL else 2  # of the turns at which it is killed


def failure(scenario: Scenario) -> str:
    try:
        check(scenario.run())
    except AssertionError as error:
        return str(error) or repr(error)
    return ""


def explain(seed: int, given: dict[str, Any], kills: list[int], problem: str) -> str:
    """The shortest list of kills that still makes this story fail."""
    kept = shortest(
        kills, lambda some: bool(failure(Scenario(seed, kills=frozenset(some), **given)))
    )
    return f"{problem}\nrepeat: Scenario({seed}, kills=frozenset({kept}), **{given})"


def tell(seed: int, kills: list[int], **given: Any) -> Scenario:
    scenario = Scenario(seed, kills=frozenset(kills), **given)
    problem = failure(scenario)
    if problem:
        raise AssertionError(explain(seed, given, kills, problem))
    return scenario


def turns_to_kill(undisturbed: Scenario, part: int) -> list[int]:
    """One part of them."""
    every = range(1, undisturbed.loop.turns) if ALL else undisturbed.kill_points
    return list(every[part::PARTS])


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_after_every_change_it_decides_the_same(part: int) -> None:
    """One trial after the other: what is decided depends on nothing but the values, so it is the same
    to the last digit wherever the operator was killed."""
    # Back before the trial's own end, or there is nothing left to stop.
    given = {"spec": spec(5, 1), "downtime": (0.1, 1.5)}
    undisturbed = tell(1, [], **given)
    stopped = [d for d in undisturbed.decisions() if d[1] == "EarlyStopped"]
    assert len(stopped) >= 2, "there is something to decide"
    for turn in turns_to_kill(undisturbed, part):
        scenario = tell(1, [turn], **given)
        assert scenario.decisions() == undisturbed.decisions(), f"killed at turn {turn}"


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_some_steps_it_proposes_the_recorded_parameters(part: int) -> None:
    """One trial after the other: each is what the sampler proposes to an operator that has read the
    records of those before it, stopped ones among them."""
    given = {"spec": spec(9, 1, samplingAlgorithm={"type": "bayesian"}), "downtime": (0.1, 1.5)}
    undisturbed = tell(1, [], **given)
    for turn in turns_to_kill(undisturbed, part)[:: 8 if ALL else 5]:
        scenario = tell(1, [turn], **given)
        records = [parse_record(trial) for trial in scenario.trials]
        phases = {record.phase for record in records}
        assert {TrialPhase.EARLY_STOPPED, TrialPhase.SUCCEEDED} <= phases, (
            "there is something to learn"
        )
        for record in records:
            assert record.assignment == proposed(scenario, records[: record.index])


@pytest.mark.parametrize("algorithm", ["grid", "bayesian"])
def test_killed_at_some_steps_it_tries_the_same_initial_points(algorithm: str) -> None:
    points = [{"level": 0.6, "reports": 18}, {"level": 0.3}, {"reports": 14}]
    changes = {"samplingAlgorithm": {"type": algorithm}, "initialPoints": points}
    given = {"spec": spec(7, 1, **changes), "downtime": (0.1, 1.5)}
    undisturbed = tell(1, [], **given)
    for turn in undisturbed.kill_points[:: 4 if ALL else 25]:
        scenario = tell(1, [turn], **given)
        records = [parse_record(trial) for trial in scenario.trials]
        assert len({canonical(record.assignment) for record in records}) == 7
        for record, point in zip(records, points, strict=False):
            assert point.items() <= record.assignment.items()
            source = scenario.trials[record.index]["spec"]["source"]
            assert source.startswith(f"initialPoints[{record.index}]")
        for record in records:
            assert record.assignment == proposed(scenario, records[: record.index])


def proposed(scenario: Scenario, records: list[TrialRecord]) -> Assignment | None:
    """What comes after those records."""
    parsed, status = parse_sweepjob(scenario.sweep), scenario.sweep["status"]
    sweep = SweepStore(ObjectIdentity("team", "sweep", ""), parsed, status["seed"], 0.0, {})
    sweep.load(records)
    return sweep.state.proposals.sampler.propose(len(records), sweep.state.observations())


@pytest.mark.parametrize("block", range(10))
def test_killed_repeatedly_with_api_errors(block: int) -> None:
    """Several at a time, with failing trainers, drained pods, and requests and watches that break."""
    kills = 0
    for seed in range(block * STORIES, (block + 1) * STORIES):
        turns = [(seed * 7 + n * n * 37) % 4000 for n in range(1, 25)]
        given = {
            "spec": spec(8, 3),
            "faults": HEAVY_FAULTS,
            "failure_probability": 0.1,
            "eviction_probability": 0.1,
        }
        scenario = tell(seed, turns, **given, node_capacity=(None, 3, 2)[seed % 3])
        kills += scenario.killed
    assert kills >= 5 * STORIES


@pytest.mark.parametrize(
    ("node_capacity", "ahead"),
    [
        (None, {8}),
        # Until the first of them has had to wait.
        (4, {1, 2, 3}),
        (3, {0}),
    ],
)
def test_a_slot_without_a_running_pod_is_free(node_capacity: int | None, ahead: set[int]) -> None:
    lenient = {"type": "bandit", "slackAmount": 9}
    scenario = tell(3, [], spec=spec(12, 4, earlyTermination=lenient), node_capacity=node_capacity)
    assert scenario.invariants.ahead in ahead


def test_a_trial_without_a_job_starts_again() -> None:
    """The operator is away while it runs, and its sidecar dies without a word."""
    away = {"downtime": (60.0, 60.0), "killed_sidecars": 1}
    scenarios = (Scenario(5, spec(1, 1), frozenset([turn]), **away) for turn in range(20, 400, 5))
    scenario = next(s for s in scenarios if s.run().trials[0]["status"].get("executions"))
    status = scenario.trials[0]["status"]
    assert [e["reason"] for e in status["executions"]] == ["ReportsLost"]
    assert (status["attempt"], status["phase"], status.get("failures", 0)) == (2, "Succeeded", 0)
    values = [float(text) for text in status["curve"]["values"].split()]
    assert values == scenario.trainers.made["sweep-0"][status["curve"]["pod"]]
