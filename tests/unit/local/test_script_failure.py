"""Tests what is said of scripts that fail on this machine."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from .runs import ONE, Local, script_of, sweep


def said_of(local: Local, body: dict[str, Any]) -> str:
    """Return the message of the first trial of a failed sweep."""
    local.run(body, code=1)
    assert [done["status"]["phase"] for done in local.objects("sweepjobs")] == ["Failed"]
    trial, *_ = local.objects()
    return str(trial["status"]["message"])


def test_a_script_that_fails_says_why(local: Local) -> None:
    body = sweep(trial={"command": [sys.executable, "-c", "import sys; sys.exit('no data here')"]})
    said = local.run(body, code=1)
    assert "NoTrialSucceeded" in said
    [first, *_] = local.objects()
    assert "exit code 1: no data here" in first["status"]["message"]


def test_a_missing_program_fails_the_trial(local: Local) -> None:
    local.run(sweep(trial={"command": ["no-such-program"]}), code=1)
    assert "no-such-program" in local.objects()[0]["status"]["message"]


@pytest.mark.parametrize("source", ["mlflow", "pushgateway", "file", "tensorboard", "logs"])
def test_a_missing_program_fails_at_once_with_every_source(local: Local, source: str) -> None:
    started = time.monotonic()
    said = said_of(local, sweep(source, trial={"command": ["no-such-program"]}, limits=ONE))
    assert "exit code 127: 'no-such-program' was not found in PATH" in said
    assert time.monotonic() - started < 50


def test_the_last_lines_of_a_script_that_fails_are_quoted(local: Local) -> None:
    code = (
        "import sys\n"
        "print('\\x1b[32mepoch 1\\x1b[0m\\n' * 200, flush=True)\n"
        "print('50%\\r100%', flush=True)\n"
        "def train(): raise KeyError('no column \\x07label')\n"
        "train()\n"
    )
    said = said_of(local, sweep("logs", trial=script_of(code), limits=ONE))
    assert "epoch 1\nepoch 1\n\n100%\nTraceback (most recent call last):" in said
    assert said.endswith("KeyError: 'no column \\x07label'")
    assert "\x1b" not in said
    assert len(said.encode()) < 2200
