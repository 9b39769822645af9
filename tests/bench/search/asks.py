"""How long an ask takes by the number of observations: python -m tests.bench.search.asks"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import resource
import sys
import time

import numpy as np
from sweepjob.search.outcomes import Outcomes
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.search.samplers.random import RandomSampler

from .problems import box, hartmann6
from .spaces import space_of

COUNTS = (20, 50, 100, 200, 500, 1000, 2000, 5000)
_ASKS = 21


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.asks")
    parser.add_argument("--parameters", type=int, default=8)
    parser.add_argument("--objectives", type=int, default=1)
    parser.add_argument("--constraints", type=int, default=0)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="of observations")
    args = parser.parse_args()
    space, _ = space_of(box(args.parameters))
    random = RandomSampler(space, 0)
    print("| observations | median ms | slowest ms | MiB |\n| --- | --- | --- | --- |")
    outcomes = Outcomes(args.objectives, args.constraints)
    for count in args.counts:
        known = [observed(n, random.propose(n), outcomes) for n in range(count)]
        sampler, times = BayesianSampler(space, 1, outcomes), list[float]()
        for index in range(count, count + _ASKS):
            began = time.process_time()
            found = sampler.propose(index, known)
            times.append((time.process_time() - began) * 1e3)
            known.append(observed(index, found, outcomes))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"| {count} | {np.median(times):.0f} | {max(times):.0f} | {memory} |", flush=True)
    return 0


def observed(index: int, found: dict[str, float] | None, outcomes: Outcomes) -> Observation:
    """A trial of functions of six of the parameters; one in four is infeasible."""
    assert found is not None
    values = np.array(list(found.values()))
    scores = tuple(-hartmann6(np.roll(values, n)[:6]) for n in range(outcomes.objectives))
    constraints = tuple(float(values[n]) - 0.75 for n in range(outcomes.constraints))
    score, several = (scores[0], ()) if outcomes.objectives == 1 else (None, scores)
    return Observation(index, found, score, True, several, constraints)


if __name__ == "__main__":
    sys.exit(main())
