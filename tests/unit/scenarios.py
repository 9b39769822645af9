"""Sweeps of the fake API server whose trials show their levels, and what has to hold at their end."""

from __future__ import annotations

from typing import Any

from sweepjob.local.store import Body

from tests.fake_api.harness import Scenario

from .builders import sweepjob

HEAVY_FAULTS = {
    "delay": (0.001, 0.3),
    "lag": (0.001, 2.0),
    "request_lost": 0.03,
    "response_lost": 0.02,
    "refused": 0.05,
    "broken": 0.01,
    "duplicated": 0.05,
    "forgotten": 0.003,
    "stale": 0.3,
}
# The simulated trainers make as many reports as they are told.
ASHA_OF_BUDGETS = {
    "type": "asha",
    "budgetParameter": "reports",
    "reductionFactor": 2,
    "gracePeriod": 2,
    "maxReports": 8,
}
LEVELS = {"level": {"type": "choice", "values": [n / 20 for n in range(1, 13)]}}


def spec(total: int, concurrent: int, **changes: Any) -> dict[str, Any]:
    """Trials of different levels: a bandit stops the low ones, once they have shown it."""
    changed = {
        "searchSpace": {
            "level": {"type": "choice", "values": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]},
            "reports": {"type": "choice", "values": [10, 14, 18]},
        },
        "earlyTermination": {"type": "bandit", "slackAmount": 0.15, "delayEvaluation": 2},
        "limits": {"maxTotalTrials": total, "maxConcurrentTrials": concurrent},
        "trial": {"image": "train", "command": "train", "maxRetries": 2},
        **changes,
    }
    body: dict[str, Any] = sweepjob(**changed)["spec"]
    return body


def check(scenario: Scenario) -> None:
    """What has to hold at the end, whatever happened."""
    total = scenario.spec["limits"]["maxTotalTrials"]
    assert [t["spec"]["index"] for t in scenario.trials] == list(range(total)), "one record each"
    bests = []
    for trial in scenario.trials:
        name, status = trial["metadata"]["name"], trial["status"]
        curve = status.get("curve") or {}
        values = [float(text) for text in curve.get("values", "").split()]
        made = scenario.trainers.made[name].get(curve.get("pod", ""), [])
        assert values == made[: len(values)], f"{name}: reports are those made, in order"
        if status["phase"] == "Succeeded":
            assert values == made, f"{name}: no report is lost"
            assert values, f"{name}: it ran"
        if "policy" in (status.get("stop") or {}):
            check_stop(status["stop"], list(scenario.trainers.made[name].values()), scenario)
        if "best" in curve:
            bests.append(float(curve["best"]))
    status = scenario.sweep["status"]
    assert float(status["best"]["value"]) == max(bests)
    ended = status["trials"]
    assert ended["created"] == total
    assert sum(ended[k] for k in ("succeeded", "earlyStopped", "failed")) == total


def check_stop(stop: Body, pods: list[list[float]], scenario: Scenario) -> None:
    """The rule holds for what was reported: it cannot be told from a decision by an operator that was
    never killed."""
    value, before = float(stop["value"]), []
    shown = False
    for made in pods:
        if len(made) >= stop["interval"]:
            best = max(made[: stop["interval"]])
            # Of a pod that was taken away, what it had told until then.
            shown |= value == best or (value > best and value in before)
        before += made
    assert shown, f"{value} was the best at {stop['interval']}"
    assert float(stop["value"]) < float(stop["threshold"])
    slack = scenario.spec["earlyTermination"]["slackAmount"]
    leaders = [
        v for pods in scenario.trainers.made.values() for made in pods.values() for v in made
    ]
    best = float(stop["threshold"]) + slack
    assert any(abs(best - value) < 1e-9 for value in leaders), "the best was reported by somebody"
