"""The planner's input: one live trial, and its sweep at that moment.

It has only numbers of the sweep's other trials, so planning costs the same with ten trials as with ten
thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from ..api.spec.limits import COMPANION_GRACE, Limits
from ..api.sweeptrial.desired_state import UNDECIDED, DesiredState
from ..api.sweeptrial.stop_decision import StopDecision
from ..objective import Goal
from ..search.space import Assignment
from .pod_failures import PodFailure
from .usage import UsageLimit
from .workload import EarlierAttempt, Job, Pod, StartBlocker


@dataclass(frozen=True, slots=True)
class TrialSnapshot:
    """A live trial: its record, what was decided about it, and what runs for it.

    Attributes:
        phase, reason: as recorded.
        attempt: the attempt that runs or comes next, from 1.
        failures: how many attempts failed.
        job_created: a Job of this attempt existed.
        job_missing_since: seconds since the epoch when the expected Job was first observed to be absent;
            None while it exists, or when the operator deleted it.
        unconfirmed_job_since: seconds since the epoch when a Job was requested and no answer came; None
            when one did.
        retry_at: seconds since the epoch before which no Job is created; None for at once.
        stop: the recorded decision to stop it.
        pending_stop: a decision that is not recorded yet.
        progress_write_due: seconds since the epoch when pending changes are to be recorded; None when
            there are none.
        start_blocker: what keeps it from starting; None when nothing does.
        interruption: why the last pod was interrupted, if somebody else ended it; kept until another one
            runs.
        jobs, pods: those of the current attempt.
        orphan_pods: pods that name the trial and this attempt in their labels, and whose Job was gone
            before it was seen. The trial waits for their end; nothing else about them counts.
        earlier: what is left of attempts before this one.
        has_turn: no other trial of several pods is being started, so that this one may be; always true
            for a trial of one pod.
        waits_since: seconds since the epoch when it began to wait for its turn; None while it does not.
        others_wait: other trials of several pods wait for their turn.
        interrupted_at: seconds since the epoch of the first interruption of one of several pods, also if
            that pod is gone; None without one.
        pod_failures: failures of several pods that were seen in this attempt, also of pods that are gone.
        blocked_since: seconds since the epoch when the first of the attempts before this one began that
            got nodes for only some of its pods; None if the attempt before ended for another reason.
        best: the best value that it reported; None before one.
        pause: the decision that paused it, while it is paused.
        resumption: why it continues, if it is paused and has a slot; not recorded yet.
        desired: what a person wants of it.
        ran: seconds that its trainer ran in executions that were paused.
        rung_stop: the policy's decision if its execution has succeeded with less than the largest
            budget; None otherwise.
        unreadable_pods: which of its pods in this attempt cannot be read; empty when all can.
    """

    index: int
    name: str
    uid: str
    phase: TrialPhase
    reason: str = ""
    attempt: int = 1
    failures: int = 0
    job_created: bool = False
    job_missing_since: float | None = None
    unconfirmed_job_since: float | None = None
    retry_at: float | None = None
    stop: StopDecision | None = None
    pending_stop: StopDecision | None = None
    progress_write_due: float | None = None
    start_blocker: StartBlocker | None = None
    interruption: Cause | None = None
    jobs: tuple[Job, ...] = ()
    pods: tuple[Pod, ...] = ()
    orphan_pods: tuple[Pod, ...] = ()
    earlier: tuple[EarlierAttempt, ...] = ()
    has_turn: bool = True
    waits_since: float | None = None
    others_wait: bool = False
    interrupted_at: float | None = None
    pod_failures: tuple[PodFailure, ...] = ()
    blocked_since: float | None = None
    best: float | None = None
    pause: StopDecision | None = None
    resumption: Cause | None = None
    desired: DesiredState = UNDECIDED
    ran: float = 0.0
    rung_stop: StopDecision | None = None
    unreadable_pods: str = ""

    @property
    def is_paused(self) -> bool:
        """Whether nothing of it runs until it is continued."""
        return self.phase is TrialPhase.PAUSED

    @property
    def job(self) -> Job | None:
        """The Job of the current attempt."""
        return next((job for job in self.jobs if job.attempt == self.attempt), None)

    def has_started(self, instances: int) -> bool:
        """Return whether the trainers of all pods have started, and one of the pods has not ended.

        Args:
            instances: pods of a trial.
        """
        started = [pod for pod in self.pods if pod.started is not None]
        ranks = {pod.rank for pod in started}
        return len(ranks) >= instances and any(not pod.is_terminal for pod in started)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The assignment that a sampler proposes for an index."""

    index: int
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of trials.

    Attributes:
        created: trials with a record, or with a reserved index.
        ended: ended trials by phase.
    """

    created: int = 0
    ended: Mapping[TrialPhase, int] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many trials failed."""
        return self.ended.get(TrialPhase.FAILED, 0)


