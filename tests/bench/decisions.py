"""What the pure core costs: decisions, replays and proposals, beside the plain way to do the same.

python -m tests.bench.decisions
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policies.asha import AshaPolicy
from sweepjob.early_stopping.policies.bandit import BanditPolicy
from sweepjob.early_stopping.policies.median import MedianStoppingPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policies.truncation import TruncationSelectionPolicy
from sweepjob.early_stopping.policy import IntervalSchedule, Policy
from sweepjob.early_stopping.replay import RecordedTrial, replay
from sweepjob.objective import Goal
from sweepjob.search.samplers.grid import GridSampler
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.samplers.sobol import SobolSampler
from sweepjob.search.space import Branch, Choice, Expression, Quantized, Randint, Space, Uniform

TRIALS, REPORTS = 10_000, 100
POLICIES: dict[str, Policy] = {
    "bandit": BanditPolicy(slack_factor=0.1),
    "median_stopping": MedianStoppingPolicy(IntervalSchedule(1, 5)),
    "truncation_selection": TruncationSelectionPolicy(20),
    "asha": AshaPolicy(Rungs(3)),
}


def curve(generator: random.Random, reports: int) -> list[float]:
    """A learning curve that saturates, with noise."""
    final, pace = generator.gauss(0.7, 0.15), generator.uniform(3, 30)
    return [
        final * (1 - math.exp(-n / pace)) + generator.gauss(0, 0.01) for n in range(1, reports + 1)
    ]


def median_plainly(curves: list[list[float]], interval: int) -> float:
    """What a recomputation of one median costs: the mean of every trial's first reports."""
    return statistics.median(math.fsum(c[:interval]) / interval for c in curves)


def decisions() -> None:
    print(f"one decision, {TRIALS} trials with {REPORTS} reports each, nothing stopped:")
    generator = random.Random(1)
    recorded = [curve(generator, REPORTS) for _ in range(TRIALS)]
    for name, policy in POLICIES.items():
        tracker, times = PolicyEvaluator(policy, Goal.MAXIMIZE), list[float]()
        curves = [tracker.new_curve() for _ in recorded]
        for interval in range(REPORTS):
            for trial, values in enumerate(recorded):
                began = time.perf_counter()
                curves[trial].append(values[interval])
                tracker.evaluate(trial, curves[trial])
                times.append(time.perf_counter() - began)
        times.sort()
        median, late = times[len(times) // 2], times[len(times) * 99 // 100]
        print(f"  {name:22} median {median * 1e6:7.1f} us   99 % {late * 1e6:7.1f} us")
    began = time.perf_counter()
    median_plainly(recorded, REPORTS)
    print(f"  the median recomputed  {(time.perf_counter() - began) * 1e6:14.1f} us")


def replays() -> None:
    print("a replay of 1,000 curves of 81 reports, 50 at a time:")
    generator = random.Random(2)
    trials = [RecordedTrial(n, tuple(curve(generator, 81)), (1,) * 81) for n in range(1000)]
    for name, policy in POLICIES.items():
        began = time.perf_counter()
        result = replay(trials, policy, Goal.MAXIMIZE, 50)
        took = time.perf_counter() - began
        lost = "lost" if result.best_lost else "kept"
        print(f"  {name:22} {took:5.2f} s   {result.saved:.0%} saved, best {lost}")


def proposals() -> None:
    print("100,000 proposals out of a finite space of 10^15 points:")
    values = tuple(range(1000))

    def space(expression: Expression) -> Space:
        return Space(Branch({f"p{n}": expression for n in range(5)}))

    samplers: dict[str, Callable[[], RandomSampler | GridSampler | SobolSampler]] = {
        "grid, choice": lambda: GridSampler(space(Choice(values))),
        "random, choice": lambda: RandomSampler(space(Choice(values)), 1),
        "random, randint": lambda: RandomSampler(space(Randint(1000)), 1),
        "random, quniform": lambda: RandomSampler(space(Quantized(Uniform(1, 1000), 1)), 1),
        "sobol, choice": lambda: SobolSampler(space(Choice(values)), 1),
    }
    for name, make in samplers.items():
        sampler = make()
        began = time.perf_counter()
        for index in range(100_000):
            sampler.propose(index, ())
        took = time.perf_counter() - began
        sampler = make()
        tracemalloc.start()
        for index in range(20_000):
            sampler.propose(index, ())
        grown = tracemalloc.get_traced_memory()[0] / 20_000
        tracemalloc.stop()
        print(f"  {name:22} {took:5.1f} s   {grown:5.1f} bytes kept for each")


def main() -> int:
    for part in (decisions, replays, proposals):
        part()
    return 0


if __name__ == "__main__":
    sys.exit(main())
