"""Phases of sweeps and of trials, as `status.phase` has them."""

from __future__ import annotations

from enum import StrEnum


class TrialPhase(StrEnum):
    """Where a trial is. The last four are ends and never change again."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    STOPPING = "Stopping"
    SUCCEEDED = "Succeeded"
    EARLY_STOPPED = "EarlyStopped"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def is_end(self) -> bool:
        """Whether a trial in this phase has ended for good."""
        return self in _ENDS


_ENDS = {TrialPhase.SUCCEEDED, TrialPhase.EARLY_STOPPED, TrialPhase.FAILED, TrialPhase.CANCELED}
