"""What the operator keeps in memory about one active sweep: values only.

``SweepStore`` alone changes them. All of it is rebuilt from the SweepJob and its SweepTrials when the
operator starts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...api.criteria import Criteria
from ...api.meta.cause import Cause
from ...api.meta.identity import ObjectIdentity
from ...api.names import REASON_CHECKPOINT_NOT_USED
from ...api.phases import TrialPhase
from ...api.spec.sweep_spec import SweepSpec
from ...api.sweeptrial.stop_decision import StopDecision
from ...api.sweeptrial.trial_budget import RungResult, budget_of_value
from ...api.sweeptrial.trial_record import TrialRecord
from ...early_stopping.activity import Activity
from ...early_stopping.evaluator import PolicyEvaluator
from ...early_stopping.policy import Decision
from ...lifecycle.snapshot import Totals
from ...search.sampler import Observation
from ...search.space import Assignment
from ..warm_start import Source
from .ended_trial_warnings import EndedTrialWarnings
from .paused_trials import PausedTrials
from .proposals import Proposals
from .results import Results
from .slots import Slots
from .trial_state import TrialState
from .trial_usage import LiveUsage


@dataclass(slots=True)
class SpecFindings:
    """What the checks of the spec found.

    Attributes:
        rejection: why the newest generation is invalid while an earlier one is in force; else empty.
        warnings: settings that are valid but probably unintended; empty when there are none.
        sidecar_adjustment: how the sidecar's resources were adjusted to the namespace's limits, in the
            newest Job; empty when they were not.
        other_operator: URL of another operator that creates Jobs for the sweep; empty where none does.
        policy_failure: what the policy of another distribution raised; empty when it works.
        policy_hangs: a decision of that policy was interrupted, so it is not asked any more.
        dropped_fields: paths of the fields in the status of trials that the API server drops, since the
            CRD is of an earlier version.
        refused_statuses: why the API server refuses the status of a trial, by name of the trial.
    """

    rejection: str = ""
    warnings: str = ""
    sidecar_adjustment: str = ""
    policy_failure: str = ""
    other_operator: str = ""
    policy_hangs: bool = False
    dropped_fields: set[str] = field(default_factory=set)
    refused_statuses: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class WrittenStatus:
    """The SweepJob's status as it was written last.

    Attributes:
        content: the ``status`` object.
        written_at: seconds since the epoch; 0.0 when this operator has not written it.
    """

    content: Mapping[str, Any]
    written_at: float = 0.0


@dataclass(slots=True, eq=False)
class SweepState:
    """An active sweep: its spec was accepted, and it has not finished.

    Attributes:
        seed: the sampler's seed.
        started: seconds since the epoch when the spec was first accepted.
        sources: earlier trials that count for proposals and decisions (``spec.warmStart``).
        code: the hash of the trials' code, or where it is mounted from; empty without any.
        default_prices: what an hour of a resource costs where the spec has no price for it.
        evaluator: the early termination policy with the reports of all trials.
        live: trials that have not ended, by index.
        live_usage: what they use.
        unreadable: records with fields that cannot be read, by trial name.
        is_ending: the sweep has a reason to end, and all its trials were requeued for it.
        paused: the paused trials.
        criteria: by what its trials are compared.
    """

    identity: ObjectIdentity
    spec: SweepSpec
    seed: int
    started: float
    sources: tuple[Source, ...]
    evaluator: PolicyEvaluator
    live: Mapping[int, TrialState]
    live_usage: LiveUsage
    proposals: Proposals
    written: WrittenStatus
    slots: Slots = field(default_factory=Slots)
    results: Results = field(default_factory=Results)
    ended_warnings: EndedTrialWarnings = field(default_factory=EndedTrialWarnings)
    findings: SpecFindings = field(default_factory=SpecFindings)
    unreadable: dict[str, TrialRecord] = field(default_factory=dict)
    is_ending: bool = False
    code: str = ""
    paused: PausedTrials = field(default_factory=PausedTrials)
    default_prices: Mapping[str, float] = field(default_factory=dict)
    criteria: Criteria = field(init=False)

    def __post_init__(self) -> None:
        self.criteria = self.spec.criteria

    @property
    def has_result(self) -> bool:
        """Whether a trial is the best one, or on the Pareto front."""
        return self.results.best is not None or bool(self.results.standings.front)

    def values_of(self, trial: TrialState) -> dict[str, float]:
        """Return the values of a live trial of the metrics of objectives and constraints."""
        reports = trial.reports
        return self.criteria.values(reports.curve.best, reports.curve.last, reports.results)

    def budget_of(self, trial: TrialState) -> int | None:
        """Return the budget of the execution that runs or comes next; None in a sweep without budgets.

        That of a running one stays as it was launched, though the policy has been changed since.

        Args:
            trial: a live trial.
        """
        following = self.budget_after(trial.index, trial.rungs)
        return following if following is None else trial.launched_budget or following

    def budget_after(self, index: int, rungs: Sequence[RungResult]) -> int | None:
        """Return the budget of the execution that follows others; None in a sweep without budgets.

        Args:
            index: the trial's index.
            rungs: its executions with less than the largest budget that have succeeded, in their order.
        """
        policy = self.spec.budget_policy
        if policy is None:
            return None
        done = rungs[-1].budget if rungs else 0
        return policy.next_budget(index, done) or done

    def launched_assignment(self, trial: TrialState) -> Assignment:
        """Return the parameters of a trial's execution that runs or comes next: with its budget."""
        budget = self.budget_of(trial)
        if budget is None:
            return trial.assignment
        return {**trial.assignment, self.spec.budget_parameter: budget}

    def assignment_of(self, trial: TrialState, value: float | None) -> Assignment:
        """Return the parameters with which a trial has reached its best value: with the budget.

        Args:
            trial: the trial.
            value: that value.
        """
        current = self.budget_of(trial)
        if current is None:
            return trial.assignment
        budget = budget_of_value(value, trial.rungs, current)
        return {**trial.assignment, self.spec.budget_parameter: budget}

    def rung_stop(self, trial: TrialState) -> StopDecision | None:
        """Return the policy's decision about a trial whose execution has succeeded.

        Returns:
            None where that ends the trial: it had the largest budget, or has reached the target.
        """
        policy, budget = self.spec.budget_policy, self.budget_of(trial)
        if policy is None or budget is None or trial.status.stop is not None:
            return None
        curve, goal = trial.reports.curve, self.spec.objective.goal
        is_largest = policy.next_budget(trial.index, budget) is None
        if is_largest or self.spec.limits.is_target_reached(curve.best, goal):
            return None
        return stop_of(self.evaluator.judge_rung(trial.index, budget, curve))

    def stopping_violation(self, trial: TrialState) -> str:
        """Return why a live trial is stopped because of its values; empty if it is not."""
        if not self.criteria.stops_trials:
            return ""
        return self.criteria.stopping_violation(self.values_of(trial))

    @property
    def namespace(self) -> str:
        """The namespace of the SweepJob and of all its objects."""
        return self.identity.namespace

    @property
    def name(self) -> str:
        """The name of the SweepJob."""
        return self.identity.name

    @property
    def prices(self) -> Mapping[str, float]:
        """What an hour of a resource costs, by its name."""
        return {**self.default_prices, **self.spec.limits.prices}

    def totals(self) -> Totals:
        """Return how many trials exist or are about to, and how many ended."""
        return Totals(self.slots.created + len(self.slots.reserved), self.results.ended)

    def is_best_urgent(self, trial: TrialState) -> bool:
        """Return whether the best value of a running trial must be recorded at once.

        So it is where a limit depends on it, and no record says it yet: it reaches the target, or breaks
        the row of trials without a new best.
        """
        if not self.criteria.is_plain:  # then trials count when they have ended
            return False
        limits, goal, known = self.spec.limits, self.spec.objective.goal, self.results.recorded_best
        best, recorded = trial.reports.curve.best, None if known is None else known.value
        if limits.is_target_reached(best, goal) and not limits.is_target_reached(recorded, goal):
            return True
        if limits.no_improvement_trials is None or best is None:
            return False
        row, score = self.results.improvement_row, goal.score
        recorded_score = -math.inf if recorded is None else score(recorded)
        return row.is_beaten_by(score(best)) and not row.is_beaten_by(recorded_score)

    def trial(self, name: str) -> TrialState | None:
        """Return the live trial of that name; None when there is none."""
        index = name.rpartition("-")[2]
        found = self.live.get(int(index)) if index.isdecimal() and len(index) < 10 else None
        return found if found is not None and found.name == name else None

    def report_warning_of(self, name: str) -> Cause | None:
        """Return the most important warning about the reports of a trial; None without one."""
        trial = self.trial(name)
        if trial is not None and trial.completeness.warnings:
            return trial.completeness.first_warning
        return self.ended_warnings.causes.get(name)

    def doubt_about(self, name: str) -> Cause | None:
        """Return why reports of a trial may be missing, or be of another metric; None if neither."""
        warning = self.report_warning_of(name)
        if warning is None or warning.reason == REASON_CHECKPOINT_NOT_USED:
            return None
        return warning

    def observations(self) -> list[Observation]:
        """Return the observations for a sampler that uses them.

        Ended trials, with stopped ones extrapolated; paused ones, as if they had been stopped; and
        pending ones without their reports so far, so that they are the same before and after a restart.
        """
        paused = [t for t in self.live.values() if self._shows_result(t)]
        known = {t.index for t in paused}
        running = (t for t in self.live.values() if t.index not in known)
        pending = {t.index: t.assignment for t in running} | self.slots.reserved
        return [
            *self.proposals.ended.observations(),
            *self.proposals.ended.estimates(
                (self._paused_observation(t), t.reports.curve) for t in paused
            ),
            *(Observation(n, tried, None, ended=False) for n, tried in pending.items()),
        ]

    def _shows_result(self, trial: TrialState) -> bool:
        """Return whether a paused trial is an observation: with several objectives its end is awaited."""
        is_known = trial.is_paused and trial.reports.curve.best is not None
        return is_known and not self.criteria.has_several_objectives

    def _paused_observation(self, trial: TrialState) -> Observation:
        excesses = self.criteria.excesses(self.values_of(trial))
        score = trial.reports.curve.score
        return Observation(trial.index, trial.assignment, score, ended=True, constraints=excesses)


def activity_of(live: Mapping[int, TrialState], paused: PausedTrials, index: int) -> Activity:
    """Return what a trial does.

    Args:
        live: trials of its sweep that have not ended, by index.
        paused: the paused ones.
        index: of the trial.
    """
    trial = live.get(index)
    if trial is None or index in paused.held:
        return Activity.INACTIVE
    if index in paused.by_policy:
        return Activity.WAITING
    pending = trial.pending_stop
    stop = trial.status.stop or (None if pending is None else pending.decision)
    if stop is None:
        return Activity.RUNNING
    return Activity.WAITING if stop.pauses and stop.policy else Activity.INACTIVE


def stop_of(decision: Decision) -> StopDecision:
    """Return the record of a policy's decision to stop or to pause a trial."""
    return StopDecision(
        outcome=TrialPhase.PAUSED if decision.pause else TrialPhase.EARLY_STOPPED,
        reason=decision.reason,
        message=decision.message,
        policy=decision.policy,
        interval=decision.interval,
        value=decision.value,
        threshold=decision.threshold,
        comparators=decision.comparators,
    )
