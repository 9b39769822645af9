"""Tables of what was measured: score with its interval, by group, of either half, and time per ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from .problems import PROBLEMS, Problem
from .score import Runs, interval, score

GROUPS = ("continuous", "noisy", "mixed", "tuning")
# By sampler, mode, problem and seed: incumbents at the checkpoints, and milliseconds per ask.
Results = Mapping[tuple[str, str, str, int], tuple[list[float], float]]


def of_groups(results: Results, groups: Collection[str]) -> Results:
    """Those on problems of the groups."""
    names = {problem.name for problem in PROBLEMS if problem.group in groups}
    return {job: found for job, found in results.items() if job[2] in names}


def complete(results: Results, least: int = 5) -> Results:
    """Those of samplers with at least so many seeds on every problem, in a mode; as many on each."""
    counts = Counter((sampler, mode, problem) for sampler, mode, problem, _ in results)
    problems = {problem for _, _, problem, _ in results}
    fewest = {
        (sampler, mode): min(counts[sampler, mode, problem] for problem in problems)
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
    parts = _parts({problem for _, m, problem, _ in results if m == mode})
    head = ["sampler", "seeds", "score", "90 % of it", *parts, "ms per ask"]
    rows = [
        (_row(s, runs[s], runs["random"], parts.values()), _time(results, s, mode))
        for s in samplers
    ]
    rows.sort(key=lambda row: float(row[0][2]))
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join([*row, ms]) + " |" for row, ms in rows]
    return "\n".join(lines)


def _parts(names: Collection[str]) -> dict[str, list[Problem]]:
    """What the problems of these names are shown by: their groups if there are several, and halves."""
    problems = [p for p in PROBLEMS if p.name in names]
    groups = {group: [p for p in problems if p.group == group] for group in GROUPS}
    halves = {
        "tuned on": [p for p in problems if not p.held],
        "held out": [p for p in problems if p.held],
    }
    several = {group: part for group, part in groups.items() if 0 < len(part) < len(problems)}
    return several | halves


def _runs(results: Results, sampler: str, mode: str) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    for (s, m, problem, _), (incumbents, _) in results.items():
        if (s, m) == (sampler, mode):
            found.setdefault(problem, []).append(incumbents)
    return found


def _row(sampler: str, runs: Runs, rivals: Runs, parts: Iterable[Sequence[Problem]]) -> list[str]:
    low, high = interval(runs, rivals)
    cells = [f"{score(runs, rivals, part):.3f}" for part in parts]
    seeds = min(len(found) for found in runs.values())
    return [sampler, str(seeds), f"{score(runs, rivals):.3f}", f"{low:.3f} to {high:.3f}", *cells]


def _time(results: Results, sampler: str, mode: str) -> str:
    times = [ms for (s, m, _, _), (_, ms) in results.items() if (s, m) == (sampler, mode)]
    return f"{np.median(times):.0f}"
