"""Tables of what was measured: score with its interval, by group, of either half, and time per ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from .problems import PROBLEMS
from .score import Runs, interval, score

GROUPS = ("continuous", "noisy", "mixed", "tuning")
# By sampler, mode, problem and seed: incumbents at the checkpoints, and milliseconds per ask.
Results = Mapping[tuple[str, str, str, int], tuple[list[float], float]]


def complete(results: Results, least: int = 5) -> Results:
    """Those of samplers with at least so many seeds on every problem, in a mode; as many on each."""
    counts = Counter((sampler, mode, problem) for sampler, mode, problem, _ in results)
    fewest = {
        (sampler, mode): min(counts[sampler, mode, problem.name] for problem in PROBLEMS)
        for sampler, mode, _ in counts
    }
    return {
        job: found
        for job, found in results.items()
        if least <= fewest[job[:2]] and job[3] < fewest[job[:2]]
    }


def table(results: Results) -> str:
    """A table for each mode."""
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


def _time(results: Results, sampler: str, mode: str) -> str:
    times = [ms for (s, m, _, _), (_, ms) in results.items() if (s, m) == (sampler, mode)]
    return f"{np.median(times):.0f}"
