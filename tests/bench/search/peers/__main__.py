"""Answers requests on standard input, one JSON object per line."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

Make = Callable[..., Any]


def maker(peer: str) -> Make:
    """Only the peer's own package is there to be imported."""
    family, _, kind = peer.partition("-")
    if family == "optuna":
        from .of_optuna import Optuna as Found
    elif family == "nevergrad":
        from .of_nevergrad import Nevergrad as Found
    elif family == "hyperopt":
        from .of_hyperopt import Hyperopt as Found
    elif family == "skopt":
        from .of_skopt import ScikitOptimize as Found
    elif family == "hebo":
        from .of_hebo import Hebo as Found
    else:
        from .of_botorch import BoTorch as Found
    return lambda space, seed, **outcomes: Found(space, seed, kind, **outcomes)


def answer(make: Make, state: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    if request["op"] == "init":
        outcomes = {n: request[n] for n in ("objectives", "constraints") if n in request}
        state["peer"] = make(request["space"], request["seed"], **outcomes)
        return {"ok": True, "protocol": 1, "name": sys.argv[1]}
    if request["op"] == "ask":
        peer, count = state["peer"], request["n"]
        at_once = hasattr(peer, "batch")
        configs = peer.batch(count) if at_once else [peer.ask() for _ in range(count)]
        return {"ok": True, "configs": configs}
    for trial in request.get("trials", ()):
        if trial.get("results") is None:
            state["peer"].tell(trial["config"], trial["value"])
        else:
            state["peer"].tell_several(trial["config"], *trial["results"])
    return {"ok": True}


def main() -> None:
    warnings.filterwarnings("ignore")
    make, state, output = maker(sys.argv[1]), dict[str, Any](), sys.stdout
    for line in sys.stdin:
        began = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            try:
                reply = answer(make, state, json.loads(line))
            except Exception as error:  # noqa: BLE001 - any failure is an answer
                reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        reply["ms"] = (time.perf_counter() - began) * 1e3
        output.write(json.dumps(reply) + "\n")
        output.flush()


if __name__ == "__main__":
    main()
