"""The protocol by which whole sweeps are run against other people's learning curves, over real pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

SPACE = [
    {"name": "lr", "type": "loguniform", "min": 1e-4, "max": 1.0},
    {"name": "units", "type": "randint", "min": 4, "max": 6},
]
REPORTS = 27


class Pipe:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sweep_stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": "operator:."},
        )

    def __call__(self, op: str, **arguments: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self.process.stdin.flush()
        reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert reply["ms"] >= 0
        return reply

    def init(self, **arguments: Any) -> dict[str, Any]:
        given = {"goal": "maximize", "seed": 1, "max_reports": REPORTS, "checkpoints": False}
        return self("init", space=SPACE, **given | arguments)


@pytest.fixture(scope="module")
def pipe() -> Iterator[Pipe]:
    found = Pipe()
    yield found
    assert found("close")["ok"]
    assert found.process.wait(120) == 0


def run(pipe: Pipe, trials: int) -> tuple[list[str], dict[int, int]]:
    """Run trials one after the other; return the actions, and how many reports each trial made."""
    actions, made, configs, now = list[str](), dict[int, int](), dict[int, dict[str, Any]](), 0.0
    while len(actions) < trials * REPORTS:
        found = pipe("next", now=now)
        trial = found["trial"]
        if "config" in found:
            assert trial not in made
            configs[trial], made[trial] = found["config"], 0
            if len(made) > trials:
                return actions, made
        else:
            assert made[trial] == found["resume_from"]
        action = "continue"
        while action == "continue" and made[trial] < REPORTS:
            made[trial] += 1
            now += configs[trial]["units"]
            value = -abs(configs[trial]["lr"] - 0.1) - 1 / made[trial] ** 2
            action = pipe("report", trial=trial, value=value, now=now)["action"]
            actions.append(action)
        if action == "continue":
            assert pipe("end", trial=trial, now=now)["ok"]
    return actions, made


@pytest.mark.parametrize("sampler", ["random", "bayesian"])
def test_a_sweep_without_checkpoints_only_stops(pipe: Pipe, sampler: str) -> None:
    sections = {"samplingAlgorithm": {"type": sampler}, "earlyTermination": {"type": "auto"}}
    assert pipe.init(**sections)["ok"]
    actions, made = run(pipe, 12)
    assert set(actions) == {"continue", "stop"}
    assert max(made.values()) == REPORTS
    assert pipe.init(**sections)["ok"]
    assert run(pipe, 12) == (actions, made)  # the same seed, the same sweep


def test_a_sweep_with_checkpoints_pauses_and_resumes(pipe: Pipe) -> None:
    assert pipe.init(checkpoints=True, earlyTermination={"type": "auto"})["ok"]
    actions, made = run(pipe, 30)
    assert "pause" in actions
    assert max(made.values()) == REPORTS
    assert sorted(made.values())[10] < REPORTS


def test_no_policy_runs_every_trial_to_its_end(pipe: Pipe) -> None:
    assert pipe.init()["ok"]
    actions, _ = run(pipe, 3)
    assert actions == ["continue"] * 3 * REPORTS


def test_a_value_that_is_not_a_number_counts_as_a_report(pipe: Pipe) -> None:
    assert pipe.init(earlyTermination={"type": "auto"})["ok"]
    trial = pipe("next", now=0)["trial"]
    assert pipe("report", trial=trial, value=None, now=1)["action"] == "continue"


def test_an_exhausted_space_has_no_trial(pipe: Pipe) -> None:
    space = [{"name": "units", "type": "randint", "min": 4, "max": 5}]
    assert pipe("init", space=space, max_reports=2)["ok"]
    assert [pipe("next", now=0)["trial"] for _ in range(3)] == [0, 1, None]


def test_an_error_is_a_response_and_the_session_continues(pipe: Pipe) -> None:
    assert "earlyTermination.type" in pipe.init(earlyTermination={"type": "luck"})["error"]
    assert "init comes first" in pipe("next", now=0)["error"]
    assert "samplingAlgorithm.type" in pipe.init(samplingAlgorithm={"type": "luck"})["error"]
    assert "unknown op" in pipe("dance")["error"]
    assert pipe.init()["ok"]
