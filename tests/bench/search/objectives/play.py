"""One run of a sampler on a problem: what is missing to the best, at the checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

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


def play(job: Job, python: Path | None) -> tuple[Job, list[float]]:
    """Run, and return the gap at each checkpoint; ``python`` is the interpreter of a peer."""
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
    bayesian_sampler.SeveralOutcomesModel = ScalarisedModel if scalarised else _MODEL  # type: ignore[misc] # a class, for the bench
    outcomes = Outcomes(problem.objectives, problem.constraints)
    algorithm = "bayesian" if scalarised else job.sampler
    return Ours(problem.space, job.seed, algorithm, outcomes=outcomes)


def _run(searcher: Any, problem: Problem, size: int) -> list[float]:
    feasible, gaps, count = list[Values](), list[float](), 0
    while count < CHECKPOINTS[-1]:
        told = [(config, problem.evaluate(config)) for config in searcher.ask(size)]
        searcher.tell_several(told)
        for _, (values, limits) in told:
            count += 1
            feasible += [values] if all(limit <= 0 for limit in limits) else []
            if count in CHECKPOINTS:
                gaps.append(float(f"{problem.gap(feasible):.6g}"))
    return gaps
