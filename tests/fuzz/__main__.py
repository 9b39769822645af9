"""Fuzz parsers of what strangers write, guided by coverage (atheris).

    make fuzz                                  # each for a minute
    make fuzz ARGS="--seconds 600 spec pod"

An input that raises, or takes half a second, is written to build/fuzz/TARGET and ends the run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .targets import Target

_LONGEST = 4096  # bytes of an input
_SLOW = 0.5  # seconds of the processor for one input; instrumented code is a few times slower
_START = 120.0  # seconds for instrumenting all modules on a busy machine
_ALL = "all"
_FOUND = Path("build/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument(
        "targets", nargs="*", help="each in turn by default; 'all' for all of them in one run"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        _run(options.targets[0], options.seconds)
    from .targets import TARGETS

    failed = []
    for name in options.targets or TARGETS:
        if name not in (*TARGETS, _ALL):
            parser.error(f"there is no target {name}; there are {', '.join(TARGETS)} and {_ALL}")
        if not _succeeds(name, options.seconds):
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}; the inputs are in {_FOUND}")
    return bool(failed)


def _succeeds(name: str, seconds: int) -> bool:
    """Whether a run in a process of its own found nothing; prints what it did."""
    command = [sys.executable, "-m", "tests.fuzz", "--run", "--seconds", str(seconds), name]
    with tempfile.TemporaryFile("w+") as log:
        try:
            code = subprocess.run(
                command, stdout=log, stderr=log, check=False, timeout=seconds + _START
            ).returncode
        except subprocess.TimeoutExpired:
            code = 1
        log.seek(0)
        lines = log.read().splitlines()
    executed = next((line for line in reversed(lines) if line.startswith("Done ")), "")
    print(f"{name}: {executed or 'failed'}", flush=True)
    if code:
        print(*lines[-60:], sep="\n")
    return not code


def _run(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["sweepjob"], enable_loader_override=False):
        from .targets import TARGETS
    target = _all_of(TARGETS) if name == _ALL else TARGETS[name]

    def test_one_input(data: bytes) -> None:
        began = time.thread_time()
        target.read(data)
        spent = time.thread_time() - began
        assert spent < _SLOW, f"{spent:.2f} s"

    (_FOUND / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds):
            (Path(folder) / f"seed{number}").write_bytes(seed)
        settings = {"max_total_time": seconds, "max_len": _LONGEST, "timeout": 20}
        settings["artifact_prefix"] = f"{_FOUND / name}/"
        arguments = [f"-{key}={value}" for key, value in settings.items()]
        atheris.Setup([sys.argv[0], *arguments, folder], test_one_input)
        atheris.Fuzz()


def _all_of(targets: Mapping[str, Target]) -> Target:
    """All targets in one: the first byte of an input chooses which reads the rest."""
    from .targets import Target

    listed = list(targets.values())

    def read(data: bytes) -> None:
        if data:
            listed[data[0] % len(listed)].read(data[1:])

    seeds = (bytes([n]) + seed for n, target in enumerate(listed) for seed in target.seeds)
    return Target(read, tuple(seeds))


if __name__ == "__main__":
    sys.exit(main())
