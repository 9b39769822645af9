"""Long runs and wide spaces: python -m tests.bench.search.long

Twenty parameters and 500 trials: does it still improve at the end? A hundred parameters of which five
matter: does it find those? Regret as everywhere here (1 for a typical random configuration), the median
over seeds, beside random search; of ingredients that were taken away, too, what they are worth.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from .changes import CHANGES
from .ingredients import INGREDIENTS, take_away
from .ours import Ours
from .problems import Problem
from .runs import run
from .score import paired, reference, score
from .wide import WIDE

CHECKPOINTS = (50, 100, 200, 300, 400, 500)
Found = dict[str, dict[str, list[list[float]]]]  # incumbents by who, problem, run and trial


def play(
    problem: Problem, who: str, budget: int, changes: list[str], seed: int
) -> tuple[list[float], float]:
    """The incumbents, and the median milliseconds of the last fifty asks; the process ends with the
    row, and so does what was taken away."""
    for change in changes:
        problem = CHANGES[change](problem, seed)
    algorithm = "random" if who == "random" else "bayesian"
    done = run(Ours(problem.space, seed, algorithm), problem, seed, "seq", budget)
    return done.incumbents, float(np.median(done.seconds[-50:])) * 1e3


def row(
    problem: Problem, who: str, budget: int, changes: list[str], seeds: int, jobs: int
) -> tuple[str, list[list[float]]]:
    """The line of who, with the regrets at the checkpoints and the time of an ask; and the incumbents."""
    with ProcessPoolExecutor(jobs, initializer=take_away, initargs=(who,)) as pool:
        runs = list(pool.map(partial(play, problem, who, budget, changes), range(seeds)))
    scale = reference(problem.name) - problem.optimum
    cells = [f"{problem.name}, {who}"]
    for count in CHECKPOINTS:
        values = [incumbents[count - 1] for incumbents, _ in runs if len(incumbents) >= count]
        cells.append(f"{(np.median(values) - problem.optimum) / scale:.4f}" if values else "")
    cells.append(f"{np.median([ms for _, ms in runs]):.0f}")
    return f"| {' | '.join(cells)} |", [incumbents for incumbents, _ in runs]


def worth(found: Found, without: str, budget: int) -> str:
    """The line of an ingredient: the regrets without it by those with it, at the checkpoints."""
    counts = [count for count in CHECKPOINTS if count <= budget]
    runs, everything = (
        {
            name: [[incumbents[count - 1] for count in counts] for incumbents in seeds]
            for name, seeds in found[who].items()
        }
        for who in (without, "bayesian")
    )
    low, high = paired(runs, everything)
    return f"| {without} | {score(runs, everything):.2f} | {low:.2f} to {high:.2f} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.long")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--change", nargs="+", choices=CHANGES, default=[], help="of the problems")
    parser.add_argument("--without", nargs="+", default=[], choices=INGREDIENTS)
    names = [problem.name for problem in WIDE]
    parser.add_argument("--problems", nargs="+", choices=names, default=names)
    args = parser.parse_args()
    print("| | " + " | ".join(map(str, CHECKPOINTS)) + " | ms per ask at the end |")
    print("|" + " --- |" * (len(CHECKPOINTS) + 2))
    found: Found = {}
    for problem in (p for p in WIDE if p.name in args.problems):
        for who in ("bayesian", *args.without, "random"):
            line, runs = row(problem, who, args.trials, args.change, args.seeds, args.jobs)
            found.setdefault(who, {})[problem.name] = runs
            print(line, flush=True)
    if args.without:
        print("\n| | by everything's | 90 % of it |\n" + "|" + " --- |" * 3)
        for without in args.without:
            print(worth(found, without, args.trials))
    return 0


if __name__ == "__main__":
    sys.exit(main())
