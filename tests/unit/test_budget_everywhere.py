"""Trials are run again with larger budgets, and the operator is killed meanwhile: each budget is run once, no
decision changes, and the curve of a trial is that of its newest execution.

``SWEEPJOB_KILLS=all`` kills at every single turn of its event loop, and tells ten times as many stories.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from sweepjob.kube.transport import Request

from tests.fake_api.harness import NAMESPACE, Scenario, quiet

from .scenarios import ASHA_OF_BUDGETS as ASHA
from .scenarios import HEAVY_FAULTS, LEVELS
from .scenarios import spec as spec_of

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
STORIES = 20 if ALL else 1


def spec(total: int, concurrent: int, **changes: Any) -> dict[str, Any]:
    """Successive halving with 2, 4 and 8 reports."""
    trial = {
        "image": "train",
        "command": "train",
        "maxRetries": 2,
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }
    given = {"searchSpace": LEVELS, "earlyTermination": ASHA, "trial": trial, **changes}
    return spec_of(total, concurrent, **given)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield
        gc.collect()  # of killed operators, whose tasks complain when they are freed


def check(scenario: Scenario) -> None:
    """What has to hold at the end, whatever happened."""
    total = scenario.spec["limits"]["maxTotalTrials"]
    assert [t["spec"]["index"] for t in scenario.trials] == list(range(total)), "one record each"
    for trial in scenario.trials:
        name, status = trial["metadata"]["name"], trial["status"]
        level = float(trial["spec"]["parameters"]["level"])
        assert "reports" not in trial["spec"]["parameters"], "the proposal has no budget"
        rungs = status["budget"]["rungs"]
        assert [rung["budget"] for rung in rungs] == [2, 4][: len(rungs)], "each budget once"
        for rung in rungs:
            assert float(rung["value"]) == round(level + rung["budget"] / 1000, 3)
        values = [float(text) for text in (status.get("curve") or {}).get("values", "").split()]
        steps = range(1, len(values) + 1)
        assert values == [round(level + n / 1000, 3) for n in steps], f"{name}: a fresh curve"
        if status["phase"] == "Succeeded":
            assert (len(rungs), len(values)) == (2, 8), f"{name}: it had the largest budget"
        assert "pause" not in status, f"{name} has ended"
    status = scenario.sweep["status"]
    assert status["trials"].get("paused") is None
    best = next(t for t in scenario.trials if t["metadata"]["name"] == status["best"]["trial"])
    level = float(best["spec"]["parameters"]["level"])
    reached = round((float(status["best"]["value"]) - level) * 1000)
    least = min(budget for budget in (2, 4, 8) if budget >= reached)
    assert int(status["best"]["parameters"]["reports"]) == least, "with which it was reached"


def decisions(scenario: Scenario) -> list[Any]:
    return [
        (t["spec"]["assignment"], t["status"]["phase"], t["status"]["budget"])
        for t in scenario.trials
    ]


@pytest.mark.parametrize("policy", [ASHA, {**ASHA, "type": "hyperband"}], ids=lambda p: p["type"])
def test_killed_after_every_change_it_decides_the_same(policy: dict[str, Any]) -> None:
    """One trial after the other: which are run again depends on nothing but the values."""
    given = {"spec": spec(6, 1, earlyTermination=policy), "downtime": (0.1, 1.0)}
    undisturbed = Scenario(1, **given).run()
    if policy is ASHA:
        check(undisturbed)
    expected = decisions(undisturbed)
    assert {phase for _, phase, _ in expected} == {"Succeeded", "EarlyStopped"}
    for turn in undisturbed.kill_points[:: 3 if ALL else 301]:
        scenario = Scenario(1, kills=frozenset([turn]), **given).run()
        assert decisions(scenario) == expected, f"killed at turn {turn}"


@pytest.mark.parametrize("block", range(3))
def test_killed_repeatedly_with_api_errors(block: int) -> None:
    """Several at a time, with failing trainers, drained pods, and requests and watches that break."""
    for seed in range(block * STORIES, (block + 1) * STORIES):
        turns = [(seed * 7 + n * n * 37) % 4000 for n in range(1, 25)]
        scenario = Scenario(
            seed,
            spec(8, 3),
            frozenset(turns),
            faults=HEAVY_FAULTS,
            failure_probability=0.1,
            eviction_probability=0.1,
            node_capacity=(None, 3, 2)[seed % 3],
        ).run()
        check(scenario)
        ended = sum(len(t["status"]["budget"]["rungs"]) for t in scenario.trials)
        assert scenario.invariants.pauses == ended > 0, "each is recorded, and paused once"


def test_a_failed_execution_is_repeated_with_the_same_budget() -> None:
    scenario = Scenario(3, spec(6, 2), failure_probability=0.7).run()
    for trial in scenario.trials:
        status, made = trial["status"], scenario.trainers.made[trial["metadata"]["name"]]
        if status["phase"] != "Failed":
            complete = [len(reports) for reports in made.values() if len(reports) in (2, 4, 8)]
            budgets = [rung["budget"] for rung in status["budget"]["rungs"]]
            assert set(budgets) <= set(complete)
    assert any(trial["status"].get("failures") for trial in scenario.trials)


def test_a_trial_that_reaches_the_target_is_not_run_again() -> None:
    limits = {"maxTotalTrials": 6, "maxConcurrentTrials": 1, "target": 0.602}
    levels = {"level": {"type": "choice", "values": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}}
    scenario = Scenario(5, spec(6, 1, limits=limits, searchSpace=levels)).run()
    status = scenario.sweep["status"]
    assert [c["reason"] for c in status["conditions"] if c["type"] == "Complete"] == [
        "TargetReached"
    ]
    best = next(t for t in scenario.trials if t["metadata"]["name"] == status["best"]["trial"])
    assert best["status"]["phase"] == "Succeeded"
    assert best["status"]["budget"]["rungs"] == []
    assert status["best"]["parameters"] == {"level": "0.6", "reports": "2"}


POLICIES = [
    ASHA,
    {**ASHA, "gracePeriod": 1, "reductionFactor": 3},
    {**ASHA, "type": "hyperband"},
    {**ASHA, "gracePeriod": 4},
]


class ChangesItsPolicy(Scenario):
    """Somebody changes ``earlyTermination`` again and again.

    Attributes:
        changes: how often.
    """

    changes = 0

    async def _act_as_users(self, chance: random.Random) -> None:
        path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs/sweep"
        while True:
            await asyncio.sleep(chance.uniform(0.05, 8.0))
            self.changes += 1
            now = self.sweep["spec"]["earlyTermination"]
            then = {**dict.fromkeys(now), **POLICIES[self.changes % len(POLICIES)]}
            change = {"spec": {"earlyTermination": then}}
            merge = Request("PATCH", path, {}, change, content_type="application/merge-patch+json")
            status, said = self.server.answer(merge)
            assert status == 200, said


@pytest.mark.parametrize("seed", range(60 if ALL else 4))
def test_a_policy_that_is_changed_meanwhile_knows_what_ran(seed: int) -> None:
    """Each value is noted for the budget that reached it, and no slot is given away twice."""
    faults = HEAVY_FAULTS if seed % 2 else {}
    scenario = ChangesItsPolicy(seed, spec(8, 3), faults=faults).run()
    assert scenario.changes > 2
    for trial in scenario.trials:
        level = float(trial["spec"]["parameters"]["level"])
        for rung in trial["status"]["budget"]["rungs"]:
            assert float(rung["value"]) == round(level + rung["budget"] / 1000, 3)
    best = scenario.sweep["status"]["best"]
    level, reports = float(best["parameters"]["level"]), int(best["parameters"]["reports"])
    assert float(best["value"]) == round(level + reports / 1000, 3)
