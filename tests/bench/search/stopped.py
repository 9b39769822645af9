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
from dataclasses import replace

import numpy as np
from sweepjob.early_stopping.curve import Curve
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.extrapolation import ObservationHistory
from sweepjob.early_stopping.policies.asha import AshaPolicy
from sweepjob.early_stopping.policies.bandit import BanditPolicy
from sweepjob.early_stopping.policies.median import MedianStoppingPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policies.truncation import TruncationSelectionPolicy
from sweepjob.early_stopping.policy import IntervalSchedule, NoPolicy, Policy
from sweepjob.objective import Goal
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.search.space import Assignment

from .problems import PROBLEMS
from .score import Runs, paired, reference, score
from .spaces import space_of

REPORTS, IN_ALL, WORKERS = 30, 1500, 4
CHECKPOINTS = (500, 1000, 1500)
POLICIES = ("median", "bandit", "truncation", "asha")
# Nothing is judged before.
_DELAY = 5
_TRUNCATED, _REDUCTION, _SLACK = 20, 3, 0.5
_STOOD = "as it stood"
TELLING = (_STOOD, "extrapolated", "failed", "left out")


def policy_of(kind: str, slack: float, name: str) -> Policy:
    """A policy for a problem.

    Args:
        slack: what a bandit allows, as a share of the way from a typical configuration to the optimum.
    """
    schedule = IntervalSchedule(1, _DELAY)
    if kind == "none":
        return NoPolicy()
    if kind == "asha":
        return AshaPolicy(Rungs(_REDUCTION, _DELAY, REPORTS))
    if kind == "median":
        return MedianStoppingPolicy(schedule)
    if kind == "truncation":
        return TruncationSelectionPolicy(_TRUNCATED, schedule)
    problem = next(p for p in PROBLEMS if p.name == name)
    return BanditPolicy(None, slack * (reference(name) - problem.optimum), schedule)


def tell(evidence: ObservationHistory, telling: str, trial: Observation, curve: Curve) -> None:
    """Have the sampler told of a trial that was stopped."""
    if telling == "extrapolated":
        evidence.add_stopped(trial, curve)
    elif telling == "failed":
        evidence.add(replace(trial, score=None))
    elif telling == _STOOD:
        evidence.add(trial)


def sweep(name: str, seed: int, telling: str, kind: str, slack: float) -> list[float]:
    """The best value reported, when so many reports have been made in all."""
    problem = next(p for p in PROBLEMS if p.name == name)
    space, shifts = space_of(problem.space)
    sampler = BayesianSampler(space, seed)
    tracker = PolicyEvaluator(policy_of(kind, slack, name), Goal.MINIMIZE)
    generator = np.random.default_rng([seed, 5])
    evidence = ObservationHistory()
    running: dict[int, tuple[Assignment, Curve, list[float]]] = {}
    due: list[tuple[int, int]] = []
    best, spent, created, incumbents = math.inf, 0, 0, []

    def start(now: int) -> None:
        nonlocal created
        pending = [Observation(n, trial[0], None, ended=False) for n, trial in running.items()]
        assignment = sampler.propose(created, [*evidence.observations(), *pending])
        assert assignment is not None
        config = {n: v + shifts.get(n, 0) if n in shifts else v for n, v in assignment.items()}
        value, pace = problem.value(config), generator.uniform(2, 10)
        worst = reference(name) * 2 - problem.optimum
        reports = value + max(worst - value, 0.1) * np.exp(-np.arange(1, REPORTS + 1) / pace)
        running[created] = assignment, tracker.new_curve(), reports.tolist()
        heapq.heappush(due, (now + 1, created))
        created += 1

    for _ in range(WORKERS):
        start(0)
    while spent < IN_ALL:
        now, number = heapq.heappop(due)
        assignment, curve, reports = running[number]
        curve.append(reports[curve.count])
        spent += 1
        best = min(best, curve.values[-1])
        if spent in CHECKPOINTS:
            incumbents.append(best)
        decision = tracker.evaluate(number, curve)
        stopped = decision is not None and decision.stop
        if not stopped and curve.count < REPORTS:
            heapq.heappush(due, (now + 1, number))
            continue
        del running[number]
        seen = Observation(number, assignment, curve.score, ended=True)
        if stopped:
            tell(evidence, telling, seen, curve)
        else:
            evidence.add_full(seen, number, curve)
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
    cells += _beside(runs, found[_STOOD]) if telling != _STOOD else ("", "")
    return f"| {' | '.join(cells)} |"


def _beside(runs: Runs, others: Runs) -> tuple[str, str]:
    low, high = paired(runs, others)
    return f"{score(runs, others):.2f}", f"{low:.2f} to {high:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.stopped")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--policy", choices=POLICIES, default=POLICIES[0])
    parser.add_argument("--slack", type=float, default=_SLACK, help="of the bandit")
    parser.add_argument("--telling", nargs="+", default=TELLING, choices=TELLING)
    args = parser.parse_args()
    names = [p.name for p in PROBLEMS if p.group in ("continuous", "mixed")]
    print("| told of a stopped trial | by no policy's | 90 % of it | tuned on | held out ", end="")
    print("| by as it stood's | 90 % of it |\n|" + " --- |" * 7)
    found: dict[str, Runs] = {}
    with ProcessPoolExecutor() as pool:
        for telling in dict.fromkeys(["no policy", _STOOD, *args.telling]):
            policy = "none" if telling == "no policy" else args.policy
            runs = {
                n: [
                    pool.submit(sweep, n, s, telling, policy, args.slack) for s in range(args.seeds)
                ]
                for n in names
            }
            found[telling] = {n: [job.result() for job in jobs] for n, jobs in runs.items()}
            if telling != "no policy":
                print(row(telling, found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
