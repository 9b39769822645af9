"""A trial's durable record as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...protocol import MetricCurve
from ...search.space import Assignment
from ..phases import TrialPhase
from .annotations import Tags
from .attempt_history import AttemptRecord
from .desired_state import UNDECIDED, DesiredState
from .held_resources import HeldResources
from .incomplete_reports import IncompleteReason
from .pod_states import PodState
from .stop_decision import StopDecision
from .stored_curve import StoredCurve
from .trial_budget import TrialBudget


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What a SweepTrial object says about its trial.

    Attributes:
        namespace, name, uid: identify the SweepTrial.
        sweep, sweep_uid: its sweep.
        version: its resourceVersion.
        index: number of the trial within its sweep, from 0.
        assignment: the proposed parameters.
        phase: where the trial is.
        attempt: number of the current attempt, from 1.
        failures: number of attempts that failed.
        launched: the Job of the current attempt has been created.
        stop: the decision to end the trial, or what runs of it; None without one.
        pause: the decision that paused the trial, while it is paused; None otherwise.
        desired: what a person wants of the trial.
        pausing_policy: the policy in force when it was created, if it pauses trials; else empty.
        ran: seconds that its trainer ran in executions that were paused.
        held: what its pods held when it was decided to end them.
        resumed: seconds since the epoch when its trainer started after the newest pause; None otherwise.
        reason, message: why the trial is in its phase.
        curve: the reports.
        started, ended: seconds since the epoch; None before.
        gpus: number of accelerators that it requests.
        gpu_used: accelerator-seconds by resource name.
        cost: what its ended pods cost.
        gpu_saved: accelerator-seconds that an early stop saved.
        seen: names of all metrics that it reported.
        launch_at: when the next attempt may start, in seconds since the epoch; None: at once.
        disruptions: number of pods that were disrupted.
        executions: earlier attempts, the newest last.
        log_samples: lines of its log to quote where no report was found.
        incomplete_reasons: why reports may be missing, by reason.
        pods: the pods of the current attempt of a trial of several.
        code: the hash of its code, or where it is mounted from; empty without any.
        values: its values of the metrics of objectives and constraints; empty in a sweep with one
            objective and no constraints.
        other_metrics: the curves of metrics besides the primary one; only of a trial that has not ended.
        tags: tags that people gave it, by key; the first ones where there are too many.
        budget: the budgets with which it is run; None in a sweep without budgets.
        problems: unreadable fields of the object, with path and value; normally empty.
        is_held: the operator does not act on the trial, because too little of the object can be read.
    """

    namespace: str
    sweep: str
    sweep_uid: str
    name: str
    uid: str
    version: str
    index: int
    assignment: Assignment
    phase: TrialPhase
    attempt: int
    failures: int
    job_created: bool
    stop: StopDecision | None
    reason: str
    message: str
    curve: StoredCurve
    started: float | None
    ended: float | None
    gpus: float
    gpu_used: Mapping[str, float]
    cost: float
    gpu_saved: float
    seen: tuple[str, ...]
    retry_at: float | None
    disruptions: int
    executions: tuple[AttemptRecord, ...]
    log_samples: tuple[str, ...] = ()
    incomplete_reasons: Mapping[str, IncompleteReason] = field(default_factory=dict)
    pods: tuple[PodState, ...] = ()
    code: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    other_metrics: tuple[MetricCurve, ...] = ()
    pause: StopDecision | None = None
    desired: DesiredState = UNDECIDED
    pausing_policy: str = ""
    ran: float = 0.0
    resumed: float | None = None
    held: tuple[HeldResources, ...] = ()
    tags: Tags = field(default_factory=dict)
    budget: TrialBudget | None = None
    problems: tuple[str, ...] = ()
    is_unmanaged: bool = False

    @property
    def parameters(self) -> Assignment:
        """The parameters with which it has reached its best value: with the budget, where it has one."""
        if self.budget is None:
            return self.assignment
        return {**self.assignment, self.budget.parameter: self.budget.of_value(self.curve.best)}

    @property
    def last_attempt(self) -> int:
        """Number of the newest attempt that was started; 1 before the first.

        ``attempt`` of a trial that is paused or waits for a retry is already the number of the next one.
        """
        is_over = self.phase in (TrialPhase.PAUSED, TrialPhase.CANCELED, TrialPhase.EARLY_STOPPED)
        return max(1, self.attempt - 1) if is_over and not self.job_created else self.attempt
