"""Views of SweepJob and SweepTrial objects with the values that commands and pages show."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api import names
from ..api.parsing.lenient_reader import LenientReader
from ..api.phases import SweepPhase
from ..api.sweeptrial.curve_encoding import load_curve
from ..api.sweeptrial.serialization import owner_uid, parse_record
from ..api.sweeptrial.trial_record import TrialRecord
from ..early_stopping.curve import Curve
from ..objective import Goal
from ..search.space import leaves
from ..template.references import value_text
from ..timestamps import parse_time

_ALERTING_STATUS = {names.ACCEPTED: "False", names.FAILED: "True", names.DEGRADED: "True"}
_OPERATOR_TIMEOUT = 15.0  # seconds within which a running operator writes the first status


@dataclass(frozen=True, slots=True)
class SweepView:
    """A sweep.

    Attributes:
        namespace: Namespace of the SweepJob.
        name: Name of the SweepJob.
        goal: Whether larger or smaller values are better.
        metric: Name of the primary metric.
        phase: Phase of the status; Pending without one.
        counts: Numbers of trials by the keys of ``status.trials``, and ``total``.
        best: Name of the best trial; empty without one.
        best_value: Its value; None without one.
        gpu_seconds_used: GPU time used.
        gpu_seconds_saved: Estimated GPU time saved by early stops.
        created: Creation time in seconds since the epoch.
        completed: Completion time in seconds since the epoch; None before.
        observed: Whether the operator has written a status.
        alerts: Reason and message of each condition that needs a person.
    """

    namespace: str
    name: str
    goal: Goal
    metric: str
    phase: str
    counts: Mapping[str, int]
    best: str
    best_value: float | None
    gpu_seconds_used: float
    gpu_seconds_saved: float
    created: float
    completed: float | None
    observed: bool
    alerts: tuple[str, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> SweepView:
        """Return the view of a SweepJob object."""
        meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
        best, gpu = status.get("best") or {}, status.get("gpuSeconds") or {}
        return cls(
            namespace=meta["namespace"],
            name=meta["name"],
            goal=Goal(spec["objective"]["goal"]),
            metric=spec["objective"]["primaryMetric"],
            phase=status.get("phase", SweepPhase.PENDING.value),
            counts={"total": spec["limits"]["maxTotalTrials"], **(status.get("trials") or {})},
            best=best.get("trial", ""),
            best_value=LenientReader(best, "status.best").number("value"),
            gpu_seconds_used=gpu.get("used", 0),
            gpu_seconds_saved=gpu.get("saved", 0),
            created=parse_time(meta["creationTimestamp"]) or 0.0,
            completed=parse_time(status.get("completionTime")),
            observed="phase" in status,
            alerts=tuple(_alerts(status.get("conditions") or ())),
        )

    @property
    def ended(self) -> int:
        """Number of trials that have ended."""
        kinds = ("succeeded", "earlyStopped", "failed", "canceled")
        return sum(self.counts.get(kind, 0) for kind in kinds)

    @property
    def total(self) -> int:
        """Number of trials of the whole sweep: the limit, or those that have ended if it was lowered."""
        return max(self.counts["total"], self.ended)

    @property
    def has_ended(self) -> bool:
        """Whether the phase is final."""
        return self.phase in (SweepPhase.COMPLETE, SweepPhase.FAILED)

    def warnings(self, now: float) -> tuple[str, ...]:
        """Return the alerts, or that no operator has accepted the sweep.

        Args:
            now: seconds since the epoch.
        """
        waited = now - self.created
        if self.observed or waited < _OPERATOR_TIMEOUT:
            return self.alerts
        return (
            f"OperatorMissing: no operator has accepted this sweep in {waited:.0f} s; see whether one is "
            "installed and runs: kubectl get deployments -A -l app.kubernetes.io/name=sweepjob",
        )

    def reason(self, now: float) -> str:
        """Return the reason of the first warning; empty without one.

        Args:
            now: seconds since the epoch.
        """
        return next((warning.partition(":")[0] for warning in self.warnings(now)), "")


def _alerts(conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for condition in conditions:
        if _ALERTING_STATUS.get(condition["type"]) == condition["status"]:
            found.append(f"{condition['reason']}: {condition['message']}")
    return found


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial.

    Attributes:
        record: The parsed SweepTrial.
        curve: The stored reports.
        parameters: Parameters as texts by dotted name.
        gpu_seconds_used: GPU time used.
    """

    record: TrialRecord
    curve: Curve = field(repr=False)
    parameters: Mapping[str, str]
    gpu_seconds_used: float

    @classmethod
    def of(cls, body: Mapping[str, Any], goal: Goal) -> TrialView:
        """Return the view of a SweepTrial object.

        Args:
            body: The object.
            goal: Goal of the sweep.

        Raises:
            ValueError: The object is not a SweepTrial of the operator.
        """
        record = parse_record(body)
        return cls(
            record=record,
            curve=load_curve(record.curve, Curve(goal)),
            parameters={name: value_text(value) for name, value in leaves(record.assignment)},
            gpu_seconds_used=sum(record.gpu_used.values()),
        )

    @property
    def name(self) -> str:
        """Name of the SweepTrial."""
        return self.record.name

    @property
    def index(self) -> int:
        """Index of the trial in its sweep."""
        return self.record.index

    @property
    def phase(self) -> str:
        """Phase of the status; Unreadable if the operator cannot read it."""
        return "Unreadable" if self.record.is_unmanaged else self.record.phase.value

    @property
    def ended(self) -> float | None:
        """End time in seconds since the epoch; None before."""
        return self.record.ended

    @property
    def best(self) -> float | None:
        """Best value of the primary metric; None without a finite report."""
        return self.curve.best

    @property
    def unreadable(self) -> str:
        """Which fields of the status cannot be read; empty if all can."""
        problems = "; ".join(self.record.problems)
        return f"its record cannot be read in full: {problems}" if problems else ""

    def seconds(self, now: float) -> float | None:
        """Return the run time in seconds; None if it is not recorded.

        Args:
            now: seconds since the epoch.
        """
        started, ended = self.record.started, self.ended
        if started is None or (ended is None and self.record.phase.is_end):
            return None
        return (now if ended is None else ended) - started

    def reported_values(self) -> list[float]:
        """Return the stored reports."""
        return [*self.curve.values, *(point.value for point in self.curve.thinned)]


