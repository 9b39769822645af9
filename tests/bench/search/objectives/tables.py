"""Tables of gaps: the score over all problems, and each problem's median at each checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .play import CHECKPOINTS, Done, Job

_FLOOR = 0.001
_DRAWS = 200  # of the bootstrap
Results = Mapping[Job, Done]
Runs = dict[str, list[list[float]]]  # by problem, the gaps of each seed


def table(results: Results) -> str:
    """The tables of every number of configurations that are asked for at once."""
    sizes = sorted({job.size for job in results})
    return "\n\n".join(_of_size(results, size) for size in sizes)


def _of_size(results: Results, size: int) -> str:
    samplers = list(dict.fromkeys(job.sampler for job in results if job.size == size))
    runs = {sampler: _runs(results, sampler, size) for sampler in samplers}
    rivals = runs["random"]
    rows = [_row(results, sampler, size, runs[sampler], rivals) for sampler in samplers]
    rows.sort(key=lambda row: float(row[2]))
    head = ["sampler", "seeds", "score", "90 % of it", "several", "constrained", "ms per ask"]
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
    for job, done in sorted(results.items()):
        if (job.sampler, job.size) == (sampler, size):
            found.setdefault(job.problem, []).append(done.gaps)
    return found


def _row(results: Results, sampler: str, size: int, runs: Runs, rivals: Runs) -> list[str]:
    low, high = interval(runs, rivals)
    times = [done.milliseconds for job, done in results.items() if job[:2] == (sampler, size)]
    constrained = {"bnh", "c2-dtlz2", "gramacy", "gardner", "vessel"}
    parts = [
        {name: r for name, r in runs.items() if (name in constrained) == wanted}
        for wanted in (False, True)
    ]
    return [
        sampler,
        str(min(map(len, runs.values()))),
        f"{score(runs, rivals):.3f}",
        f"{low:.3f} to {high:.3f}",
        *(f"{score(part, rivals):.3f}" for part in parts),
        f"{np.median(times):.0f}",
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
