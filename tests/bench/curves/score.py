"""Regret by that of random search without stopping, after as much GPU-time; lower is better."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .surrogate import surrogate

_FLOOR = 0.001
_DRAWS = 200  # of the bootstrap
# By task, the best values of each run, one for each budget.
Runs = Mapping[str, Sequence[Sequence[float]]]


def regrets(task: str, runs: Sequence[Sequence[float]]) -> np.ndarray:
    """The median regret over runs at each budget."""
    known = surrogate(task)
    found: np.ndarray = np.median([[known.regret(v) for v in run] for run in runs], axis=0)
    return found


def score(runs: Runs, rivals: Runs) -> float:
    """The geometric mean over tasks and budgets of regret by the rivals'."""
    logs = [
        np.log((regrets(task, runs[task]) + _FLOOR) / (regrets(task, rivals[task]) + _FLOOR))
        for task in runs
    ]
    return math.exp(float(np.mean(logs)))


def interval(runs: Runs, rivals: Runs) -> tuple[float, float]:
    """Where nine of ten draws of seeds have the score (bootstrap over both sides' runs)."""
    generator = np.random.default_rng(1)
    found = [score(_draw(runs, generator), _draw(rivals, generator)) for _ in range(_DRAWS)]
    low, high = np.quantile(found, [0.05, 0.95])
    return float(low), float(high)


def by_task(runs: Runs, rivals: Runs) -> Iterable[tuple[str, float]]:
    """The score on each task."""
    return [(task, score({task: runs[task]}, {task: rivals[task]})) for task in runs]


def _draw(runs: Runs, generator: np.random.Generator) -> Runs:
    return {t: [r[n] for n in generator.integers(len(r), size=len(r))] for t, r in runs.items()}
