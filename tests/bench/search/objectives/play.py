"""One run of a sampler on a problem: what is missing to the best, at the checkpoints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sweepjob.search.outcomes import Outcomes
from sweepjob.search.samplers import bayesian_sampler

from ..ours import Ours
from ..piped import Peer
from .problems import PROBLEMS, Problem, Values
from .scalarised import ScalarisedModel

CHECKPOINTS = (25, 50, 100)
OURS = ("bayesian", "scalarised", "sobol", "random")
_MODEL = bayesian_sampler.SeveralOutcomesModel


class Job(NamedTuple):
    """What is run: ``size`` configurations are asked for at once."""

    sampler: str
    size: int
    problem: str
    seed: int


class Done(NamedTuple):
    """What a run resulted in.

    Attributes:
        gaps: at each checkpoint; see ``Problem.gap``.
        milliseconds: for each ask of the later half, the median.
    """

    gaps: list[float]
    milliseconds: float


def play(job: Job, python: Path | None) -> tuple[Job, Done]:
    """Run; ``python`` is the interpreter of a peer."""
    problem = next(p for p in PROBLEMS if p.name == job.problem)
    if python is None:
        return job, _run(_ours(job, problem), problem, job.size)
    peer = Peer(job.sampler, python)
    try:
        outcomes = {"objectives": problem.objectives, "constraints": problem.constraints}
        peer.begin(problem.space, job.seed, **outcomes)
        return job, _run(peer, problem, job.size)
    finally:
        peer.close()


def _ours(job: Job, problem: Problem) -> Ours:
    scalarised = job.sampler == "scalarised"
    bayesian_sampler.SeveralOutcomesModel = ScalarisedModel if scalarised else _MODEL  # type: ignore[misc]
    outcomes = Outcomes(problem.objectives, problem.constraints)
    algorithm = "bayesian" if scalarised else job.sampler
    return Ours(problem.space, job.seed, algorithm, outcomes=outcomes)


def _run(searcher: Any, problem: Problem, size: int) -> Done:
    feasible, gaps, times, count = list[Values](), list[float](), list[float](), 0
    while count < CHECKPOINTS[-1]:
        began = time.perf_counter()
        configs = searcher.ask(size)
        times.append((time.perf_counter() - began) / size)
        told = [(config, problem.evaluate(config)) for config in configs]
        searcher.tell_several(told)
        for _, (values, limits) in told:
            count += 1
            feasible += [values] if all(limit <= 0 for limit in limits) else []
            if count in CHECKPOINTS:
                gaps.append(float(f"{problem.gap(feasible):.6g}"))
    return Done(gaps, round(float(np.median(times[len(times) // 2 :])) * 1e3, 2))
