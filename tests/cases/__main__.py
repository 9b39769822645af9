"""Runs cases and prints a line for each: ``python -m tests.cases [NAME ...]``.

NAME is of a folder, or the beginning of what a line begins with (``odd-values/``). The exit code is 1
when anything is not as it must be. ``CASES=DIR`` runs the folders of DIR instead (``sweep.yaml`` and
scripts, no expectation) and prints what came out.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from .case import Case, all_cases
from .environments import NAMES
from .expectation import Result, differences
from .foreign import foreign_cases, outcome
from .runner import interrupt, run
from .servers import mlflow_server


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cases", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names only")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 2, metavar="N")
    parser.add_argument(
        "--time-factor",
        type=float,
        default=1.0,
        metavar="F",
        help="times the seconds that cases may take",
    )
    parser.add_argument(
        "--environment", choices=NAMES, default="mlflow3", help="of the cases in CASES"
    )
    args = parser.parse_args(arguments)
    foreign = os.environ.get("CASES")
    every = foreign_cases(Path(foreign), args.environment) if foreign else all_cases()
    chosen = [case for case in every if _is_chosen(case, args.names)]
    cases = sorted(chosen, key=lambda case: case.server is not None)  # it takes a while to start
    if args.list:
        print("\n".join(case.name for case in cases))
        return 0
    if not cases:
        print(f"no case of {len(every)} is called {' or '.join(args.names)}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        upstream = None
        if any(case.server is not None for case in cases):
            upstream = stack.enter_context(mlflow_server())
        return _run_all(cases, upstream, args.at_once, args.time_factor)


def _is_chosen(case: Case, names: Sequence[str]) -> bool:
    """Whether a case is named; a variant's name may be written with a hyphen, too."""
    parts = [case.folder.name, case.name, case.name.partition(" (")[0]]
    known = {part.replace("/", "-") for part in parts}
    return not names or any(name.rstrip("/").replace("/", "-") in known for name in names)


def _run_all(
    cases: Sequence[Case], upstream: Callable[[], str] | None, at_once: int, time_factor: float
) -> int:
    started, failed = time.monotonic(), 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(run, case, upstream, time_factor): case for case in cases}
        try:
            for done in as_completed(running):
                failed += _report(running[done], done.result(), time_factor)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            interrupt()
            return 130
    known = sum(case.expect is not None for case in cases)
    seconds = time.monotonic() - started
    if known:
        print(f"{known - failed} passed, {failed} failed in {seconds:.0f} s")
    return 1 if failed else 0


def _report(case: Case, result: Result, time_factor: float) -> bool:
    """Print a case's line; whether it has failed."""
    if case.expect is None:
        print(f"{case.name:<40} {outcome(result)}", flush=True)
        return False
    wrong = differences(case.expect, result, time_factor)
    print(f"{'WRONG' if wrong else 'ok':<6}{case.name:<46}{result.seconds:5.1f} s", flush=True)
    for text in wrong:
        print(f"      {text}", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
