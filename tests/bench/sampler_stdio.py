"""A sampler on standard input and output, a JSON object per line, so that any set of problems can be
run against it.

    {"op":"init","space":[...],"seed":3,"goal":"minimize","kwargs":{"algorithm":"bayesian"}}
    {"op":"ask","n":4}
    {"op":"tell","trials":[{"config":{"lr":0.01},"value":0.93},{"config":{"lr":0.1},"value":null}]}
    {"op":"close"}

With several objectives, ``init`` has "goals":["minimize","maximize"] instead of "goal", and trials have
"values":[0.93,12.5] instead of "value". With constraints, ``init`` has their number, "constraints":2, and
trials have their values, "constraints":[-0.1,null]: at most 0 is feasible, null is unknown.

A space is a list of {"name","type",...}: log forms have bounds in natural units, randint has ``min``
and ``max``, both included. ``value`` null is a failed trial. Run: python -m tests.bench.sampler_stdio
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import math
import sys
from typing import Any

from sweepjob.search.outcomes import Outcomes

from tests.bench.json_session import serve
from tests.bench.search.ours import ALGORITHMS, Ours, Results

_SIGNS = {"maximize": 1, "minimize": -1}


class Session:
    """What one process is asked for: ``init`` starts afresh."""

    def __init__(self) -> None:
        self._searcher: Ours | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request.get("op"):
            case "init":
                return self._init(request)
            case "ask":
                return {"ok": True, "configs": self._ready().ask(int(request.get("n", 1)))}
            case "tell":
                trials = [(trial["config"], _results(trial)) for trial in request["trials"]]
                self._ready().tell_several(trials)
                return {"ok": True}
            case "close":
                return {"ok": True}
            case op:
                raise ValueError(f"unknown op {op!r}; known: init, ask, tell, close")

    def _init(self, request: dict[str, Any]) -> dict[str, Any]:
        self._searcher = None
        options = dict(request.get("kwargs") or {})
        algorithm = options.pop("algorithm", "bayesian")
        if algorithm not in ALGORITHMS:
            raise ValueError(f"unknown algorithm {algorithm!r}; known: {', '.join(ALGORITHMS)}")
        goals = request.get("goals") or [request.get("goal", "minimize")]
        signs = [_SIGNS[goal] for goal in goals]
        outcomes = Outcomes(len(goals), int(request.get("constraints", 0)))
        seed = int(request.get("seed", 0))
        self._searcher = Ours(request["space"], seed, algorithm, signs, outcomes, **options)
        return {"ok": True, "protocol": 1, "name": f"sweepjob-{algorithm}"}

    def _ready(self) -> Ours:
        if self._searcher is None:
            raise RuntimeError("init comes first")
        return self._searcher


def _results(trial: dict[str, Any]) -> Results:
    value = trial.get("value")
    values = trial.get("values") or ([] if value is None else [value])
    return tuple(map(_number, values)), tuple(map(_number, trial.get("constraints") or ()))


def _number(value: Any) -> float | None:
    """A value, None for a failed trial; a value that is not a number is a failure, too."""
    return None if value is None or not math.isfinite(float(value)) else float(value)


if __name__ == "__main__":
    sys.exit(serve(Session().answer))
