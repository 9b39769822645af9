"""What of a sweep's status is written at once, and what may wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sweepjob.api.phases import SweepPhase, TrialPhase
from sweepjob.api.status import Condition, SweepStatus, dump_status, is_urgent, patch_changes

RUNNING = SweepStatus(
    generation=1,
    phase=SweepPhase.RUNNING,
    conditions=(Condition("Complete", False, "Running", "2 of 9 trials have ended"),),
    total=9,
    created=4,
    running=2,
    ended={TrialPhase.SUCCEEDED: 2},
)


def dumped(**changes: Any) -> dict[str, Any]:
    before = dump_status(RUNNING, {}, 0.0)
    return dump_status(replace(RUNNING, **changes), before, 10.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"ended": {TrialPhase.SUCCEEDED: 3}},
        {"running": 1},
        {"gpu_used": 7.0},
        {"conditions": (Condition("Complete", False, "Running", "3 of 9 trials have ended"),)},
    ],
)
def test_counts_and_messages_are_not_urgent(changes: dict[str, Any]) -> None:
    before, after = dumped(), dumped(**changes)
    assert patch_changes(after, before)
    assert not is_urgent(after, before)


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": SweepPhase.COMPLETE},
        {"generation": 2},
        {"conditions": (Condition("Complete", True, "Running", "2 of 9 trials have ended"),)},
        {"conditions": (Condition("Complete", False, "Stopped", "2 of 9 trials have ended"),)},
        {"conditions": ()},
        {"completed": 10.0},
    ],
)
def test_phases_and_conditions_are_urgent(changes: dict[str, Any]) -> None:
    assert is_urgent(dumped(**changes), dumped())


def test_the_first_status_is_urgent() -> None:
    assert is_urgent(dumped(), {})


def test_equal_statuses_have_no_changes() -> None:
    assert not patch_changes(dumped(), dumped())
    assert not is_urgent(dumped(), dumped())
