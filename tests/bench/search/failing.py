"""What trials that fail or report nonsense cost a search: python -m tests.bench.search.failing

Problems of the bench where trials fail by chance, or by their configuration, or report a value that is
far off. Compared with the same search without failures.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from .ours import Ours
from .problems import PROBLEMS, Config, Problem
from .score import reference

TRIALS = 60
_GLITCH = 1e30
Report = Callable[[Config, float, np.random.Generator], float | None]


@dataclass(frozen=True)
class Case:
    """How trials fail.

    Attributes:
        report: what a trial of a value reports; None when it fails.
        problems: names of the problems.
    """

    name: str
    report: Report
    problems: tuple[str, ...]


def by_chance(rate: float, instead: float | None = None) -> Report:
    """A share of the trials fails, or reports something else."""

    def report(config: Config, value: float, generator: np.random.Generator) -> float | None:
        return instead if generator.random() < rate else value

    return report


def where(fails: Callable[[Config], bool]) -> Report:
    """Trials of some configurations fail."""
    return lambda config, value, generator: None if fails(config) else value


def both(first: Report, second: Report) -> Report:
    """Trials fail for either reason."""

    def report(config: Config, value: float, generator: np.random.Generator) -> float | None:
        other = first(config, value, generator)
        return None if second(config, value, generator) is None else other

    return report


def _once() -> Report:
    """The tenth trial reports a value that is far below all others."""
    count = 0

    def report(config: Config, value: float, generator: np.random.Generator) -> float | None:
        nonlocal count
        count += 1
        return -_GLITCH if count == 10 else value

    return report


CHANCE = ("hartmann-6", "levy-8", "branching", "logs", "categories", "nested")
_DEPENDENT: dict[str, Callable[[Config], bool]] = {
    # Out of memory, divergence, a combination that the program refuses; each beside the optimum or not.
    "hartmann-6": lambda c: c["x0"] + c["x4"] > 1.0,
    "logs": lambda c: math.log10(c["lr"]) > -2.2,
    "branching": lambda c: c["model"]["kind"] == "mlp" and c["model"]["units"] > 400,
    "levy-8": lambda c: c["x2"] > 3.0,
    "categories": lambda c: c["kind"] == "b" or (c["kind"] == "d" and not c["flag"]),
    "nested": lambda c: c["opt"]["name"] == "sgd" and c["opt"]["lr"] > 0.01,
}


def cases() -> list[Case]:
    """All of them, made anew: some count."""
    never = by_chance(0.0)
    found = [
        Case("none", never, CHANCE),
        Case("10 %", by_chance(0.1), CHANCE),
        Case("30 %", by_chance(0.3), CHANCE),
        Case("10 % at 1e30", by_chance(0.1, _GLITCH), CHANCE),
        Case("once -1e30", _once(), CHANCE),
    ]
    found += [Case("by place", where(f), (name,)) for name, f in _DEPENDENT.items()]
    found += [
        Case("by place, 10 %", both(by_chance(0.1), where(f)), (name,))
        for name, f in _DEPENDENT.items()
    ]
    return found


def play(problem: Problem, report: Report, seed: int) -> float:
    """Regret after all trials: of the best value among the trials that did not fail."""
    searcher = Ours(problem.space, seed)
    generator = np.random.default_rng([seed, 11])
    best = math.inf
    for _ in range(TRIALS):
        config = searcher.ask(1)[0]
        value = problem.value(config)
        told = report(config, value, generator)
        if told == value:
            best = min(best, value)
        searcher.tell([(config, told)])
    return (best - problem.optimum) / (reference(problem.name) - problem.optimum)


def job(number: int, name: str, seed: int) -> tuple[str, str, float]:
    case = cases()[number]
    problem = next(p for p in PROBLEMS if p.name == name)
    return case.name, name, play(problem, case.report, seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.failing")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--problems", nargs="+", default=CHANCE)
    parser.add_argument("--cases", nargs="+")
    args = parser.parse_args()
    jobs = [
        (number, name, seed)
        for number, case in enumerate(cases())
        for name in case.problems
        for seed in range(args.seeds)
        if name in args.problems and (not args.cases or case.name in args.cases)
    ]
    found: dict[tuple[str, str], list[float]] = {}
    with ProcessPoolExecutor(args.jobs) as pool:
        for case, name, regret in pool.map(job, *zip(*jobs, strict=True)):
            found.setdefault((case, name), []).append(regret)
    names = list(dict.fromkeys(case for case, _ in found))
    print(f"{'':16}" + "".join(f"{name:>14}" for name in args.problems) + f"{'mean':>10}")
    for case in names:
        medians = [float(np.median(found[case, name])) for name in args.problems]
        mean = math.exp(float(np.mean(np.log(np.maximum(medians, 0) + 1e-4))))
        print(f"{case:16}" + "".join(f"{m:14.5f}" for m in medians) + f"{mean:10.4f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