@dataclass(frozen=True, slots=True)
class RecordedBest:
    """The best value that is on record, and the name of its trial."""

    trial: str
    value: float


@dataclass(frozen=True, slots=True)
class ResultProgress:
    """What the trials have reached.

    What ends a sweep is on record, so that a restarted operator decides the same. The best value that is
    not, and ends that are being recorded, only keep new trials from being started.

    Attributes:
        recorded: the best value on record; None before one.
        best: the best value, on record or not; None before one.
        row: how many trials ended in a row without a new best; 0 while a running one has a better value.
        row_ending: how many trials that may lengthen the row are about to be recorded as ended.
        result: what a new best is called where it is not a better value of one metric.
    """

    recorded: RecordedBest | None = None
    best: float | None = None
    row: int = 0
    row_ending: int = 0
    result: str = ""


@dataclass(frozen=True, slots=True)
class SweepSnapshot:
    """A sweep at one moment.

    Attributes:
        started: seconds since the epoch when its spec was first accepted.
        suspended: ``spec.suspend``: no new trial starts.
        stopped: ``spec.stop``: the sweep ends now.
        max_retries: further attempts after failures of one trial.
        retry_incomplete: an attempt counts as failed if its reports may be incomplete.
        node_loss_timeout: seconds that a node has for terminating a pod beyond the pod's grace period,
            before it counts as lost.
        companion_grace: seconds that other containers have after the trainer's end.
        proposals: for the lowest free indices.
        exhausted: the sampler has no proposal beyond those.
        occupied: slots of live trials that are not paused, of reservations, and of trials whose record
            cannot be acted on.
        released: occupied slots of trials whose end is about to be recorded; they may be given away.
        failing: how many trials are about to be recorded as failed.
        instances: pods of a trial.
        queued: a queue admits its Jobs, with all of their pods at once.
        kind: what an attempt is: Job, or the kind of the sweep's manifest. The controller of another kind
            decides how many pods there are and whether they are replaced.
        metric, goal: the metric of the objective, and which of its values are better.
        results: what the trials have reached.
        paused: how many trials are paused, without a slot.
        held: how many of them a person keeps paused.
        recalled: how many of them a person wants to continue.
        ends_paused: the paused trials end, since nothing is left that could let one continue.
        has_checkpoint: trials can go on from a checkpoint.
        has_budget: trials are run again with larger budgets.
        usage_limits: limits on GPU-hours and cost, with what the trials used of them.
    """

    limits: Limits
    started: float
    suspended: bool
    max_retries: int
    totals: Totals
    stopped: bool = False
    retry_incomplete: bool = False
    node_loss_timeout: float = 60.0
    companion_grace: float = COMPANION_GRACE
    proposals: tuple[Proposal, ...] = ()
    exhausted: bool = False
    occupied: int = 0
    released: int = 0
    failing: int = 0
    instances: int = 1
    queued: bool = False
    kind: str = "Job"
    metric: str = ""
    goal: Goal = Goal.MAXIMIZE
    results: ResultProgress = field(default_factory=ResultProgress)
    paused: int = 0
    held: int = 0
    recalled: int = 0
    ends_paused: bool = False
    has_checkpoint: bool = False
    has_budget: bool = False
    usage_limits: tuple[UsageLimit, ...] = ()

    @property
    def has_manifest(self) -> bool:
        """Whether trials are objects of another kind than Job."""
        return self.kind != "Job"
