"""How long an ask takes by the number of observations: python -m tests.bench.search.asks"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import resource
import sys
import time

import numpy as np
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
    args = parser.parse_args()
    space, _ = space_of(box(args.parameters))
    random = RandomSampler(space, 0)
    print("| observations | median ms | slowest ms | MiB |\n| --- | --- | --- | --- |")
    for count in COUNTS:
        known = [observed(n, random.propose(n)) for n in range(count)]
        sampler, times = BayesianSampler(space, 1), list[float]()
        for index in range(count, count + _ASKS):
            began = time.process_time()
            found = sampler.propose(index, known)
            times.append((time.process_time() - began) * 1e3)
            known.append(observed(index, found))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"| {count} | {np.median(times):.0f} | {max(times):.0f} | {memory} |", flush=True)
    return 0


def observed(index: int, found: dict[str, float] | None) -> Observation:
    """A trial of a function of six of the parameters."""
    assert found is not None
    score = -hartmann6(np.array(list(found.values())[:6]))
    return Observation(index, found, score, ended=True)


if __name__ == "__main__":
    sys.exit(main())
