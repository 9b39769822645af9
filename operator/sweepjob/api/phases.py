"""Phases of sweeps and trials: the values of `status.phase`."""

from __future__ import annotations

from enum import StrEnum


class SweepPhase(StrEnum):
    """The phase of a sweep, in one word for printer columns; its conditions explain it.

    ``BLOCKED``: no trial runs, and no existing trial can start. ``INVALID``: the spec was
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
    """The phase of a trial. The last four are final.

    ``PAUSED``: nothing runs, and the trial may go on from its checkpoint.
    """

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    STOPPING = "Stopping"
    PAUSED = "Paused"
    SUCCEEDED = "Succeeded"
    EARLY_STOPPED = "EarlyStopped"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def is_end(self) -> bool:
        """Whether a trial in this phase has ended for good."""
        return self in _ENDS


_ENDS = {TrialPhase.SUCCEEDED, TrialPhase.EARLY_STOPPED, TrialPhase.FAILED, TrialPhase.CANCELED}
