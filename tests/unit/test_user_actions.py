"""People who delete a sweep's Jobs and pods, suspend it, resume it and stop it, under any faults: slots are not
given away twice, and nothing runs on in the end."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_api.harness import Scenario, quiet

from .scenarios import HEAVY_FAULTS, spec

STORIES = 100 if os.environ.get("SWEEPJOB_KILLS") == "all" else 8  # in each block


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


@pytest.mark.parametrize("killed", [0, 5])
@pytest.mark.parametrize("node_capacity", [None, 3])
@pytest.mark.parametrize("faults", [{}, HEAVY_FAULTS], ids=["calm", "storm"])
def test_nothing_runs_after_user_actions(
    faults: dict[str, Any], node_capacity: int | None, killed: int
) -> None:
    """While users act, and the operator is killed so often."""
    acts = killings = 0
    for seed in range(STORIES):
        given = {
            "faults": faults,
            "failure_probability": 0.1,
            "eviction_probability": 0.1,
            "node_capacity": node_capacity,
        }
        kills = frozenset(random.Random(seed).sample(range(100, 3000), killed))
        scenario = Scenario(seed, spec(30, 3), kills, user_action_interval=6.0, **given)
        try:
            scenario.run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        ends = [trial["status"]["phase"] for trial in scenario.trials]
        assert set(ends) <= {"Succeeded", "EarlyStopped", "Failed", "Canceled"}, f"seed {seed}"
        living = [
            name
            for (_, name), pod in scenario.server.store.all("pods").items()
            if pod["status"].get("phase") not in ("Succeeded", "Failed")
        ]
        assert not living, f"seed {seed}: {living} run on"
        acts += scenario.user_actions.acts
        killings += scenario.killed
    assert killings >= killed * STORIES // 2
    assert acts > 10 * STORIES
