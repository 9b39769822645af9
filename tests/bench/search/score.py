"""Normalised regret, and the score: random search is 1, lower is better."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from .ours import Ours
from .problems import PROBLEMS, Problem
from .runs import Run

CHECKPOINTS = (25, 50, 100)
_FLOOR = 0.001
_DRAWS = 200  # of the bootstrap
GROUPS = ("continuous", "noisy", "mixed", "tuning")
# Incumbents of every run on every problem, at each checkpoint.
Runs = Mapping[str, Sequence[Sequence[float]]]
Results = Mapping[tuple[str, str, str, int], tuple[list[float], float]]


def at_checkpoints(run: Run) -> list[float]:
    """A run's incumbents that count."""
    return [run.incumbents[count - 1] for count in CHECKPOINTS]


@functools.cache
def reference(name: str) -> float:
    """The median value of 4,000 configurations from the prior."""
    problem = next(p for p in PROBLEMS if p.name == name)
    searcher = Ours(problem.space, 123, "random")
    found = [config for _ in range(40) for config in searcher.ask(100)]
    return float(np.median([problem.value(config) for config in found]))


def regrets(problem: Problem, runs: Sequence[Sequence[float]]) -> np.ndarray:
    """Median regret over runs at each checkpoint; runs are incumbents at these."""
    scale = reference(problem.name) - problem.optimum
    median: np.ndarray = np.median(np.array(runs), axis=0)
    return (median - problem.optimum) / scale


def score(runs: Runs, rivals: Runs, problems: Iterable[Problem] = PROBLEMS) -> float:
    """The geometric mean over problems and checkpoints of regret by the rivals' (random search's)."""
    logs: list[float] = []
    for problem in problems:
        if problem.name in runs:
            ours, theirs = (regrets(problem, r[problem.name]) for r in (runs, rivals))
            logs += np.log(
                (np.maximum(ours, 0) + _FLOOR) / (np.maximum(theirs, 0) + _FLOOR)
            ).tolist()
    return math.exp(float(np.mean(logs))) if logs else math.nan


def table(results: Results) -> str:
    """A table for each mode: score with its interval, by group, of either half, and time per ask."""
    modes = dict.fromkeys(mode for _, mode, _, _ in results)
    return "\n\n".join(f"### {mode}\n\n{_of_mode(results, mode)}" for mode in modes)


def _of_mode(results: Results, mode: str) -> str:
    samplers = dict.fromkeys(s for s, m, _, _ in results if m == mode)
    runs = {s: _runs(results, s, mode) for s in samplers}
    head = [
        "sampler",
        "seeds",
        "score",
        "90 % of it",
        *GROUPS,
        "tuned on",
        "held out",
        "ms per ask",
    ]
    rows = [(_row(s, runs[s], runs["random"]), _time(results, s, mode)) for s in samplers]
    rows.sort(key=lambda row: float(row[0][2]))
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join([*row, ms]) + " |" for row, ms in rows]
    return "\n".join(lines)


def _runs(results: Results, sampler: str, mode: str) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    for (s, m, problem, _), (incumbents, _) in results.items():
        if (s, m) == (sampler, mode):
            found.setdefault(problem, []).append(incumbents)
    return found


def _row(sampler: str, runs: Runs, rivals: Runs) -> list[str]:
    low, high = interval(runs, rivals)
    parts = [[p for p in PROBLEMS if p.group == group] for group in GROUPS]
    parts += [[p for p in PROBLEMS if p.held == held] for held in (False, True)]
    cells = [f"{score(runs, rivals, part):.3f}" for part in parts]
    seeds = min(len(found) for found in runs.values())
    return [sampler, str(seeds), f"{score(runs, rivals):.3f}", f"{low:.3f} to {high:.3f}", *cells]


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


def _time(results: Results, sampler: str, mode: str) -> str:
    times = [ms for (s, m, _, _), (_, ms) in results.items() if (s, m) == (sampler, mode)]
    return f"{np.median(times):.0f}"