def trial_views(bodies: Sequence[Mapping[str, Any]], goal: Goal) -> list[TrialView]:
    """Return the views of SweepTrial objects by index; objects that are not trials are left out.

    Args:
        bodies: the objects.
        goal: goal of the sweep.
    """
    found = []
    for body in bodies:
        with contextlib.suppress(ValueError):
            found.append(TrialView.of(body, goal))
    return sorted(found, key=lambda trial: trial.index)


def trials_of_source(
    source: Mapping[str, Any], bodies: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the trials that are owned by a source of a warm start, not by a namesake of it.

    Args:
        source: an entry of ``status.warmStart``.
        bodies: SweepTrials of the sweep's name.
    """
    return [body for body in bodies if owner_uid(body) == source["uid"]]


def sort_by_score(trials: Sequence[TrialView]) -> list[TrialView]:
    """Return trials with the best first and those without reports last."""
    return sorted(trials, key=lambda t: (-t.curve.score, t.index))


def best_so_far(trials: Sequence[TrialView], goal: Goal) -> list[float]:
    """Return the best value so far after each trial that has one.

    Ended trials come in the order of their end, then running ones.

    Args:
        trials: the trials.
        goal: goal of the sweep.
    """
    ended = sorted((t for t in trials if t.ended is not None), key=lambda t: (t.ended, t.index))
    reached: list[float] = []
    for trial in [*ended, *(t for t in trials if t.ended is None)]:
        if trial.best is not None:
            better = not reached or goal.score(trial.best) > goal.score(reached[-1])
            reached.append(trial.best if better else reached[-1])
    return reached


def parameter_names(trials: Sequence[TrialView]) -> list[str]:
    """Return the parameter names of all trials in the order of their first occurrence."""
    return list(dict.fromkeys(name for trial in trials for name in trial.parameters))
