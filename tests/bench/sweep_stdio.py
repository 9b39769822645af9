"""A whole sweep on standard input and output, a JSON object per line: sampler and early termination.

    {"op":"init","space":[...],"goal":"maximize","seed":1,"max_reports":81,"checkpoints":true,
     "samplingAlgorithm":{"type":"bayesian"},"earlyTermination":{"type":"auto"}}
    {"op":"next","now":12.3}
    {"op":"report","trial":7,"value":0.83,"now":13.0}
    {"op":"end","trial":7,"now":20.1}
    {"op":"close"}

``next`` answers with a new trial and its ``config``, or with a paused one and ``resume_from``, the number
of reports after which it goes on; ``trial`` null means that nothing is left to run. ``report`` answers
with ``action``: continue, stop or pause. Spaces are those of ``tests.bench.sampler_stdio``. ``init``
starts afresh. Run: python -m tests.bench.sweep_stdio
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import sys
from typing import Any

from tests.bench.curves.ours import Sweep
from tests.bench.json_session import serve


class Session:
    """What one process is asked for."""

    def __init__(self) -> None:
        self._sweep: Sweep | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request.get("op"):
            case "init":
                self._sweep = None
                self._sweep = _sweep_of(request)
                return {"ok": True, "protocol": 1}
            case "next":
                found = self._ready().next(_now(request))
                return {"ok": True, **(found or {"trial": None})}
            case "report":
                action = self._ready().report(request["trial"], _value(request), _now(request))
                return {"ok": True, "action": action}
            case "end":
                self._ready().end(request["trial"], _now(request))
                return {"ok": True}
            case "close":
                return {"ok": True}
            case op:
                raise ValueError(f"unknown op {op!r}; known: init, next, report, end, close")

    def _ready(self) -> Sweep:
        if self._sweep is None:
            raise RuntimeError("init comes first")
        return self._sweep


def _sweep_of(request: dict[str, Any]) -> Sweep:
    return Sweep(
        request["space"],
        request.get("goal", "minimize"),
        int(request.get("seed", 0)),
        int(request["max_reports"]),
        bool(request.get("checkpoints", False)),
        request.get("samplingAlgorithm") or {"type": "random"},
        request.get("earlyTermination"),
    )


def _now(request: dict[str, Any]) -> float:
    return float(request.get("now", 0.0))


def _value(request: dict[str, Any]) -> float:
    """The reported value; null is one that is not a number."""
    value = request.get("value")
    return float("nan") if value is None else float(value)


if __name__ == "__main__":
    sys.exit(serve(Session().answer))
