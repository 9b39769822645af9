"""How good the samplers are, beside other people's: python -m tests.bench.search --help

Every sampler gets the same problems, seeds and budget. Results are recorded beside this file, so that a
run that was interrupted goes on, and nobody has to wait a day for the slow ones; the table is made of
what is there. After a change to a sampler its own have to be measured again: --forget bayesian.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from .ours import ALGORITHMS, Ours
from .piped import PACKAGES, Peer, interpreter
from .problems import PROBLEMS
from .runs import MODES, run
from .score import at_checkpoints
from .tables import GROUPS, complete, of_groups, table

RECORDED = Path(__file__).parent / "recorded.jsonl"
Job = tuple[str, str, str, int]  # sampler, mode, problem, seed


def play(job: Job, python: Path | None) -> tuple[Job, list[float], float]:
    """One run: the incumbents at the checkpoints, and the median milliseconds of the later asks."""
    sampler, mode, name, seed = job
    problem = next(p for p in PROBLEMS if p.name == name)
    searcher: Any
    if python is None:
        searcher = Ours(problem.space, seed, sampler)
        done = run(searcher, problem, seed, mode)
    else:
        searcher = Peer(sampler, python)
        try:
            searcher.begin(problem.space, seed)
            done = run(searcher, problem, seed, mode)
        finally:
            searcher.close()
    late = done.seconds[len(done.seconds) // 2 :]
    incumbents = [float(f"{value:.9g}") for value in at_checkpoints(done)]
    return job, incumbents, round(float(np.median(late)) * 1e3, 2)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search")
    known = [*ALGORITHMS, *PACKAGES]
    parser.add_argument("--samplers", nargs="+", default=["random", "bayesian"], choices=known)
    parser.add_argument("--modes", nargs="+", default=["seq"], choices=MODES)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS, help="of problems")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, default=RECORDED)
    parser.add_argument("--forget", nargs="*", default=[], choices=known, help="measure again")
    parser.add_argument(
        "--show", action="store_true", help="print what is recorded, and run nothing"
    )
    args = parser.parse_args()
    results = remembered(args.keep, args.forget)
    if args.show:
        print(table(complete(of_groups(results, args.groups))))
        return 0
    jobs: list[Job] = [
        (sampler, mode, problem.name, seed)
        for sampler in args.samplers
        for mode in args.modes
        for problem in PROBLEMS
        if problem.group in args.groups
        for seed in range(args.seeds)
    ]
    pythons = {s: interpreter(s) if s in PACKAGES else None for s in args.samplers}
    with ProcessPoolExecutor(args.jobs) as pool, args.keep.open("a") as file:
        left = [job for job in jobs if job not in results]
        for future in as_completed([pool.submit(play, job, pythons[job[0]]) for job in left]):
            job, incumbents, milliseconds = future.result()
            results[job] = (incumbents, milliseconds)
            file.write(json.dumps([*job, incumbents, milliseconds]) + "\n")
            file.flush()
    print(table({job: results[job] for job in jobs}))
    return 0


def remembered(path: Path, forget: list[str]) -> dict[Job, tuple[list[float], float]]:
    """The results that are kept, less those to be measured again."""
    path.touch()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [line for line in lines if line[0] not in forget]
    if len(kept) < len(lines):
        path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    return {(line[0], line[1], line[2], line[3]): (line[4], line[5]) for line in kept}


if __name__ == "__main__":
    sys.exit(main())
