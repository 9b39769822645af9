"""Whole sweeps with several objectives and constraints, killed at many steps."""

from __future__ import annotations

import os
from typing import Any

import pytest
from sweepjob.pareto.dominance import Member, pareto_front

from tests.fake_api.harness import Scenario

from .scenarios import HEAVY_FAULTS
from .scenarios import spec as scenario_spec
from .several_metrics import BOTH, SIZE

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"


def outcome(kills: list[int], seed: int = 1, concurrent: int = 1, **given: Any) -> Scenario:
    changes = given.pop("changes", BOTH)
    made = scenario_spec(6, concurrent, earlyTermination=None, **changes)
    return Scenario(seed, made, frozenset(kills), downtime=(0.1, 1.5), **given).run()


def front_of(scenario: Scenario) -> Any:
    found = scenario.sweep["status"]
    return {key: found.get(key) for key in ("pareto", "results", "best", "phase")}


def without_time(found: Any) -> Any:
    if found["best"]:
        found = {**found, "best": {k: v for k, v in found["best"].items() if k != "reportedAt"}}
    return found


@pytest.mark.usefixtures("quiet_logs")
@pytest.mark.parametrize("changes", [BOTH, {"constraints": SIZE}], ids=["front", "constraint"])
def test_killed_after_every_change_it_has_the_same_front(changes: dict[str, Any]) -> None:
    undisturbed = outcome([], changes=changes)
    expected = without_time(front_of(undisturbed))
    assert expected["phase"] == "Complete"
    assert expected["results"]["infeasible"] > 0
    assert changes is not BOTH or expected["pareto"]["size"] > 2
    points = undisturbed.kill_points
    for turn in points if ALL else points[:: max(1, len(points) // 12)]:
        scenario = outcome([turn], changes=changes)
        assert without_time(front_of(scenario)) == expected, f"killed at turn {turn}"


@pytest.mark.usefixtures("quiet_logs")
@pytest.mark.parametrize("seed", range(4))
def test_with_kills_and_api_errors_the_front_is_that_of_the_records(seed: int) -> None:
    """Several at a time, with failing trainers and drained pods."""
    faults = {"faults": HEAVY_FAULTS, "failure_probability": 0.1, "eviction_probability": 0.1}
    kills = [(seed * 7 + n * n * 37) % 4000 for n in range(1, 15)]
    scenario = outcome(kills, seed, 3, **faults)
    members, names = [], {}
    for trial in scenario.trials:
        found, name = trial["status"], trial["metadata"]["name"]
        values = {k: float(v) for k, v in (found.get("values") or {}).items()}
        if found["phase"] == "Succeeded":
            assert {k: values[k] for k in ("latency", "size")} == scenario.trainers.results[name][
                found["curve"]["pod"]
            ], "the last values of the pod that is recorded"
            assert found["feasible"] is (values["size"] <= 14)
        if len(values) == 3 and values["size"] <= 14:
            members.append(Member((values["score"], -values["latency"]), trial["spec"]["index"]))
            names[trial["spec"]["index"]] = name
    front = scenario.sweep["status"]["pareto"]
    assert [t["trial"] for t in front["trials"]] == [names[m.index] for m in pareto_front(members)]
    assert front["size"] == len(pareto_front(members))


@pytest.mark.usefixtures("quiet_logs")
def test_killed_at_some_steps_it_proposes_the_same_with_a_model_of_both_objectives() -> None:
    """One trial after the other, each proposed from the values of all that ended before it."""
    changes = {**BOTH, "samplingAlgorithm": {"type": "bayesian", "seed": 3}}
    undisturbed = outcome([], changes=changes)
    expected = without_time(front_of(undisturbed))
    proposals = [trial["spec"]["assignment"] for trial in undisturbed.trials]
    for turn in undisturbed.kill_points[:: 4 if ALL else 40]:
        scenario = outcome([turn], changes=changes)
        assert [trial["spec"]["assignment"] for trial in scenario.trials] == proposals
        assert without_time(front_of(scenario)) == expected
