"""People who delete a sweep's Jobs and pods, suspend it, resume it and stop it, under any faults: slots are not
given away twice, and nothing runs on in the end."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.controllers.sweep_end_jobs import _bounded_tags

from tests.fake_api.harness import Scenario

from .cli.bodies import trial_body
from .scenarios import HEAVY_FAULTS, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

STORIES = 100 if os.environ.get("SWEEPJOB_KILLS") == "all" else 8  # in each block


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
        scenario.user_actions.check_tags()
        acts += scenario.user_actions.acts
        killings += scenario.killed
    assert killings >= killed * STORIES // 2
    assert acts > 10 * STORIES


def test_tags_reach_the_job_that_completes_the_runs_of_a_sweep() -> None:
    """On the user's own tracking server; some of its trials are tagged before the sweep ends."""
    env = [{"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow.team:5000"}]
    trial = {"image": "train", "command": "train", "env": env}
    given = spec(12, 2, trial=trial, metrics={"source": "mlflow"})
    scenario = Scenario(3, given, user_action_interval=3.0).run()
    ends = [
        json.loads(variable["value"])
        for job in scenario.server.store.all("jobs").values()
        for variable in job["spec"]["template"]["spec"]["containers"][0].get("env") or ()
        if variable["name"] == protocol.ENV_SWEEP_END
    ]
    expected = {key[1]: {"seen": value} for key, value in scenario.user_actions.tags.items()}
    assert expected
    assert ends
    assert ends[-1]["trial_tags"] == expected


def test_the_tags_of_very_many_trials_are_bounded() -> None:
    records = []
    for index in range(1000):
        body = trial_body(index, [0.1])
        body["metadata"]["labels"] |= {f"sweepjob.dev/tag-{'k' * 50}": "v" * 50}
        records.append(parse_record(body))
    found, left_out = _bounded_tags(records[::-1])
    assert len(found) + left_out == 1000
    assert [*found][:2] == ["sweep-0", "sweep-1"], "the first ones"
    assert 10_000 < len(json.dumps(found)) < 20_000
    assert _bounded_tags([parse_record(trial_body(0, [0.1]))]) == ({}, 0)
