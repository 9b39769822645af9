"""What each ingredient of the bayesian sampler is worth: python -m tests.bench.search.ablation

One ingredient off at a time, on the problems that are not held out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np

from .ingredients import INGREDIENTS, take_away
from .ours import Ours
from .problems import PROBLEMS, Config, Problem
from .runs import MODES, run
from .score import Runs, at_checkpoints, interval, paired, reference, score
from .spaces import Parameter
from .tables import GROUPS

_MOVABLE = ("uniform", "loguniform")
# Of the whole way from a typical random configuration to the optimum, as a standard deviation.
_NOISE = 0.1


def diverging(problem: Problem, seed: int) -> Problem:
    """The same optimum, but what is worse than a typical random configuration explodes, as losses do."""
    typical = reference(problem.name)
    scale = typical - problem.optimum

    def value(config: Config) -> float:
        excess = (problem.value(config) - typical) / scale
        return typical + scale * (excess if excess < 0 else math.expm1(min(20 * excess, 200)))

    return replace(problem, value=value)


def moved(problem: Problem, seed: int) -> Problem:
    """The same landscape, elsewhere by up to a tenth of each number's width: another one each seed."""
    generator = np.random.default_rng([seed, 11])
    ways = {
        p["name"]: (p, generator.uniform(-0.1, 0.1)) for p in problem.space if p["type"] in _MOVABLE
    }

    def value(config: Config) -> float:
        return problem.value({**config, **{n: _beside(config[n], *way) for n, way in ways.items()}})

    return replace(problem, value=value)


def noisy(problem: Problem, seed: int) -> Problem:
    """The same, observed with noise."""
    scale = reference(problem.name) - problem.optimum
    return replace(problem, noise=max(problem.noise, _NOISE * scale))


# Of the problems: bad outcomes are huge, the optimum is elsewhere with every seed, or there is noise.
CHANGES = {"diverging": diverging, "moved": moved, "noisy": noisy}


def _beside(value: float, parameter: Parameter, share: float) -> float:
    low, high = parameter["min"], parameter["max"]
    if parameter["type"] == "loguniform":
        return float(value * (high / low) ** share)
    return float(value + share * (high - low))


def play(variant: str, name: str, seed: int, mode: str, changes: list[str]) -> list[float]:
    """The incumbents of one run; the process ends with it, and so does the variant."""
    take_away(variant)
    problem = next(p for p in PROBLEMS if p.name == name)
    for change in changes:
        problem = CHANGES[change](problem, seed)
    algorithm = "random" if variant == "random" else "bayesian"
    return at_checkpoints(run(Ours(problem.space, seed, algorithm), problem, seed, mode))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.ablation")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--mode", choices=MODES, default="seq")
    parser.add_argument("--change", nargs="+", choices=CHANGES, default=[], help="of the problems")
    parser.add_argument("--only", nargs="+", default=[*INGREDIENTS], choices=INGREDIENTS)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS, help="of problems")
    args = parser.parse_args()
    wanted = dict.fromkeys(["random", "everything", *args.only])
    found: dict[str, Runs] = {}
    print("| | score | 90 % of it | by everything's | 90 % of it |\n" + "|" + " --- |" * 5)
    for variant in wanted:
        found[variant] = _all(variant, args)
        if variant != "random":
            print(_row(variant, found), flush=True)
    return 0


def _all(variant: str, args: argparse.Namespace) -> Runs:
    """A variant's runs on every problem that is not held out."""
    names = [p.name for p in PROBLEMS if not p.held and p.group in args.groups]
    with ProcessPoolExecutor(args.jobs, max_tasks_per_child=1) as pool:
        runs = {
            name: [
                pool.submit(play, variant, name, n, args.mode, args.change)
                for n in range(args.seeds)
            ]
            for name in names
        }
        return {name: [future.result() for future in futures] for name, futures in runs.items()}


def _row(variant: str, found: dict[str, Runs]) -> str:
    runs, everything, rivals = found[variant], found["everything"], found["random"]
    low, high = interval(runs, rivals)
    cells = [variant, f"{score(runs, rivals):.3f}", f"{low:.3f} to {high:.3f}"]
    if variant != "everything":
        low, high = paired(runs, everything)
        cells += [f"{score(runs, everything):.2f}", f"{low:.2f} to {high:.2f}"]
    return "| " + " | ".join(cells) + (" |" if len(cells) == 5 else " | | |")


if __name__ == "__main__":
    sys.exit(main())
