"""What each ingredient of the bayesian sampler is worth: python -m tests.bench.search.ablation

One ingredient off at a time, on the problems that are not held out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor

from .changes import CHANGES
from .ingredients import INGREDIENTS, take_away
from .ours import Ours
from .problems import PROBLEMS
from .runs import MODES, run
from .score import Runs, at_checkpoints, interval, paired, score
from .tables import GROUPS


def play(variant: str, name: str, seed: int, mode: str, changes: list[str]) -> list[float]:
    """The incumbents of one run, in a process of its variant."""
    problem = next(p for p in PROBLEMS if p.name == name)
    for change in changes:
        problem = CHANGES[change](problem, seed)
    algorithm = "random" if variant == "random" else "bayesian"
    return at_checkpoints(run(Ours(problem.space, seed, algorithm), problem, seed, mode))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search.ablation")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--mode", choices=MODES, default="seq")
    parser.add_argument("--change", nargs="+", choices=CHANGES, default=[], help="of the problems")
    parser.add_argument("--only", nargs="+", default=[*INGREDIENTS], choices=INGREDIENTS)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS, help="of problems")
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
    names = [p.name for p in PROBLEMS if not p.held and p.group in args.groups]
    with ProcessPoolExecutor(args.jobs, initializer=take_away, initargs=(variant,)) as pool:
        runs = {
            name: [
                pool.submit(play, variant, name, n, args.mode, args.change)
                for n in range(args.seeds)
            ]
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
