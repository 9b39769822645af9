"""What each ingredient of the bayesian sampler is worth: python -m tests.bench.search.ablation

One ingredient off at a time, on the problems that are not held out, one trial at a time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from sweepjob.domain.sampling.bayesian import candidates, model, sampler, scales, search
from sweepjob.domain.sampling.bayesian.fitting import Prior

from .ours import Ours
from .problems import PROBLEMS, Config, Problem
from .runs import run
from .score import Runs, at_checkpoints, interval, paired, reference, score

_FIRST, _SECOND = sampler.PORTFOLIO
_WARPS, _SCALE = model.warps, scales._of_choice


def _one(strategy: sampler.Strategy) -> None:
    sampler.PORTFOLIO = (strategy, strategy)


def _jointly() -> None:
    second = sampler.Strategy(Prior(_SECOND.prior.rate), _SECOND.acquisition)
    sampler.PORTFOLIO = (_FIRST, second)


def _same_prior() -> None:
    middle = Prior(rate=6.0, additive=True)
    sampler.PORTFOLIO = tuple(sampler.Strategy(middle, s.acquisition) for s in (_FIRST, _SECOND))


def _without_powers() -> None:
    model.warps = lambda values: _WARPS(values)[:1]  # type: ignore[assignment] # one of the two is taken away


def _unordered() -> None:
    def scale(choice: scales.Choice) -> scales.Scale:
        found = _SCALE(choice)
        return scales.Unordered(len(choice.values)) if isinstance(found, scales.Ordered) else found

    scales._of_choice = scale


def _without_climbing() -> None:
    search._ROUNDS = 0


def _without_neighbours() -> None:
    candidates._PARENTS = 0


def _untamed() -> None:
    model.tame = lambda scores: np.where(
        np.isfinite(scores), scores, scores[np.isfinite(scores)].min()
    )


VARIANTS: dict[str, Callable[[], None]] = {
    "everything": lambda: None,
    "upper bound with short lengths only": lambda: _one(_FIRST),
    "expected improvement with sums only": lambda: _one(_SECOND),
    "no sums of functions of one parameter": _jointly,
    "the same prior for both strategies": _same_prior,
    "outcomes as they are": _without_powers,
    "numbers in a choice have no order": _unordered,
    "no local search": _without_climbing,
    "no candidates near good trials": _without_neighbours,
    "bad scores not pulled in": _untamed,
}


def diverging(problem: Problem) -> Problem:
    """The same optimum, but what is worse than a typical random configuration explodes, as losses do."""
    typical = reference(problem.name)
    scale = typical - problem.optimum

    def value(config: Config) -> float:
        excess = (problem.value(config) - typical) / scale
        return typical + scale * (excess if excess < 0 else math.expm1(min(20 * excess, 200)))

    return replace(problem, value=value)


def play(variant: str, name: str, seed: int, explode: bool) -> list[float]:
    """The incumbents of one run; the process ends with it, and so does the change."""
    VARIANTS[variant]()
    problem = next(p for p in PROBLEMS if p.name == name)
    if explode:
        problem = diverging(problem)
    algorithm = "random" if variant == "random" else "bayesian"
    return at_checkpoints(run(Ours(problem.space, seed, algorithm), problem, seed, "seq"))


VARIANTS["random"] = lambda: None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.ablation")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--diverging", action="store_true", help="bad outcomes are huge")
    parser.add_argument("--only", nargs="+", default=[*VARIANTS], choices=VARIANTS)
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
    names = [p.name for p in PROBLEMS if not p.held]
    with ProcessPoolExecutor(args.jobs, max_tasks_per_child=1) as pool:
        runs = {
            name: [pool.submit(play, variant, name, n, args.diverging) for n in range(args.seeds)]
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
