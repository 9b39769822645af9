"""How good samplers are with several objectives and with constraints.

python -m tests.bench.search.objectives --help

The same problems and seeds for all. Results are recorded beside this file, so that a run that was
interrupted goes on. After a change to a sampler its own have to be measured again: --forget bayesian.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from ..piped import PACKAGES, interpreter
from .play import OURS, Job, play
from .problems import PROBLEMS
from .tables import table

RECORDED = Path(__file__).parent / "recorded.jsonl"
PEERS = [peer for peer in PACKAGES if peer in ("optuna-tpe", "optuna-nsgaii", "optuna-gp")]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.objectives")
    known, problems = [*OURS, *PEERS], [problem.name for problem in PROBLEMS]
    parser.add_argument("--samplers", nargs="+", default=["random", "bayesian"], choices=known)
    parser.add_argument("--problems", nargs="+", default=problems, choices=problems)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1], help="asked for at once")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=1e9, help="start nothing after so long")
    parser.add_argument("--keep", type=Path, default=RECORDED)
    parser.add_argument("--forget", nargs="*", default=[], choices=known, help="measure again")
    parser.add_argument("--show", action="store_true", help="print what is recorded, run nothing")
    args = parser.parse_args()
    results = remembered(args.keep, args.forget)
    if not args.show:
        jobs = [
            Job(sampler, size, problem, seed)
            for seed in range(args.seeds)
            for sampler in dict.fromkeys(["random", *args.samplers])
            for size in args.sizes
            for problem in args.problems
        ]
        run([job for job in jobs if job not in results], results, args)
    print(table(results))
    return 0


def run(jobs: list[Job], results: dict[Job, list[float]], args: argparse.Namespace) -> None:
    """Run what has no result, and record it."""
    pythons = {s: interpreter(s) if s in PACKAGES else None for s in args.samplers}
    until = time.monotonic() + args.seconds
    with ProcessPoolExecutor(args.jobs) as pool, args.keep.open("a") as file:
        futures = [pool.submit(play, job, pythons[job.sampler]) for job in jobs]
        for future in as_completed(futures):
            if future.cancelled():
                continue
            job, gaps = future.result()
            results[job] = gaps
            file.write(json.dumps([*job, gaps]) + "\n")
            file.flush()
            if time.monotonic() > until:
                for left in futures:
                    left.cancel()


def remembered(path: Path, forget: list[str]) -> dict[Job, list[float]]:
    """The results that are kept, less those to be measured again."""
    path.touch()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [line for line in lines if line[0] not in forget]
    if len(kept) < len(lines):
        path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    return {Job(*line[:4]): line[4] for line in kept}


if __name__ == "__main__":
    sys.exit(main())
