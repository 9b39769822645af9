"""Tables of gaps: the score over all problems, and each problem's median at each checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .play import CHECKPOINTS, Job
from .problems import PROBLEMS

_FLOOR = 0.001
_DRAWS = 200  # of the bootstrap
_LEAST_SEEDS = 3  # for an interval
Results = Mapping[Job, list[float]]
Runs = dict[str, list[list[float]]]  # by problem, the gaps of each seed


def table(results: Results) -> str:
    """The tables of every number of configurations that are asked for at once."""
    sizes = sorted({job.size for job in results})
    return "\n\n".join(_of_size(results, size) for size in sizes)


def _of_size(results: Results, size: int) -> str:
    samplers = list(dict.fromkeys(job.sampler for job in results if job.size == size))
    runs = {sampler: _runs(results, sampler, size) for sampler in samplers}
    rivals = runs["random"]
    rows = [_row(sampler, runs[sampler], rivals) for sampler in samplers]
    rows.sort(key=lambda row: float(row[3]))
    head = ["sampler", "problems", "seeds", "score", "90 % of it", "free", "constrained"]
    problems = [*rivals]
    each = [
        [sampler, *(_medians(runs[sampler].get(problem)) for problem in problems)]
        for sampler in (row[0] for row in rows)
    ]
    title = "one at a time" if size == 1 else f"batches of {size}"
    gaps = f"Gaps after {', '.join(map(str, CHECKPOINTS))} trials, medians:"
    return (
        f"### {title}\n\n{_markdown(head, rows)}\n\n{gaps}\n\n"
        f"{_markdown(['sampler', *problems], each)}"
    )


def _runs(results: Results, sampler: str, size: int) -> Runs:
    found: Runs = {}
    for job, gaps in sorted(results.items()):
        if (job.sampler, job.size) == (sampler, size):
            found.setdefault(job.problem, []).append(gaps)
    return found


def _row(sampler: str, runs: Runs, rivals: Runs) -> list[str]:
    seeds = min(map(len, runs.values()))
    low, high = interval(runs, rivals)
    limited = {problem.name for problem in PROBLEMS if problem.constraints}
    parts = [
        {name: found for name, found in runs.items() if (name in limited) == wanted}
        for wanted in (False, True)
    ]
    return [
        sampler,
        str(len(runs)),
        str(seeds),
        f"{score(runs, rivals):.3f}",
        f"{low:.3f} to {high:.3f}" if seeds >= _LEAST_SEEDS else "",
        *(f"{score(part, rivals):.3f}" if part else "" for part in parts),
    ]


def score(runs: Runs, rivals: Runs) -> float:
    """The geometric mean over problems and checkpoints of the median gap by the rivals'."""
    logs = [
        np.log((np.median(found, axis=0) + _FLOOR) / (np.median(rivals[name], axis=0) + _FLOOR))
        for name, found in runs.items()
    ]
    return math.exp(float(np.mean(logs))) if logs else math.nan


def interval(runs: Runs, rivals: Runs) -> tuple[float, float]:
    """Where the score lies in nine of ten draws of seeds (bootstrap over the sampler's runs)."""
    generator = np.random.default_rng(1)
    scores = []
    for _ in range(_DRAWS):
        drawn = {
            name: [found[n] for n in generator.integers(len(found), size=len(found))]
            for name, found in runs.items()
        }
        scores.append(score(drawn, rivals))
    low, high = np.quantile(scores, [0.05, 0.95])
    return float(low), float(high)


def _medians(found: Sequence[Sequence[float]] | None) -> str:
    if not found:
        return ""
    return " ".join(f"{gap:.3f}" for gap in np.median(found, axis=0))


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
