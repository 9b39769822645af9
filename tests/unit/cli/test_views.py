"""Tests views, tables and explanations of stored objects. tests/e2e runs the commands on a cluster."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.cli import cost
from sweepjob.cli.explain import best_within, explain_trial
from sweepjob.cli.explain_sweep import explain_sweep
from sweepjob.cli.trials import trial_row
from sweepjob.objective import Goal
from sweepjob.read_model.sweep_view import SweepView
from sweepjob.read_model.trial_view import TrialView, best_so_far, sort_by_score, trial_views
from sweepjob.render import output_formats, trial_rows
from sweepjob.render.formatting import format_duration, format_gpu_time, pluralize
from sweepjob.render.screen import sweep_screen
from sweepjob.render.sparkline import progress_bar, sparkline
from sweepjob.timestamps import format_time

from .bodies import NOW, STOP, TRIALS, sweep_body, trial_body

SWEEP = SweepView.of(
    sweep_body(
        trials={"total": 8, "running": 1, "succeeded": 1, "earlyStopped": 1, "failed": 1},
        best={"trial": "sweep-2", "value": "0.9", "parameters": {"lr": "0.01"}},
        gpuSeconds={"used": 7200, "saved": 900},
        conditions=[
            {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "fine"},
            {"type": "Degraded", "status": "True", "reason": "Slow", "message": "look at it"},
        ],
    )
)


def test_the_screen_of_a_sweep() -> None:
    text = "\n".join(sweep_screen(SWEEP, TRIALS, NOW))
    assert "sweep   Running   1m40s   maximize score" in text
    assert "3 of 8 trials, 1 running; 1 succeeded, 1 stopped early, 1 failed" in text
    assert "! Slow: look at it" in text
    assert "2.00 GPU-h used, 900 GPU-s saved" in text
    assert "best: sweep-2   score 0.9\n  lr=0.01" in text
    running = text.split("TRIAL")[1].splitlines()
    assert len(running) == 2
    assert running[1].split()[:6] == ["sweep-2", "Running", "1m30s", "2", "0.8", "0.9"]


def test_the_screen_shows_some_of_many_running_trials() -> None:
    trials = trial_views(
        [trial_body(n, [0.1], TrialPhase.RUNNING) for n in range(30)], Goal.MAXIMIZE
    )
    assert sweep_screen(SWEEP, trials, NOW, rows=20)[-1] == "... and 10 more"


def test_a_refused_sweep_shows_the_reason() -> None:
    condition = {"type": "Accepted", "status": "False", "reason": "InvalidSpec", "message": "no"}
    sweep = SweepView.of(sweep_body(phase="Invalid", conditions=[condition]))
    assert "! InvalidSpec: no" in sweep_screen(sweep, [], NOW)


def test_the_order_of_trials() -> None:
    assert [t.index for t in TRIALS] == [0, 1, 2, 3]
    assert [t.index for t in sort_by_score(TRIALS)] == [2, 0, 1, 3]


@pytest.mark.parametrize(
    ("goal", "reached"), [("maximize", [0.7, 0.7, 0.9]), ("minimize", [0.1] * 3)]
)
def test_the_best_so_far(goal: str, reached: list[float]) -> None:
    one = Goal(goal)
    bodies = [
        trial_body(2, [0.9, 0.8], TrialPhase.RUNNING, goal=one),
        trial_body(0, [0.1, 0.7], goal=one),
        trial_body(1, [0.2], TrialPhase.EARLY_STOPPED, goal=one),
    ]
    assert best_so_far(trial_views(bodies, one), one) == reached


def test_why_a_trial_was_stopped() -> None:
    text = "\n".join(explain_trial(SWEEP, TRIALS[1], TRIALS, NOW))
    assert "sweep-1   EarlyStopped   41s" in text
    assert "lr = 0.1" in text
    assert STOP.message in text
    assert "value 0.2, threshold 0.5, 2 other trials compared at interval 2" in text
    others = text.split("BEST WITHIN 2")[1].split()
    assert others == ["sweep-2", "Running", "0.9", "sweep-0", "Succeeded", "0.6"]


def test_why_a_trial_failed() -> None:
    text = "\n".join(explain_trial(SWEEP, TRIALS[3], TRIALS, NOW))
    assert "it reported nothing" in text
    assert "TrainerFailed: exit code 3" in text


def test_earlier_attempts_are_explained() -> None:
    execution = {"attempt": 1, "pod": "p", "node": "n", "reason": "Evicted", "message": "disk"}
    body = trial_body(0, [0.1], attempt=2, executions=[{**execution, "endTime": format_time(NOW)}])
    text = "\n".join(explain_trial(SWEEP, TrialView.of(body, Goal.MAXIMIZE), TRIALS, NOW))
    assert "attempt 2" in text
    assert "Evicted: disk" in text


@pytest.mark.parametrize(
    ("phase", "attempt", "job", "shown"),
    [
        (TrialPhase.PAUSED, 2, "", 1),
        (TrialPhase.PAUSED, 4, "", 3),
        (TrialPhase.EARLY_STOPPED, 2, "", 1),
        (TrialPhase.CANCELED, 3, "", 2),
        (TrialPhase.CANCELED, 1, "", 1),
        (TrialPhase.EARLY_STOPPED, 2, "sweep-0-r2", 2),
        (TrialPhase.SUCCEEDED, 2, "sweep-0-r2", 2),
        (TrialPhase.PENDING, 2, "", 2),
    ],
)
def test_an_attempt_that_never_started_is_not_shown(
    phase: TrialPhase, attempt: int, job: str, shown: int
) -> None:
    body = trial_body(0, [0.1], phase, attempt=attempt, **({"job": job} if job else {}))
    trial = TrialView.of(body, Goal.MAXIMIZE)
    assert trial_row(trial, NOW)["attempt"] == shown
    title = explain_trial(SWEEP, trial, TRIALS, NOW)[0]
    assert title.partition("attempt ")[2] == (str(shown) if shown > 1 else "")


def test_the_best_within_an_interval_of_a_long_curve() -> None:
    trial = TrialView.of(trial_body(0, [n / 10_000 for n in range(3000)]), Goal.MAXIMIZE)
    assert best_within(trial, 500, Goal.MAXIMIZE) == 0.0499
    assert best_within(trial, 2000, Goal.MAXIMIZE) == 0.1999
    assert best_within(trial, 2001, Goal.MAXIMIZE) is None  # not kept
    assert best_within(trial, 3001, Goal.MAXIMIZE) is None  # never made


def test_rows_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    found = [trial_row(trial, NOW) for trial in TRIALS]
    output_formats.print_rows(
        found, "table", "sweeptrial", ("name", "best", "gpuSeconds", "parameters")
    )
    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "BEST", "GPU-SECONDS", "lr"]
    assert first.split() == ["sweep-0", "0.7", "1800", "1"]
    output_formats.print_rows(found, "name", "sweeptrial")
    assert capsys.readouterr().out.splitlines()[0] == "sweeptrial/sweep-0"
    output_formats.print_rows(found, "json", "sweeptrial")
    assert json.loads(capsys.readouterr().out)[3]["best"] is None
    output_formats.print_rows(found, "csv", "sweeptrial")
    read = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (read[1]["reason"], read[1]["lr"], read[3]["best"]) == ("Bandit", "0.1", "")


def test_json_has_no_nan() -> None:
    assert trial_rows.json_value({"a": [math.nan, 1.0], "b": math.inf}) == {
        "a": [None, 1.0],
        "b": None,
    }


def test_cost_by_phase_adds_up() -> None:
    *phases, total = cost.cost_by_phase(TRIALS, 2.5)
    assert [row["phase"] for row in phases] == ["Running", "Succeeded", "EarlyStopped", "Failed"]
    assert (total["trials"], total["gpuHoursUsed"], total["cost"]) == (4, 2.0, 5.0)
    assert sum(row["costSaved"] for row in phases) == total["costSaved"]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([1.0], "+"),
        ([0.0, 1.0], "_@"),
        ([0.0, math.nan, 1.0], "_ @"),
        ([math.nan], ""),
        ([-1e308, 1e308], "_@"),
        ([float(n) for n in range(16)], "_.-=+*#@"),
    ],
)
def test_sparklines(values: list[float], line: str) -> None:
    assert sparkline(values, 8, plain=True) == line


def test_amounts() -> None:
    assert [format_duration(s) for s in (None, 5.9, 192, 18_420, 273_600)] == [
        *("", "5s", "3m12s", "5h07m", "3d4h"),
    ]
    assert (format_gpu_time(59.6), format_gpu_time(5400)) == ("60 GPU-s", "1.50 GPU-h")
    assert (pluralize(1, "trial"), pluralize(0, "trial")) == ("1 trial", "0 trials")
    assert (progress_bar(0.5, 4, plain=True), progress_bar(2.0, 4, plain=True)) == ("##..", "####")


def test_a_parameter_with_the_name_of_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    output_formats.print_rows(
        [{"name": "a", "reports": 3, "parameters": {"reports": "9", "lr": "1"}}], "csv", "x"
    )
    assert capsys.readouterr().out.splitlines() == ["name,reports,parameters.reports,lr", "a,3,9,1"]


def test_a_sweep_without_an_operator_has_a_warning() -> None:
    body = sweep_body()
    body["status"] = {}
    view = SweepView.of(body)
    assert view.warnings(view.created + 5) == ()
    (warning,) = view.warnings(view.created + 60)
    assert warning.startswith("OperatorMissing: no operator has accepted this sweep in 60 s")
    assert view.reason(view.created + 60) == "OperatorMissing"
    assert "! OperatorMissing" in "\n".join(sweep_screen(view, [], view.created + 60))


def test_progress_when_the_limit_is_below_the_ended_trials() -> None:
    view = SweepView.of(sweep_body(trials={"total": 5, "succeeded": 10}))
    assert view.total == 10
    assert "10 of 10 trials" in "\n".join(sweep_screen(view, [], NOW))


def test_the_explanation_of_a_sweep() -> None:
    condition = {"type": "Degraded", "status": "True", "reason": "Slow", "message": "look\n at it"}
    body = sweep_body(conditions=[condition], seed=7)
    text = "\n".join(explain_sweep(body, TRIALS, NOW))
    assert "! Slow: look\\n at it" in text
    assert "seed 7" in text
    assert re.search(r"EarlyStopped +Bandit +1 +sweep-1: bandit stopped it", text)
    assert re.search(r"Failed +TrainerFailed +1 +sweep-3: exit code 3", text)
