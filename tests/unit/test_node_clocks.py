"""Nodes whose clocks are ahead: what is counted from their times is neither late, nor wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_api.harness import Scenario

from .scenarios import check, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

AHEAD = 600.0  # seconds


def _run(seed: int, offset: float, kills: frozenset[int] = frozenset(), **changes: Any) -> Scenario:
    scenario = Scenario(seed, spec(4, 2, **changes), kills, node_clock_offset=offset)
    return scenario.run()


@pytest.mark.parametrize("instances", [1, 2])
@pytest.mark.parametrize("kills", [frozenset(), frozenset({150, 400})], ids=["calm", "killed"])
def test_a_trial_times_out_in_time(instances: int, kills: frozenset[int]) -> None:
    changes: dict[str, Any] = {
        "searchSpace": {
            "level": {"type": "choice", "values": [0.4, 0.5]},
            "reports": {"type": "choice", "values": [10_000]},
        },
        "limits": {"maxTotalTrials": 2, "maxConcurrentTrials": 2, "trialTimeout": 20},
        "trial": {"image": "train", "command": "train", "instanceCount": instances},
        "earlyTermination": None,
    }
    scenario = _run(1, AHEAD, kills, **changes)
    assert [t["status"]["reason"] for t in scenario.trials] == ["TrialTimeout", "TrialTimeout"]
    assert 20 < scenario.loop.time() < 90


@pytest.mark.parametrize("instances", [1, 2])
@pytest.mark.parametrize("offset", [AHEAD, -AHEAD])
def test_a_sweep_ends_as_with_a_right_clock(instances: int, offset: float) -> None:
    trial = {"image": "train", "command": "train", "maxRetries": 2, "instanceCount": instances}
    right = _run(2, 0.0, trial=trial)
    other = _run(2, offset, trial=trial)
    check(other)
    assert other.loop.time() < right.loop.time() + 30
    for body in other.trials:
        assert body["status"]["startTime"] <= body["status"]["completionTime"]
