"""The protocol by which any problem set is run against the samplers, over real pipes."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

SPACE = [
    {"name": "lr", "type": "loguniform", "min": 1e-4, "max": 1.0},
    {"name": "units", "type": "randint", "min": 4, "max": 6},
    {"name": "act", "type": "choice", "values": ["relu", "tanh"]},
    {"name": "p", "type": "qlognormal", "mu": 0, "sigma": 1, "q": 0.5},
]


class Pipe:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sampler_stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": "operator:."},
        )

    def __call__(self, op: str, **arguments: Any) -> dict[str, Any]:
        return self.line(json.dumps({"op": op, **arguments}))

    def line(self, text: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert reply["ms"] >= 0
        assert reply["cpu_ms"] >= 0
        return reply


@pytest.fixture(scope="module")
def pipe() -> Iterator[Pipe]:
    found = Pipe()
    yield found
    assert found("close")["ok"]
    assert found.process.wait(120) == 0


def test_a_session_with_several_objectives_and_a_constraint(pipe: Pipe) -> None:
    """The smallest ``lr`` at the largest ``units``, of those with 5 at most: the goals count."""
    assert pipe("init", space=SPACE, seed=3, goals=["minimize", "maximize"], constraints=1)["ok"]
    found = []
    for number in range(24):
        (config,) = pipe("ask", n=1)["configs"]
        values = [math.log(config["lr"]), config["units"]]
        told = {"config": config, "values": values, "constraints": [config["units"] - 5]}
        if number == 1:
            told = {"config": config, "value": None}
        if number == 2:
            told["constraints"] = [None]
        assert pipe("tell", trials=[told])["ok"]
        found.append(config)
    assert sum(config["units"] == 5 for config in found[12:]) >= 6, "a third at random"
    assert min(config["lr"] for config in found if config["units"] == 5) < 2e-4
    wrong = {"config": found[0], "values": [1.0, 2.0, 3.0], "constraints": [0]}
    assert "ValueError" in pipe("tell", trials=[wrong])["error"]


@pytest.mark.parametrize("algorithm", ["bayesian", "random", "sobol"])
def test_a_session(pipe: Pipe, algorithm: str) -> None:
    reply = pipe("init", space=SPACE, seed=3, goal="maximize", kwargs={"algorithm": algorithm})
    assert (reply["ok"], reply["protocol"]) == (True, 1)
    first = pipe("ask", n=4)["configs"]
    assert len(first) == 4
    foreign = {"lr": 0.5, "units": 4, "act": "relu", "p": 1.0}
    assert pipe("tell", trials=[{"config": foreign, "value": 0.4}])["ok"]
    told = [{"config": c, "value": None if n == 2 else c["units"]} for n, c in enumerate(first)]
    assert pipe("tell", trials=told[:0:-1])["ok"]  # one is left pending
    for _ in range(12):
        (config,) = pipe("ask", n=1)["configs"]
        assert 1e-4 <= config["lr"] <= 1
        assert config["units"] in (4, 5, 6)
        assert config["act"] in ("relu", "tanh")
        assert config["p"] % 0.5 == 0
        assert pipe("tell", trials=[{"config": config, "value": config["units"]}])["ok"]
    again = pipe("init", space=SPACE, seed=3, goal="maximize", kwargs={"algorithm": algorithm})
    assert again["ok"]
    assert pipe("ask", n=4)["configs"] == first


def test_an_error_is_a_response_and_the_session_continues(pipe: Pipe) -> None:
    assert pipe.line("{")["ok"] is False
    assert "unknown op" in pipe("dance")["error"]
    assert "algorithm" in pipe("init", space=SPACE, kwargs={"algorithm": "luck"})["error"]
    assert "init comes first" in pipe("ask", n=1)["error"]
    assert "gauss" in pipe("init", space=[{"name": "x", "type": "gauss"}])["error"]
    assert pipe("init", space=SPACE, seed=1)["ok"]
    assert pipe("ask", n=2)["ok"]
