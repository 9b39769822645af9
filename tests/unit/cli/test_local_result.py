"""The end of ``sweepjob run --local``: exact parameters of the best trial, and why trials failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.cli.local_result import print_result

from .bodies import sweep_body, trial_body

BEST = {"trial": "sweep-1", "value": "0.9", "parameters": {"lr": "0.1"}}
TRACEBACK = "the trainer ended with exit code 1: epoch 1\nTraceback:\nValueError: no column"


def failed(index: int, message: str) -> dict[str, Any]:
    return trial_body(index, [], TrialPhase.FAILED, reason="TrainerFailed", message=message)


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(sweep: dict[str, Any], *records: dict[str, Any]) -> str:
        print_result(sweep, records, tmp_path)
        return capsys.readouterr().out

    return run


def test_causes_of_failures_are_told_apart_and_counted(said: Any, tmp_path: Path) -> None:
    for name in ("sweep-0-aa", "sweep-1-bb", "sweep-10-cc"):
        (tmp_path / f"{name}.log").touch()
    records = [failed(index, TRACEBACK) for index in (10, 0)]
    text = said(sweep_body(), *records, failed(1, "the trainer ended with exit code 139 (SIGSEGV)"))
    assert (
        "sweep-0 and 1 more failed: the trainer ended with exit code 1: ValueError: no column\n"
        in text
    )
    assert f"  log: {tmp_path / 'sweep-0-aa.log'}\n" in text
    assert "sweep-1 failed: the trainer ended with exit code 139 (SIGSEGV)\n" in text
    assert f"  log: {tmp_path / 'sweep-1-bb.log'}\n" in text
    assert "sweep-10 failed" not in text


def test_many_causes_are_cut_short(said: Any) -> None:
    text = said(sweep_body(), *(failed(index, f"exit code {index}") for index in range(5)))
    assert text.count("failed: exit code") == 3
    assert "Trials failed for 2 more reasons." in text


def test_succeeded_and_stopped_trials_are_no_failures(said: Any) -> None:
    stopped = trial_body(1, [0.1], TrialPhase.EARLY_STOPPED, message="bandit stopped it")
    assert "failed" not in said(sweep_body(best=BEST), trial_body(0, [0.5]), stopped)
