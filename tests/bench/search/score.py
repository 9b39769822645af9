"""Normalised regret, and the score: random search is 1, lower is better."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from .ours import Ours
from .problems import PROBLEMS, Problem
from .runs import Run
from .wide import WIDE

KNOWN = (*PROBLEMS, *WIDE)
CHECKPOINTS = (25, 50, 100)
_FLOOR = 0.001
_DRAWS = 200  # of the bootstrap
# Incumbents of every run on every problem, at each checkpoint.
Runs = Mapping[str, Sequence[Sequence[float]]]


def at_checkpoints(run: Run) -> list[float]:
    """A run's incumbents that count."""
    return [run.incumbents[count - 1] for count in CHECKPOINTS]


@functools.cache
def reference(name: str) -> float:
    """The median value of 4,000 configurations from the prior."""
    problem = next(p for p in KNOWN if p.name == name)
    searcher = Ours(problem.space, 123, "random")
    found = [config for _ in range(40) for config in searcher.ask(100)]
    return float(np.median([problem.value(config) for config in found]))


def regrets(problem: Problem, runs: Sequence[Sequence[float]]) -> np.ndarray:
    """Median regret over runs at each checkpoint; runs are incumbents at these."""
    scale = reference(problem.name) - problem.optimum
    median: np.ndarray = np.median(np.array(runs), axis=0)
    return (median - problem.optimum) / scale


def score(runs: Runs, rivals: Runs, problems: Iterable[Problem] = KNOWN) -> float:
    """The geometric mean over problems and checkpoints of regret by the rivals' (random search's)."""
    logs: list[float] = []
    for problem in problems:
        if problem.name in runs:
            ours, theirs = (regrets(problem, r[problem.name]) for r in (runs, rivals))
            logs += np.log(
                (np.maximum(ours, 0) + _FLOOR) / (np.maximum(theirs, 0) + _FLOOR)
            ).tolist()
    return math.exp(float(np.mean(logs))) if logs else math.nan


def interval(runs: Runs, rivals: Runs) -> tuple[float, float]:
    """Where the score lies in nine of ten draws of seeds (bootstrap over the sampler's runs)."""
    return _nine_of_ten(score(_of(runs, drawn), rivals) for drawn in _draws(runs))


def paired(runs: Runs, others: Runs) -> tuple[float, float]:
    """The same of the score by the others', who are drawn with the same seeds."""
    return _nine_of_ten(score(_of(runs, d), _of(others, d)) for d in _draws(runs))


def _draws(runs: Runs) -> Iterator[dict[str, list[int]]]:
    generator = np.random.default_rng(1)
    for _ in range(_DRAWS):
        yield {n: generator.integers(len(r), size=len(r)).tolist() for n, r in runs.items()}


def _of(runs: Runs, drawn: Mapping[str, Sequence[int]]) -> Runs:
    return {name: [runs[name][n] for n in numbers] for name, numbers in drawn.items()}


def _nine_of_ten(scores: Iterable[float]) -> tuple[float, float]:
    low, high = np.quantile(list(scores), [0.05, 0.95])
    return float(low), float(high)
