"""Long runs and wide spaces: python -m tests.bench.search.long

Twenty parameters and 500 trials: does it still improve at the end? A hundred parameters of which five
matter: does it find those? Regret as everywhere here (1 for a typical random configuration), the median
over seeds, beside random search.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from .ingredients import INGREDIENTS, take_away
from .ours import Ours
from .problems import Problem, ackley, box, levy, moved, rosenbrock, styblinski, vector
from .runs import run

LEVY_OFFSET = moved(11, 20, 20)
FEW = (7, 23, 41, 68, 90)  # of a hundred, those that matter
FEW_OFFSET = moved(13, len(FEW), 20)


def _levy(config: dict[str, float]) -> float:
    return levy(vector(config, 20) - LEVY_OFFSET)


def _styblinski(config: dict[str, float]) -> float:
    return styblinski(vector(config, 20))


def _rosenbrock(config: dict[str, float]) -> float:
    return rosenbrock(vector(config, 20))


def _few(config: dict[str, float]) -> float:
    return ackley(vector(config, 100)[list(FEW)] - FEW_OFFSET)


LONG = (
    Problem("levy-20", "continuous", box(20, -10, 10), _levy),
    Problem("styblinski-20", "continuous", box(20, -5, 5), _styblinski),
    Problem("rosenbrock-20", "continuous", box(20, -2, 2), _rosenbrock),
    Problem("ackley, 5 of 100", "continuous", box(100, -10, 10), _few),
)
CHECKPOINTS = (50, 100, 200, 300, 400, 500)


def play(problem: Problem, who: str, budget: int, seed: int) -> tuple[list[float], float]:
    """The incumbents, and the median milliseconds of the last fifty asks; the process ends with the
    row, and so does what was taken away."""
    algorithm = "random" if who == "random" else "bayesian"
    done = run(Ours(problem.space, seed, algorithm), problem, seed, "seq", budget)
    return done.incumbents, float(np.median(done.seconds[-50:])) * 1e3


def typical(problem: Problem) -> float:
    """The median value of 4,000 configurations from the prior."""
    found = Ours(problem.space, 123, "random").ask(4000)
    return float(np.median([problem.value(config) for config in found]))


def row(problem: Problem, who: str, budget: int, seeds: int, jobs: int) -> Iterator[str]:
    """The cells of a line: who, regrets at the checkpoints, and the time of an ask."""
    yield f"{problem.name}, {who}"
    with ProcessPoolExecutor(jobs, initializer=take_away, initargs=(who,)) as pool:
        runs = list(pool.map(partial(play, problem, who, budget), range(seeds)))
    scale = typical(problem) - problem.optimum
    for count in CHECKPOINTS:
        values = [incumbents[count - 1] for incumbents, _ in runs if len(incumbents) >= count]
        yield f"{(np.median(values) - problem.optimum) / scale:.4f}" if values else ""
    yield f"{np.median([ms for _, ms in runs]):.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.long")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--without", nargs="+", default=[], choices=INGREDIENTS)
    args = parser.parse_args()
    print("| | " + " | ".join(map(str, CHECKPOINTS)) + " | ms per ask at the end |")
    print("|" + " --- |" * (len(CHECKPOINTS) + 2))
    for problem in LONG:
        for who in ("bayesian", *args.without, "random"):
            cells = row(problem, who, args.trials, args.seeds, args.jobs)
            print("| " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
