"""What the planner sees: a sweep and its live trials at one moment.

Trials that have ended appear only in the totals, so a pass costs the same with ten of them and with
ten thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..limits import Limits
from ..space import Assignment


class Phase(StrEnum):
    """Where a trial is. The last four are ends and never change again."""

    PENDING = "Pending"
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


_ENDS = {Phase.SUCCEEDED, Phase.EARLY_STOPPED, Phase.FAILED, Phase.CANCELED}


@dataclass(frozen=True, slots=True)
class Stop:
    """A decision to end a trial before its own end.

    Attributes:
        outcome: the phase the trial ends in: EARLY_STOPPED by a policy, CANCELED by a limit.
        reason: one word, e.g. ``Bandit`` or ``TrialTimeout``.
        message: one sentence.
        policy, interval, value, threshold, comparators: the policy's decision, where one decided.
    """

    outcome: Phase
    reason: str
    message: str
    policy: str = ""
    interval: int = 0
    value: float | None = None
    threshold: float | None = None
    comparators: int = 0


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a trial.

    Attributes:
        succeeded: True or False once it is terminal, None before.
        deleting: it has been asked to go.
        disrupted: preempted, evicted or drained: its end is nobody's failure.
        started: seconds since the epoch when the trainer started, None before.
        failure: reason and sentence of a failed end.
    """

    name: str
    uid: str
    succeeded: bool | None = None
    deleting: bool = False
    disrupted: bool = False
    started: float | None = None
    failure: tuple[str, str] = ("", "")

    @property
    def is_terminal(self) -> bool:
        """Whether none of its containers runs any more, or ever will."""
        return self.succeeded is not None


@dataclass(frozen=True, slots=True)
class Job:
    """The Kubernetes Job of one attempt of a trial.

    Attributes:
        failure: reason and sentence, when the Job controller has declared it failed.
    """

    name: str
    uid: str
    attempt: int
    deleting: bool = False
    failure: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A live trial: its record, what was decided about it, and what runs for it.

    Attributes:
        attempt: the attempt that runs or is to run, from 1.
        failures: attempts that failed.
        launched: the record says that a Job of this attempt existed.
        stop: the recorded decision.
        verdict: a decision that is not on record yet.
        progress_due: seconds since the epoch at which unrecorded reports are to be recorded, None
            when there are none.
    """

    index: int
    name: str
    uid: str
    phase: Phase
    attempt: int = 1
    failures: int = 0
    launched: bool = False
    stop: Stop | None = None
    verdict: Stop | None = None
    progress_due: float | None = None
    jobs: tuple[Job, ...] = ()
    pods: tuple[Pod, ...] = ()

    @property
    def job(self) -> Job | None:
        """The Job of the current attempt."""
        return next((job for job in self.jobs if job.attempt == self.attempt), None)


@dataclass(frozen=True, slots=True)
class Totals:
    """Trials that have ended, by phase, and the next index to create."""

    created: int = 0
    ended: Mapping[Phase, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many trials have ended as failed."""
        return self.ended.get(Phase.FAILED, 0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sweep at one moment.

    Attributes:
        started: seconds since the epoch when it was accepted.
        suspended: start nothing new.
        max_retries: new attempts after failures.
        live: every trial that has not ended.
        proposals: assignments of the next indices, from ``totals.created`` on.
        exhausted: the sampler has no proposal beyond those.
    """

    limits: Limits
    started: float
    suspended: bool
    max_retries: int
    live: tuple[Trial, ...]
    totals: Totals
    proposals: tuple[Assignment, ...] = ()
    exhausted: bool = False
