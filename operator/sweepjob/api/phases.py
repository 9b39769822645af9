"""Phases of sweeps and of trials, as `status.phase` has them."""

from __future__ import annotations

from enum import StrEnum


class SweepPhase(StrEnum):
    """Where a sweep is, in one word for printer columns; its conditions say why.

    ``BLOCKED``: no trial runs, and each one that exists is kept from starting. ``INVALID``: the spec was
    rejected before any trial existed.
    """

    PENDING = "Pending"
    RUNNING = "Running"
    BLOCKED = "Blocked"
    SUSPENDED = "Suspended"
    COMPLETE = "Complete"
    FAILED = "Failed"
    INVALID = "Invalid"

    @property
    def is_end(self) -> bool:
        """Whether a sweep in this phase has completed or failed."""
        return self in (SweepPhase.COMPLETE, SweepPhase.FAILED)


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
