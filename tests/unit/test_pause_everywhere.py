"""Trials are paused and continued from their checkpoints, and the operator is killed meanwhile: each step of
a curve counts once, no decision changes, and a paused trial holds nothing.

``SWEEPJOB_KILLS=all`` kills at every single turn of its event loop, and tells ten times as many stories.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.fake_api.harness import Scenario
from tests.shrinking import shortest

from .scenarios import HEAVY_FAULTS
from .scenarios import spec as spec_of

pytestmark = pytest.mark.usefixtures("quiet_logs")

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
STORIES = 30 if ALL else 3  # in each block
PARTS = 3
CHECKPOINT = {
    "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "state"}}}},
    "earlyTermination": {"type": "asha", "mode": "promote", "reductionFactor": 2, "gracePeriod": 2},
}


def spec(total: int, concurrent: int, **changes: Any) -> dict[str, Any]:
    """Successive halving by promotion, with rungs at 2, 4, 8 and 16 reports."""
    trial = {
        "image": "train",
        "command": "train",
        "maxRetries": 2,
        "checkpoint": {"output": "state"},
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }
    return spec_of(total, concurrent, **CHECKPOINT, trial=trial, **changes)


def check(scenario: Scenario) -> None:
    """What has to hold at the end, whatever happened."""
    total = scenario.spec["limits"]["maxTotalTrials"]
    assert [t["spec"]["index"] for t in scenario.trials] == list(range(total)), "one record each"
    for trial in scenario.trials:
        name, status = trial["metadata"]["name"], trial["status"]
        parameters = {k: float(v) for k, v in trial["spec"]["parameters"].items()}
        values = [float(text) for text in (status.get("curve") or {}).get("values", "").split()]
        steps = range(1, len(values) + 1)
        conditions = {c["type"] for c in status.get("conditions") or ()}
        if "ReportsLost" in conditions or values[:1] != [round(parameters["level"] + 0.001, 3)]:
            # It is said, unless nobody ever heard of the first pod. Nothing counts twice all the same.
            assert len(set(values)) == len(values)
            assert values == sorted(values)
            continue
        assert values == [round(parameters["level"] + n / 1000, 3) for n in steps], (
            f"{name}: each step counts once, in order"
        )
        if status["phase"] == "Succeeded":
            assert len(values) == parameters["reports"], f"{name}: no report is lost"
        assert "pause" not in status, f"{name} has ended"
        stop = status.get("stop") or {}
        if stop.get("policy"):
            assert "the sweep ended before it could continue" in stop["message"]
    assert (scenario.sweep["status"]["trials"]).get("paused") is None
    counts = scenario.sweep["status"]["trials"]
    assert sum(counts[k] for k in ("succeeded", "earlyStopped", "failed", "canceled")) == total


def failure(scenario: Scenario) -> str:
    try:
        check(scenario.run())
    except AssertionError as error:
        return str(error) or repr(error)
    return ""


def tell(seed: int, kills: list[int], **given: Any) -> Scenario:
    scenario = Scenario(seed, kills=frozenset(kills), **given)
    problem = failure(scenario)
    if problem:
        kept = shortest(
            kills, lambda some: bool(failure(Scenario(seed, kills=frozenset(some), **given)))
        )
        raise AssertionError(
            f"{problem}\nrepeat: Scenario({seed}, kills=frozenset({kept}), **{given})"
        )
    return scenario


def rung_decisions(scenario: Scenario) -> list[Any]:
    return [
        (
            t["spec"]["assignment"],
            t["status"]["phase"],
            (t["status"].get("curve") or {}).get("values"),
        )
        for t in scenario.trials
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_after_every_change_it_decides_the_same(part: int) -> None:
    """One trial after the other: which trials are paused and continued depends on nothing but the values.

    The last rung is far from the end, which a trainer may reach while no operator runs.
    """
    space = {
        "level": {"type": "choice", "values": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]},
        "reports": {"type": "choice", "values": [14, 15]},
    }
    policy = {**CHECKPOINT["earlyTermination"], "gracePeriod": 4, "maxReports": 14}
    changed = spec(5, 1, searchSpace=space) | {"earlyTermination": policy}
    changed["trial"]["stopGracePeriodSeconds"] = 0  # none in which it may reach the next rung
    given = {"spec": changed, "downtime": (0.1, 1.0)}
    undisturbed = tell(1, [], **given)
    assert undisturbed.invariants.pauses >= 3
    expected = [row[:2] for row in rung_decisions(undisturbed)]
    assert {phase for _, phase in expected} == {"Succeeded", "EarlyStopped"}
    every = range(1, undisturbed.loop.turns) if ALL else undisturbed.kill_points[::5]
    for turn in every[part::PARTS]:
        scenario = tell(1, [turn], **given)
        assert [row[:2] for row in rung_decisions(scenario)] == expected, f"killed at turn {turn}"


def test_killed_in_the_middle_of_brackets_it_decides_the_same() -> None:
    """Hyperband: trials 1 and 3 are in later brackets, whose first rungs are at 8 reports and at none."""
    space = {
        "level": {"type": "choice", "values": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]},
        "reports": {"type": "choice", "values": [14, 15]},
    }
    changed = spec(7, 1, searchSpace=space)
    changed["earlyTermination"] = {
        "type": "hyperband",
        "reductionFactor": 2,
        "gracePeriod": 4,
        "maxReports": 14,
    }
    changed["trial"]["stopGracePeriodSeconds"] = 0
    given = {"spec": changed, "downtime": (0.1, 1.0)}
    undisturbed = tell(1, [], **given)
    assert undisturbed.invariants.pauses >= 3
    expected = [row[:2] for row in rung_decisions(undisturbed)]
    assert {phase for _, phase in expected} == {"Succeeded", "EarlyStopped"}
    for turn in undisturbed.kill_points[:: 5 if ALL else 50]:
        scenario = tell(1, [turn], **given)
        assert [row[:2] for row in rung_decisions(scenario)] == expected, f"killed at turn {turn}"


@pytest.mark.parametrize("block", range(4))
def test_killed_repeatedly_with_api_errors(block: int) -> None:
    """Several at a time, with failing trainers, drained pods, and requests and watches that break."""
    pauses = 0
    for seed in range(block * STORIES, (block + 1) * STORIES):
        turns = [(seed * 7 + n * n * 37) % 4000 for n in range(1, 25)]
        scenario = tell(
            seed,
            turns,
            spec=spec(8, 3),
            faults=HEAVY_FAULTS,
            failure_probability=0.1,
            eviction_probability=0.1,
            node_capacity=(None, 3, 2)[seed % 3],
        )
        pauses += scenario.invariants.pauses
    assert pauses >= STORIES, (
        "how many there are depends on the order of sets, too: 5 to 14 of three"
    )


@pytest.mark.parametrize("block", range(3))
def test_users_pause_and_resume(block: int) -> None:
    """Users pause and resume trials, delete Jobs and pods, suspend the sweep, and stop it in the end."""
    pauses = 0
    for seed in range(block * STORIES, (block + 1) * STORIES):
        turns = [(seed * 11 + n * n * 41) % 4000 for n in range(1, 12)]
        scenario = Scenario(
            seed,
            spec(40, 3),
            frozenset(turns),
            user_action_interval=3.0,
            faults={"lag": (0.001, 1.0)},
        ).run()
        pauses += scenario.invariants.pauses
        assert all("pause" not in t["status"] for t in scenario.trials), "all have ended"
    assert pauses >= 2 * STORIES
