"""Runs one case as a user would, and reads what came out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import layout

from .case import Case, merge
from .environments import programs
from .expectation import SECONDS, Result
from .servers import Gate, gate

_TIME_FACTOR = 2  # times the seconds that a case may take, after which it is ended
_LONGEST = 90  # seconds for one whose limit is not known
_running: set[subprocess.Popen[str]] = set()


def interrupt() -> None:
    """End everything that runs, as a user would."""
    for process in list(_running):
        process.send_signal(signal.SIGINT)


def run(case: Case, upstream: Callable[[], str] | None = None, time_factor: float = 1.0) -> Result:
    """What comes out of a case, in a copy of its folder.

    Args:
        upstream: gives the address of a real tracking server, for a case that needs one.
        time_factor: times the seconds that the case may take, on a busy machine.
    """
    with tempfile.TemporaryDirectory(prefix="sweepjob-case-") as temporary, ExitStack() as stack:
        folder = Path(temporary) / case.folder.name
        shutil.copytree(case.folder, folder, ignore=shutil.ignore_patterns(".sweepjob"))
        for other in case.beside:
            (folder.parent / other.name).symlink_to(other.absolute())
        for name, text in case.files.items():
            (folder / name).write_text(text)
        if case.spec:
            _change(folder / "sweep.yaml", case.spec)
        server = None
        if case.server is not None and upstream is not None:
            authorization = str(case.server.get("authorization", ""))
            server, address = stack.enter_context(gate(upstream(), authorization))
            named = str(case.server.get("address", "SERVER"))
            sweep = folder / "sweep.yaml"
            sweep.write_text(sweep.read_text().replace(named, address))
        limit = _LONGEST if case.expect is None else case.expect.get("seconds", SECONDS)
        return _run(case, folder, server, _TIME_FACTOR * time_factor * limit)


def _change(sweep: Path, spec: Mapping[str, Any]) -> None:
    body = yaml.safe_load(sweep.read_text())
    sweep.write_text(yaml.safe_dump(merge(body, {"spec": spec}), sort_keys=False))


def _run(case: Case, folder: Path, server: Gate | None, limit: float) -> Result:
    command = [sys.executable, case.script]
    if not case.script:
        command = [sys.executable, "-m", "sweepjob.cli", "run", "--local", "-f", "sweep.yaml"]
    environment = _environment(case, folder)
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    _running.add(process)
    try:
        printed, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        printed = _end(process) + f"\nended after {limit:.0f} s"
    finally:
        _running.discard(process)
    seconds = time.monotonic() - started
    received = server.received if server is not None else []
    return Result(
        process.returncode, seconds, printed, *_records(folder), _logs(folder), received=received
    )


def _environment(case: Case, folder: Path) -> dict[str, str]:
    path = f"{programs(case.environment)}:{os.environ['PATH']}"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "SWEEPJOB_"))}
    return {
        **kept,
        "PATH": path,
        "HOME": str(folder),
        "PYTHONPATH": str(layout.PROJECT / "operator"),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _end(process: subprocess.Popen[str]) -> str:
    """Interrupt it as a user would, so that it ends its trials; returns what it has printed."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        return process.communicate(timeout=20)[0]
    process.kill()
    return process.communicate()[0]


def _records(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The SweepJob and its trials."""
    sweeps = [json.loads(f.read_text()) for f in folder.glob(".sweepjob/*/sweepjobs/*.json")]
    trials = [json.loads(f.read_text()) for f in folder.glob(".sweepjob/*/sweeptrials/*.json")]
    return (sweeps[0] if sweeps else {}), sorted(trials, key=lambda t: t["spec"]["index"])


def _logs(folder: Path) -> dict[str, str]:
    """The logs of trials, by their names; a file's name is the Job's and a random end."""
    logs: dict[str, str] = {}
    for file in sorted(folder.glob(".sweepjob/*/logs/*.log")):
        job = file.stem.rpartition("-")[0]
        logs[job] = logs.get(job, "") + file.read_text(errors="replace")
    return logs
