"""Tests what ``get --watch`` prints to a pipe: each change on a line."""

from __future__ import annotations

import pytest
from sweepjob.render.terminal import live_display

WAITS = "! Unschedulable: trial shown-1 waits for a GPU"


def screen(ended: int, *more: str, seconds: int = 1) -> list[str]:
    return [f"shown   Running   {seconds} s   maximize score", f"####  {ended} of 6 trials", *more]


def test_every_line_reports_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    with live_display() as show:
        show(screen(0))
        show(screen(0, seconds=2))
        show(screen(0, WAITS))
        show(screen(1, WAITS, "", "best: shown-0   score 0.9"))
        show(screen(2, "", "best: shown-0   score 0.9"))
        show(screen(2, WAITS, "", "best: shown-0   score 0.9"))
    assert capsys.readouterr().out.splitlines() == [
        "Running: 0 of 6 trials",
        WAITS,
        "Running: 1 of 6 trials; best: shown-0   score 0.9",
        "Running: 2 of 6 trials; best: shown-0   score 0.9",
        WAITS,
    ]
