"""What the planner sees: one live trial, and its sweep at that moment.

Of the sweep's other trials it sees only numbers, so a look costs the same with ten of them and with ten
thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api.limits import COMPANION_GRACE, Limits
from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from ..search.space import Assignment
from .observed import EarlierAttempt, Job, Pod, StartBlocker


@dataclass(frozen=True, slots=True)
class Trial:
    """A live trial: its record, what was decided about it, and what runs for it.

    Attributes:
        attempt: the attempt that runs or is to run, from 1.
        failures: attempts that failed.
        reason: the recorded reason of its phase.
        launched: the record says that a Job of this attempt existed.
        missing_since: seconds since the epoch when its Job was first missed that should be there, and
            that we have not deleted; None when it is not missing.
        unanswered: seconds since the epoch when its Job was asked for, and no answer came; None when one
            did.
        launch_at: seconds since the epoch before which no Job is created: the back-off.
        stop: the recorded decision.
        verdict: a decision that is not on record yet.
        progress_due: seconds since the epoch at which unrecorded reports are to be recorded, None
            when there are none.
        trouble: why it does not get going.
        interruption: reason and sentence of the last end of a pod that somebody else caused.
        earlier: what is left of attempts before this one.
        strays: pods of the attempt, as they say themselves, whose Job was gone before it was seen. They
            are waited for; nothing else that they show counts.
    """

    index: int
    name: str
    uid: str
    phase: TrialPhase
    reason: str = ""
    attempt: int = 1
    failures: int = 0
    launched: bool = False
    missing_since: float | None = None
    unanswered: float | None = None
    launch_at: float | None = None
    stop: StopDecision | None = None
    pending_stop: StopDecision | None = None
    progress_due: float | None = None
    start_blocker: StartBlocker | None = None
    interruption: tuple[str, str] | None = None
    jobs: tuple[Job, ...] = ()
    pods: tuple[Pod, ...] = ()
    orphan_pods: tuple[Pod, ...] = ()
    earlier: tuple[EarlierAttempt, ...] = ()

    @property
    def job(self) -> Job | None:
        """The Job of the current attempt."""
        return next((job for job in self.jobs if job.attempt == self.attempt), None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a trial that has no record yet is to try."""

    index: int
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Totals:
    """How many trials have a record, and how many have ended, by phase."""

    created: int = 0
    ended: Mapping[TrialPhase, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many trials have ended as failed."""
        return self.ended.get(TrialPhase.FAILED, 0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sweep at one moment.

    Attributes:
        started: seconds since the epoch when it was accepted.
        suspended: start nothing new.
        stopped: a person wants it to end now.
        max_retries: new attempts after failures.
        retry_incomplete: an attempt whose reports may be incomplete has failed.
        node_patience: seconds that a node has for ending a pod beyond the pod's grace, before it
            counts as lost.
        companion_grace: seconds that other containers have after the trainer's end.
        proposals: for the next indices without a record: first those that were left out, since their
            record could not be written or is gone.
        exhausted: the sampler has no proposal beyond those.
        occupied: how many trials have not ended, or are about to be recorded as new.
        vacated: how many of these are about to be recorded as ended, and leave their slot to another one
            already.
        failing: how many trials are about to be recorded as failed.
    """

    limits: Limits
    started: float
    suspended: bool
    max_retries: int
    totals: Totals
    stopped: bool = False
    retry_incomplete: bool = False
    node_patience: float = 60.0
    companion_grace: float = COMPANION_GRACE
    proposals: tuple[Proposal, ...] = ()
    exhausted: bool = False
    occupied: int = 0
    vacated: int = 0
    failing: int = 0
