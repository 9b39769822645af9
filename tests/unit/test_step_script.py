"""The example for plain kubectl, with a stub of kubectl that cannot wait; the end-to-end tests run the real one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

STEP = Path(__file__).parents[2] / "examples" / "pipelines" / "step.sh"
STUB = """#!/bin/sh
case "$*" in
  create*) echo sweepjob.sweepjob.dev/s ;;
  wait*) echo 'sweepjobs is forbidden: cannot watch' >&2; exit 1 ;;
  *phase*) printf %s "$PHASE" ;;
  *parameters*) printf %s '{"lr": 0.1}' ;;
  *message*) echo 'too many trials failed' ;;
esac
"""


def step(folder: Path, phase: str, timeout: str = "0") -> subprocess.CompletedProcess[str]:
    kubectl = folder / "kubectl"
    kubectl.write_text(STUB)
    kubectl.chmod(0o755)
    found = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", STEP, "sweep.yaml", folder / "out"],
        env={**found, "PHASE": phase, "TIMEOUT": timeout},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_sweep_ends_where_kubectl_cannot_wait(tmp_path: Path) -> None:
    done = step(tmp_path, "Complete")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "best.json").read_text() == '{"lr": 0.1}'


@pytest.mark.parametrize("phase", ["Failed", "Invalid"])
def test_a_sweep_without_a_result_ends_where_kubectl_cannot_wait(
    tmp_path: Path, phase: str
) -> None:
    done = step(tmp_path, phase)
    assert (done.returncode, done.stderr) == (1, "too many trials failed\n")
    assert not (tmp_path / "out" / "best.json").exists()


def test_the_end_of_the_time_says_why_kubectl_did_not_wait(tmp_path: Path) -> None:
    done = step(tmp_path, "Running")
    assert done.returncode == 1
    assert "its phase is Running" in done.stderr
    assert "sweepjobs is forbidden: cannot watch" in done.stderr


@pytest.mark.parametrize("timeout", ["2h", "-1", "1.5", "08", "a[$(touch x)]"])
def test_a_timeout_that_is_no_number_of_seconds(tmp_path: Path, timeout: str) -> None:
    done = step(tmp_path, "Complete", timeout)
    assert done.returncode == 2
    assert done.stderr.startswith(f"TIMEOUT is '{timeout}', but must be a whole number of seconds")
    assert not (tmp_path / "out").exists()
