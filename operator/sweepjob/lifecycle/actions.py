"""What the planner asks for about a trial, to be carried out in the given order."""

from __future__ import annotations

from dataclasses import dataclass

from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from ..search.space import Assignment


@dataclass(frozen=True, slots=True)
class CreateTrial:
    """Write the record of a new trial: the proposal is durable before anything runs."""

    trial: int
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class LaunchJob:
    """Create the Job of an attempt."""

    trial: int
    attempt: int


@dataclass(frozen=True, slots=True)
class RecordStop:
    """Write the decision to the record, before anything is ended."""

    trial: int
    stop: StopDecision


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete a pod with the sweep's grace."""

    trial: int
    pod: str
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Delete a Job in the foreground: it is gone when its pods are.

    Attributes:
        pods: uids of those that nobody had taken away before: the Job puts no other one in their place.
    """

    trial: int
    job: str
    uid: str
    pods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordRetry:
    """Write why an attempt ended and which attempt comes next, not before ``launch_at``."""

    trial: int
    attempt: int
    failures: int
    reason: str
    message: str
    launch_at: float | None = None


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """Write phase, its reason and sentence, and the curve."""

    trial: int
    phase: TrialPhase
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordEnd:
    """Write how the trial ended; it never changes again."""

    trial: int
    phase: TrialPhase
    reason: str
    message: str


TrialAction = (
    LaunchJob | RecordStop | DeletePod | DeleteJob | RecordRetry | RecordProgress | RecordEnd
)  # about a trial that has a record
Action = CreateTrial | TrialAction


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions to carry out now, and when to look again if nothing happens before (None: never)."""

    actions: tuple[Action, ...]
    wake_at: float | None = None
