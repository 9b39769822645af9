"""What is said of a sweep without a result: the first failure, or the values that were not finite."""

from __future__ import annotations

import math

import pytest
from sweepjob.api.messages.no_result import summary_of
from sweepjob.api.phases import TrialPhase
from sweepjob.api.status import SweepStatus
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.settings import OperatorSettings

from .stored_sweeps import push, record, state

SETTINGS = OperatorSettings.of({"SWEEPJOB_SIDECAR_IMAGE": "x", "SWEEPJOB_INTAKE_URL": "http://x"})
TRACEBACK = (
    "the trainer ended with exit code 1: epoch 1\nTraceback (most recent call last):\n"
    '  File "train.py", line 2\nValueError: no column: x'
)


def ends(**phases_and_messages: tuple[TrialPhase, str]) -> SweepStore:
    """A sweep of which all trials have ended so, in the reverse order of their indices."""
    sweep = state(limits={"maxTotalTrials": len(phases_and_messages)})
    trials = [sweep.add_trial(record(index)) for index in range(len(phases_and_messages))]
    for trial, (phase, message) in reversed(
        list(zip(trials, phases_and_messages.values(), strict=True))
    ):
        sweep.record_end(trial, phase, 0.0, message)
    return sweep


def status(sweep: SweepStore) -> SweepStatus:
    return build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 10.0)


def failed(sweep: SweepStore) -> str:
    [condition] = [c for c in status(sweep).conditions if c.kind == "Failed" and c.holds]
    return f"{condition.reason}: {condition.message}"


def test_a_sweep_without_a_success_says_why_its_first_trial_failed() -> None:
    sweep = ends(a=(TrialPhase.FAILED, TRACEBACK), b=(TrialPhase.FAILED, "other"))
    assert failed(sweep) == (
        "NoTrialSucceeded: none of 2 trials succeeded (2 Failed). The first one is sweep-0: the trainer "
        "ended with exit code 1: ValueError: no column: x"
    )


def test_a_canceled_trial_is_an_example_too() -> None:
    sweep = ends(
        a=(TrialPhase.CANCELED, "it ran longer than trialTimeout, 3 s"), b=(TrialPhase.FAILED, "x")
    )
    said = failed(sweep)
    assert "1 Canceled, 1 Failed" in said or "1 Failed, 1 Canceled" in said
    assert said.endswith("The first one is sweep-0: it ran longer than trialTimeout, 3 s")


def test_too_many_failures_say_so_too() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "maxFailedTrials": 0})
    sweep.record_end(sweep.add_trial(record(0)), TrialPhase.FAILED, 0.0, "it has no image")
    assert failed(sweep).endswith("maxFailedTrials is 0. The first one is sweep-0: it has no image")


def test_the_same_is_said_after_a_restart() -> None:
    loaded = state(limits={"maxTotalTrials": 1})
    loaded.load([record(0, phase="Failed", message=TRACEBACK)])
    assert failed(loaded).endswith("ValueError: no column: x")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([math.nan], "its only value is nan"),
        ([-math.inf], "its only value is -inf"),
        ([math.inf, math.nan, -math.inf], "none of its 3 values is finite, the last one is -inf"),
    ],
)
@pytest.mark.parametrize("phase", [TrialPhase.SUCCEEDED, TrialPhase.EARLY_STOPPED])
def test_values_that_are_not_finite_were_reported(
    values: list[float], said: str, phase: TrialPhase
) -> None:
    sweep = state(limits={"maxTotalTrials": 1})
    trial = sweep.add_trial(record(0))
    sweep.ingest_push(trial, push(trial, 1, *values), 1.0)
    sweep.record_end(trial, phase, 0.0)
    message = failed(sweep)
    assert message.startswith("MetricNotReported: no trial reported a finite value of 'score'")
    assert f"Trial sweep-0: {said}." in message


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("", "its record has no message"),
        ("evicted", "evicted"),
        ("exit code 3: boom", "exit code 3: boom"),
        (TRACEBACK, "the trainer ended with exit code 1: ValueError: no column: x"),
        ("exit code 1: a\n\n  b  \n \n", "exit code 1: b"),
        (
            f"rank 3: {TRACEBACK}",
            "rank 3: the trainer ended with exit code 1: ValueError: no column: x",
        ),
        (
            "rank 3: exit code 1; in the same second or later also rank 0: exit code 2\n"
            "last lines of rank 3: a\nValueError: x\nlast lines of rank 0: reset: by peer",
            "rank 3: exit code 1; in the same second or later also rank 0: exit code 2: ValueError: x",
        ),
        (
            "rank 3: exit code 1; in the same second or later also rank 0: exit code 2\n"
            "last lines of rank 0: reset",
            "rank 3: exit code 1; in the same second or later also rank 0: exit code 2",
        ),
    ],
)
def test_a_message_in_one_line(message: str, line: str) -> None:
    assert summary_of(message) == line


def test_it_is_short() -> None:
    assert len(summary_of("exit code 1: " + "x" * 5000)) == 300
