"""Actions that the planner asks for about a trial, to be executed in the given order."""

from __future__ import annotations

from dataclasses import dataclass

from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from ..search.space import Assignment


@dataclass(frozen=True, slots=True)
class CreateTrial:
    """Create the SweepTrial of a new trial: its assignment is recorded before anything runs."""

    trial: int
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class CreateJob:
    """Create the Job of an attempt."""

    trial: int
    attempt: int


@dataclass(frozen=True, slots=True)
class RecordStop:
    """Record the decision to stop or to pause a trial, before anything of it is deleted."""

    trial: int
    stop: StopDecision


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete a pod with the sweep's grace period."""

    trial: int
    pod: str
    uid: str


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Delete the Job of an attempt, or its object of another kind, with its pods.

    Attributes:
        pods: uids of pods that nobody else has deleted before: the Job does not replace them.
    """

    trial: int
    job: str
    uid: str
    pods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordRetry:
    """Record why an attempt ended, and the next attempt.

    Attributes:
        attempt: number of the next attempt.
        failures: failed attempts so far.
        reason, message: why the attempt ended.
        retry_at: seconds since the epoch before which no Job is created; None for at once.
        rank: the rank of the pod whose end ended the attempt.
    """

    trial: int
    attempt: int
    failures: int
    reason: str
    message: str
    retry_at: float | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class RecordPause:
    """Record that nothing of the trial runs any more, and that it is paused.

    Attributes:
        attempt: number of the attempt that continues it.
        failures: failed attempts so far.
        pause: the decision, which was recorded before.
    """

    trial: int
    attempt: int
    failures: int
    pause: StopDecision


@dataclass(frozen=True, slots=True)
class RecordResume:
    """Record that a paused trial continues.

    Attributes:
        reason, message: why.
    """

    trial: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """Record the phase of a live trial with its reason and message, and the curve."""

    trial: int
    phase: TrialPhase
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordEnd:
    """Record how the trial ended, for good."""

    trial: int
    phase: TrialPhase
    reason: str
    message: str


TrialAction = (
    CreateJob
    | RecordStop
    | DeletePod
    | DeleteJob
    | RecordRetry
    | RecordPause
    | RecordResume
    | RecordProgress
    | RecordEnd
)  # about a trial with a SweepTrial
Action = CreateTrial | TrialAction


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, and when to plan again.

    Attributes:
        actions: the actions, to be executed in order.
        wake_at: seconds since the epoch when to plan again if nothing changes before; None for never.
    """

    actions: tuple[Action, ...]
    wake_at: float | None = None
