"""What a user's belief about the optimum is worth, and what a wrong one costs.

python -m tests.bench.search.priors --seeds 4

The belief is a point, wrong by a tenth of each range, or anywhere. It is given as an initial point, as a
prior, or as both. The expected improvement is then multiplied by a bell around the point, whose weight falls
with the number of trials (Hvarfner et al. 2022, piBO). No sampler of the project has such a prior.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sweepjob.search.gaussian_process.one_objective import OneObjectiveModel
from sweepjob.search.gaussian_process.utility import Inference, Utility

from .ours import Ours
from .problems import PROBLEMS, Problem
from .score import reference

NAMES = ("hartmann-6", "rosenbrock-4", "levy-8")  # all parameters are uniform
CHECKPOINTS = (10, 15, 25)
WRONG_BY = 0.1  # of each range
WIDTH = 0.2  # standard deviation of the bell, of each range
WEIGHT = 10.0  # divided by the number of trials
WAYS = {
    "nothing": (False, False),
    "point": (True, False),
    "prior": (False, True),
    "both": (True, True),
}


@dataclass(frozen=True)
class Bell:
    """The logarithm of a prior, as a chance that the expected improvement is multiplied by."""

    mode: np.ndarray
    weight: float

    def log(self, features: np.ndarray) -> np.ndarray:
        found: np.ndarray = -0.5 * self.weight * (((features - self.mode) / WIDTH) ** 2).sum(1)
        return found


@contextmanager
def believed(mode: np.ndarray | None) -> Iterator[None]:
    """Multiply the expected improvement by a prior around a point of the unit cube."""
    before = OneObjectiveModel._infer

    def infer(self: OneObjectiveModel, observed: Any) -> Inference:
        found = before(self, observed)
        assert mode is not None
        bell = Bell(mode, WEIGHT / max(len(observed.points), 1))
        utility = Utility(found.utility.improvement, (*found.utility.chances, bell))
        return Inference(utility, found.incumbents)

    if mode is not None:
        OneObjectiveModel._infer = infer  # type: ignore[method-assign] # with the prior
    try:
        yield
    finally:
        OneObjectiveModel._infer = before  # type: ignore[method-assign] # as it is


def at(problem: Problem, unit: np.ndarray) -> dict[str, float]:
    return {
        p["name"]: p["min"] + float(np.clip(u, 0, 1)) * (p["max"] - p["min"])
        for p, u in zip(problem.space, unit, strict=True)
    }


def optimum(problem: Problem) -> tuple[np.ndarray, float]:
    generator = np.random.default_rng(0)
    starts = [generator.random(len(problem.space)) for _ in range(12)]
    found = [
        minimize(lambda u: problem.value(at(problem, u)), s, method="Nelder-Mead") for s in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    return np.clip(best.x, 0, 1), float(best.fun)


def run(problem: Problem, seed: int, mode: np.ndarray, way: str) -> list[float]:
    """Return the lowest value after each checkpoint."""
    has_point, has_prior = WAYS[way]
    sampler, lowest, found = Ours(problem.space, seed), np.inf, []
    with believed(mode if has_prior else None):
        for count in range(1, CHECKPOINTS[-1] + 1):
            is_given = has_point and count == 1
            [config] = [at(problem, mode)] if is_given else sampler.ask(1)
            value = problem.value(config)
            sampler.tell([(config, value)])
            lowest = min(lowest, value)
            found += [lowest] if count in CHECKPOINTS else []
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.priors")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1e9, help="start nothing after so long")
    args = parser.parse_args()
    until = time.monotonic() + args.seconds
    regrets: dict[tuple[str, str], dict[str, list[list[float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    problems = [(p, *optimum(p)) for p in PROBLEMS if p.name in NAMES]
    for seed in range(args.seeds):
        for problem, best, lowest in problems:
            generator = np.random.default_rng(100 + seed)
            near = np.clip(best + generator.normal(0, WRONG_BY, len(best)), 0.02, 0.98)
            beliefs = {"nearly right": near, "anywhere": generator.random(len(best))}
            scale = reference(problem.name) - lowest
            for belief, mode in beliefs.items():
                for way in WAYS if time.monotonic() < until else ():
                    values = run(problem, seed, mode, way)
                    scaled = [(value - lowest) / scale + 0.001 for value in values]
                    regrets[belief, way][problem.name].append(scaled)
    print(f"geometric mean of median regrets after {CHECKPOINTS} trials")
    for (belief, way), of in regrets.items():
        medians = [np.log(np.median(np.array(runs), 0)) for runs in of.values()]
        seeds = min(map(len, of.values()))
        print(f"{belief:13} {way:8} {seeds} seeds", np.exp(np.mean(medians, 0)).round(4).tolist())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
