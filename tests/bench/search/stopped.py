"""What stopped trials are worth as evidence: python -m tests.bench.search.stopped

Problems of the bench with learning curves that fall to their value, each at a pace of its own, under
a policy with four trials at a time. Compared by what the sampler is told of a stopped trial.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import heapq
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sweepjob.domain.objective import Goal
from sweepjob.domain.sampling import Observation
from sweepjob.domain.sampling.bayesian import BayesianSampler
from sweepjob.domain.stopping import (
    BanditPolicy,
    MedianStoppingPolicy,
    Policy,
    Schedule,
    Tracker,
    TruncationSelectionPolicy,
)

from .problems import PROBLEMS
from .score import Runs, paired, reference, score
from .spaces import space_of

REPORTS, IN_ALL, WORKERS = 30, 1500, 4
CHECKPOINTS = (500, 1000, 1500)
POLICIES = ("median", "bandit", "truncation")
# Nothing is judged before; a bandit allows half of the way from a typical configuration to the optimum.
_DELAY, _SLACK, _TRUNCATED = 5, 0.5, 20
TELLING = ("as it stood", "failed", "extrapolated", "regressed", "left out")


@dataclass(frozen=True)
class Curve:
    """A trial that has ended: the best score within its first n reports, for n = 1, 2, ..."""

    bests: tuple[float, ...]
    stopped: bool


def told(trial: Observation, curves: dict[int, Curve], telling: str) -> Observation | None:
    """What the sampler is told of a trial; None for nothing."""
    curve = curves.get(trial.index or 0)
    if curve is None or not curve.stopped:
        return trial
    if telling == "left out":
        return None
    if telling == "failed":
        return replace(trial, score=None)
    interval, best = len(curve.bests), curve.bests[-1]
    full = [c.bests for c in curves.values() if not c.stopped]
    if telling == "as it stood" or len(full) < 3:
        return trial
    early, late = np.array([(bests[interval - 1], bests[-1]) for bests in full]).T
    if telling == "extrapolated":
        expected = best + float(np.median(late - early))
    else:
        expected = regressed(best, early, late)
    return replace(trial, score=max(best, min(expected, float(late.max()))))


def regressed(best: float, early: np.ndarray, late: np.ndarray) -> float:
    """The final best by linear regression on the best at the same interval."""
    spread = float(((early - early.mean()) ** 2).sum())
    if spread <= 0:
        return best
    slope = float(((early - early.mean()) * (late - late.mean())).sum()) / spread
    return float(late.mean() + min(max(slope, 0), 3) * (best - early.mean()))


def policy_of(kind: str, name: str, delay: int) -> Policy:
    """A policy for a problem."""
    schedule = Schedule(1, delay)
    if kind == "median":
        return MedianStoppingPolicy(schedule)
    if kind == "truncation":
        return TruncationSelectionPolicy(_TRUNCATED, schedule)
    problem = next(p for p in PROBLEMS if p.name == name)
    return BanditPolicy(None, _SLACK * (reference(name) - problem.optimum), schedule)


def sweep(name: str, seed: int, telling: str, kind: str) -> list[float]:
    """The best value reported, when so many reports have been made in all."""
    problem = next(p for p in PROBLEMS if p.name == name)
    space, shifts = space_of(problem.space)
    sampler = BayesianSampler(space, seed)
    delay = _DELAY if telling != "no policy" else 10**9
    tracker = Tracker(policy_of(kind, name, delay), Goal.MINIMIZE)
    generator = np.random.default_rng([seed, 5])
    known: dict[int, Observation] = {}
    due: list[tuple[int, int]] = []
    running: dict[int, Any] = {}
    curves: dict[int, Curve] = {}
    best, spent, created, incumbents = math.inf, 0, 0, []

    def start(now: int) -> None:
        nonlocal created
        given = [told(trial, curves, telling) for trial in known.values()]
        assignment = sampler.propose(created, [t for t in given if t is not None])
        assert assignment is not None
        config = {n: v + shifts.get(n, 0) if n in shifts else v for n, v in assignment.items()}
        value, pace = problem.value(config), generator.uniform(2, 10)
        worst = reference(name) * 2 - problem.optimum
        reports = value + max(worst - value, 0.1) * np.exp(-np.arange(1, REPORTS + 1) / pace)
        running[created] = (tracker.curve(), reports.tolist())
        known[created] = Observation(created, assignment, None, ended=False)
        heapq.heappush(due, (now + 1, created))
        created += 1

    for _ in range(WORKERS):
        start(0)
    while spent < IN_ALL:
        now, number = heapq.heappop(due)
        curve, reports = running[number]
        curve.append(reports[curve.count])
        spent += 1
        best = min(best, curve.values[-1])
        if spent in CHECKPOINTS:
            incumbents.append(best)
        decision = tracker.judge(number, curve)
        stopped = decision is not None and decision.stop
        if not stopped and curve.count < REPORTS:
            heapq.heappush(due, (now + 1, number))
            continue
        bests = tuple(np.maximum.accumulate(-np.array(curve.values)).tolist())
        curves[number] = Curve(bests, stopped)
        known[number] = replace(known[number], score=bests[-1], ended=True)
        start(now)
    return incumbents


def row(telling: str, found: dict[str, Runs]) -> str:
    """The regret by that without a policy, of either half of the problems too, and by that when it is told as it
    stood; with the same seeds."""
    runs, unstopped = found[telling], found["no policy"]
    cells = [telling, *_beside(runs, unstopped)]
    for held in (False, True):
        half = [p for p in PROBLEMS if p.held == held]
        cells.append(f"{score(runs, unstopped, half):.2f}")
    cells += _beside(runs, found[TELLING[0]]) if telling != TELLING[0] else ("", "")
    return f"| {' | '.join(cells)} |"


def _beside(runs: Runs, others: Runs) -> tuple[str, str]:
    low, high = paired(runs, others)
    return f"{score(runs, others):.2f}", f"{low:.2f} to {high:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.stopped")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--policy", choices=POLICIES, default=POLICIES[0])
    parser.add_argument("--telling", nargs="+", default=TELLING, choices=TELLING)
    args = parser.parse_args()
    names = [p.name for p in PROBLEMS if p.group in ("continuous", "mixed")]
    print("| told of a stopped trial | by no policy's | 90 % of it | tuned on | held out ", end="")
    print("| by as it stood's | 90 % of it |\n|" + " --- |" * 7)
    found: dict[str, Runs] = {}
    with ProcessPoolExecutor() as pool:
        for telling in dict.fromkeys(["no policy", TELLING[0], *args.telling]):
            runs = {
                n: [pool.submit(sweep, n, s, telling, args.policy) for s in range(args.seeds)]
                for n in names
            }
            found[telling] = {n: [job.result() for job in jobs] for n, jobs in runs.items()}
            if telling != "no policy":
                print(row(telling, found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
