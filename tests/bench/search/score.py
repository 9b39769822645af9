"""Normalised regret, and the score: random search is 1, lower is better."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from .ours import Ours
from .problems import PROBLEMS, Problem

CHECKPOINTS = (25, 50, 100)
_FLOOR = 0.001


@functools.cache
def reference(name: str) -> float:
    """The median value of 4,000 configurations from the prior."""
    problem = next(p for p in PROBLEMS if p.name == name)
    searcher = Ours(problem.space, 123, "random")
    found = [config for _ in range(40) for config in searcher.ask(100)]
    return float(np.median([problem.value(config) for config in found]))


def regrets(problem: Problem, runs: Sequence[Sequence[float]]) -> np.ndarray:
    """Median regret over runs at each checkpoint; runs are incumbents by evaluation."""
    scale = reference(problem.name) - problem.optimum
    at = np.array([[incumbents[t - 1] for t in CHECKPOINTS] for incumbents in runs])
    return (np.median(at, axis=0) - problem.optimum) / scale


def score(
    runs: Mapping[str, Sequence[Sequence[float]]], rivals: Mapping[str, Sequence[Sequence[float]]]
) -> float:
    """The geometric mean over problems and checkpoints of regret by the rivals' (random search's)."""
    logs = []
    for problem in PROBLEMS:
        if problem.name in runs:
            ratio = (regrets(problem, runs[problem.name]) + _FLOOR) / (
                regrets(problem, rivals[problem.name]) + _FLOOR
            )
            logs += np.log(np.maximum(ratio, 1e-9)).tolist()
    return math.exp(float(np.mean(logs))) if logs else math.nan
