"""Trials of three pods on eight GPUs: the operator's own code over the fake API server, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.controllers import trial_controller
from sweepjob.controllers.start_turns import NO_TURN_NEEDED
from sweepjob.local.store import Change

from tests.fake_api import harness
from tests.fake_api.harness import Scenario

from .scenarios import HEAVY_FAULTS, check, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

GPUS = 8
TRIAL = {"image": "train", "command": "train", "maxRetries": 2, "instanceCount": 3}
LENIENT = {"type": "bandit", "slackAmount": 9}


class Usage:
    """GPU-seconds that pods held, and those that they held before all pods of their attempt had one."""

    def __init__(self) -> None:
        self._bound: dict[str, dict[str, float]] = {}
        self._full: dict[str, float] = {}
        self.held = self.in_vain = 0.0

    def observe(self, change: Change) -> None:
        if change.resource != "pods":
            return
        meta = change.body["metadata"]
        job, uid = meta["labels"]["job-name"], meta["uid"]
        bound = self._bound.setdefault(job, {})
        ended = change.new is None or change.body["status"].get("phase") in ("Succeeded", "Failed")
        if ended and uid in bound:
            since = bound.pop(uid)
            self.held += change.at - since
            self.in_vain += min(self._full.get(job, change.at), change.at) - since
        elif not ended and "nodeName" in change.body["spec"]:
            bound.setdefault(uid, change.at)
            if len(bound) == 3:
                self._full.setdefault(job, change.at)


def run(
    monkeypatch: pytest.MonkeyPatch, seed: int, gpus: int = GPUS, **given: Any
) -> tuple[Scenario, Usage]:
    usage, make = Usage(), harness.FakeCluster.__init__

    def observed(self: Any, server: Any, *others: Any) -> None:
        make(self, server, *others)
        server.store.observers.append(usage.observe)

    monkeypatch.setattr(harness.FakeCluster, "__init__", observed)
    body = spec(6, 6, trial=TRIAL, earlyTermination=LENIENT)
    story = Scenario(seed, body, node_capacity=gpus, timeout=20_000.0, **given).run()
    check(story)
    return story, usage


@pytest.mark.parametrize("seed", range(4))
def test_half_scheduled_trials_do_not_deadlock(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Six trials at a time, and room for two and two thirds."""
    story, usage = run(monkeypatch, seed)
    assert [t["status"]["phase"] for t in story.trials] == ["Succeeded"] * 6
    assert [t["status"]["attempt"] for t in story.trials] == [1] * 6, "nothing is given up"
    # The third trial holds the two GPUs that are left until the first one ends.
    assert usage.in_vain / usage.held < 0.35, f"{usage.in_vain:.0f} of {usage.held:.0f}"
    assert story.loop.time() < 120


def test_nor_where_the_operator_is_killed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    kills = frozenset(range(100, 4000, 230))
    faults = {**HEAVY_FAULTS, "forgotten": 0.0}
    story, _ = run(monkeypatch, 5, kills=kills, faults=faults)
    assert story.killed >= 3
    assert [t["status"]["phase"] for t in story.trials] == ["Succeeded"] * 6


def test_without_turns_a_deadlock_is_given_up_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As between two operators, or with trials of other controllers, which know nothing of turns."""
    monkeypatch.setattr(
        trial_controller.TrialController, "_start_turn", lambda self, *given: NO_TURN_NEEDED
    )
    story, usage = run(monkeypatch, 3, gpus=4)
    assert [t["status"]["phase"] for t in story.trials] == ["Succeeded"] * 6
    given_up = [e for t in story.trials for e in t["status"].get("executions", ())]
    assert given_up
    assert {e["reason"] for e in given_up} == {"PartlyScheduled"}
    assert "pods were scheduled within 300 s" in given_up[0]["message"]
    assert all(not t["status"].get("failures") for t in story.trials), "it is no failure"
    assert all(not t["status"].get("disruptions") for t in story.trials), "and no disruption"
    assert usage.in_vain / usage.held > 0.9, "what the turns spare"
