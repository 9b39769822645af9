"""A peer in an environment of its own, spoken to over pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.cluster import layout

from .spaces import Parameter

Config = dict[str, Any]
Results = tuple[tuple[float, ...], tuple[float, ...]]  # of objectives, of constraints
# What each peer is installed from.
_TORCH = ("optuna==5.0.0", "torch==2.15.0", "botorch==0.18.1")
PACKAGES = {
    "optuna-tpe": ("optuna==5.0.0", "cmaes==0.13.1"),
    "optuna-cmaes": ("optuna==5.0.0", "cmaes==0.13.1"),
    "optuna-nsgaii": ("optuna==5.0.0", "cmaes==0.13.1"),
    "optuna-gp": _TORCH,
    "botorch": _TORCH,
    "skopt": ("scikit-optimize==0.10.2",),
    "hebo": ("HEBO==0.3.6", "GPy==1.13.2"),
    "nevergrad": ("nevergrad==1.0.12", "numpy<2.2"),
    "hyperopt-tpe": ("hyperopt==0.3.0", "setuptools<81"),
}
# HEBO's pymoo is built here, and takes half as long again where it finds no Cython to be compiled with.
_BUILT_WITH = {"hebo": ("cython<3.1", "numpy<1.25", "setuptools<81", "wheel")}


def interpreter(peer: str) -> Path:
    """Python with the peer's packages; installs them the first time, once for all that share them."""
    packages = PACKAGES[peer]
    folder = layout.cache() / "peers" / "+".join(packages).replace("=", "")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        install = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check")
        if peer in _BUILT_WITH:
            subprocess.run([*install, *_BUILT_WITH[peer]], check=True)
            install = (*install, "--no-build-isolation")
        subprocess.run([*install, *packages], check=True)
        (folder / "ready").touch()
    return python


class Peer:
    """A searcher (see ``runs``) that lives in another process."""

    def __init__(self, peer: str, python: Path) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment.pop("PYTHONPATH", None)
        self._process = subprocess.Popen(
            [python, "-m", "peers", peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=Path(__file__).parent,
        )

    def begin(self, space: list[Parameter], seed: int, **outcomes: int) -> None:
        """Start afresh; ``outcomes`` are the numbers of objectives and constraints, unless 1 and 0."""
        self._request({"op": "init", "space": space, "seed": seed, **outcomes})

    def ask(self, count: int) -> list[Config]:
        configs: list[Config] = self._request({"op": "ask", "n": count})["configs"]
        return configs

    def tell(self, trials: Sequence[tuple[Config, float | None]]) -> None:
        told = [{"config": config, "value": value} for config, value in trials]
        self._request({"op": "tell", "trials": told})

    def tell_several(self, trials: Sequence[tuple[Config, Results]]) -> None:
        told = [{"config": config, "results": results, "value": None} for config, results in trials]
        self._request({"op": "tell", "trials": told})

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"the peer ended with {self._process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        if not reply["ok"]:
            raise RuntimeError(reply["error"])
        return reply
