"""The best model for the least GPU-time: python -m tests.bench.curves

Every sampler with every policy on tasks with learning curves. Scores are regret by that of random
search without stopping; lower is better.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from .ours import Sweep
from .peers import PEERS, OptunaSweep
from .score import Runs, by_task, interval, score
from .simulate import Searcher, simulate
from .surrogate import surrogate
from .tasks import EPOCHS, TASKS

POLICIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "median": {"type": "median_stopping"},
    "bandit": {"type": "bandit", "slackFactor": 0.1},
    "asha": {"type": "asha", "maxReports": EPOCHS},
    "asha3": {"type": "asha", "maxReports": EPOCHS, "gracePeriod": 3},
    "forecast": {"type": "forecast", "probability": 0.05},
    "auto": {"type": "auto"},
}
SAMPLERS = ("random", "bayesian")


def sweep(task: str, seed: int, sampler: str, policy: str, checkpoints: bool) -> list[float]:
    """The best values of one sweep, one for each budget."""
    known = surrogate(task)
    goal, space = known.task.goal, known.task.space
    searcher: Searcher
    if sampler in PEERS:
        searcher = OptunaSweep(space, goal, seed, EPOCHS, PEERS[sampler][0], policy)
    else:
        found = {"type": sampler}
        searcher = Sweep(space, goal, seed, EPOCHS, checkpoints, found, POLICIES[policy])
    return simulate(known, searcher)


def _row(name: str, runs: Runs, rivals: Runs) -> str:
    low, high = interval(runs, rivals)
    tasks = " | ".join(f"{found:.2f}" for _, found in by_task(runs, rivals))
    seeds = len(next(iter(runs.values())))
    return f"| {name} | {seeds} | {score(runs, rivals):.2f} | {low:.2f} to {high:.2f} | {tasks} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.curves")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--rival-seeds", type=int, default=20, help="of random without stopping")
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS, choices=[*SAMPLERS, *PEERS])
    parser.add_argument("--policies", nargs="+", default=list(POLICIES))
    parser.add_argument("--tasks", choices=("tuned", "held", "all"), default="all")
    parser.add_argument("--checkpoints", action="store_true", help="trials can be paused")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    args = parser.parse_args()
    tasks = [t.name for t in TASKS if args.tasks == "all" or t.held == (args.tasks == "held")]
    print(f"| sampler + policy | seeds | score | 90 % of it | {' | '.join(tasks)} |")
    print("|" + " --- |" * (4 + len(tasks)))
    with ProcessPoolExecutor(args.workers) as pool:

        def runs(sampler: str, policy: str, seeds: int) -> Runs:
            jobs = {
                t: [
                    pool.submit(sweep, t, s, sampler, policy, args.checkpoints)
                    for s in range(seeds)
                ]
                for t in tasks
            }
            return {t: [job.result() for job in found] for t, found in jobs.items()}

        rivals = runs("random", "none", args.rival_seeds)
        for sampler in args.samplers:
            for policy in args.policies:
                if sampler not in PEERS or policy in PEERS[sampler][1]:
                    found = runs(sampler, policy, args.seeds)
                    print(_row(f"{sampler} + {policy}", found, rivals), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
