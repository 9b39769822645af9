"""Sweeps and trials as the commands show them, from what is on record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api import names
from ..api.stored_curve import load_curve
from ..api.stored_fields import Fields
from ..api.sweeptrial import Record, owner_uid, parse_record
from ..api.times import parse_time
from ..early_stopping.curve import Curve
from ..objective import Goal
from ..search.space import leaves
from ..template.references import text_of

_SERIOUS = (names.FAILED, names.DEGRADED)
_OPERATOR_SECONDS = 15.0  # an operator that runs has written a status by then


@dataclass(frozen=True, slots=True)
class SweepView:
    """A sweep.

    Attributes:
        counts: trials by what became of them, and ``total``, by the status's own words.
        used, saved: GPU-seconds.
        created, completed: seconds since the epoch; None before.
        observed: an operator has written its status.
        troubles: what its conditions say that needs a person.
    """

    namespace: str
    name: str
    goal: Goal
    metric: str
    phase: str
    counts: Mapping[str, int]
    best: str
    best_value: float | None
    used: float
    saved: float
    created: float
    completed: float | None
    observed: bool
    troubles: tuple[str, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> SweepView:
        meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
        best, gpu = status.get("best") or {}, status.get("gpuSeconds") or {}
        return cls(
            namespace=meta["namespace"],
            name=meta["name"],
            goal=Goal(spec["objective"]["goal"]),
            metric=spec["objective"]["primaryMetric"],
            phase=status.get("phase", "Pending"),
            counts={"total": spec["limits"]["maxTotalTrials"], **(status.get("trials") or {})},
            best=best.get("trial", ""),
            best_value=Fields(best, "status.best").number("value"),
            used=gpu.get("used", 0),
            saved=gpu.get("saved", 0),
            created=parse_time(meta["creationTimestamp"]) or 0.0,
            completed=parse_time(status.get("completionTime")),
            observed="phase" in status,
            troubles=tuple(_troubles(status.get("conditions") or ())),
        )

    @property
    def ended(self) -> int:
        """How many trials have ended."""
        kinds = ("succeeded", "earlyStopped", "failed", "canceled")
        return sum(self.counts.get(kind, 0) for kind in kinds)

    @property
    def total(self) -> int:
        """How many trials there are to be; at least those that have ended, should the limit have been
        lowered below them.
        """
        return max(self.counts["total"], self.ended)

    @property
    def is_over(self) -> bool:
        return self.phase in ("Complete", "Failed")

    def warnings(self, now: float) -> tuple[str, ...]:
        """What needs a person: its conditions' words, or that no operator has seen it.

        Args:
            now: seconds since the epoch.
        """
        waited = now - self.created
        if self.observed or waited < _OPERATOR_SECONDS:
            return self.troubles
        return (
            f"OperatorMissing: no operator has accepted this sweep in {waited:.0f} s; see whether one is "
            "installed and runs: kubectl get deployments -A -l app.kubernetes.io/name=sweepjob",
        )

    def reason(self, now: float) -> str:
        """The first word of the first warning, for a column; empty where there is none."""
        return next((warning.partition(":")[0] for warning in self.warnings(now)), "")


def _troubles(conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for condition in conditions:
        bad = "False" if condition["type"] == names.ACCEPTED else "True"
        if condition["type"] in (names.ACCEPTED, *_SERIOUS) and condition["status"] == bad:
            found.append(f"{condition['reason']}: {condition['message']}")
    return found


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial.

    Attributes:
        parameters: leaves, nested ones with dots, as texts.
        used: GPU-seconds.
    """

    record: Record
    curve: Curve = field(repr=False)
    parameters: Mapping[str, str]
    used: float

    @classmethod
    def of(cls, body: Mapping[str, Any], goal: Goal) -> TrialView:
        record = parse_record(body)
        return cls(
            record=record,
            curve=load_curve(record.curve, Curve(goal)),
            parameters={name: text_of(value) for name, value in leaves(record.assignment)},
            used=sum(record.gpu_used.values()),
        )

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def index(self) -> int:
        return self.record.index

    @property
    def phase(self) -> str:
        """The phase on record; of a trial that nothing can be done about, that."""
        return "Unreadable" if self.record.is_held else self.record.phase.value

    @property
    def ended(self) -> float | None:
        """Seconds since the epoch; None before."""
        return self.record.ended

    @property
    def best(self) -> float | None:
        return self.curve.best

    @property
    def unreadable(self) -> str:
        """What of its record cannot be read; empty as a rule."""
        problems = "; ".join(self.record.problems)
        return f"its record cannot be read in full: {problems}" if problems else ""

    def seconds(self, now: float) -> float | None:
        """How long it has run, or ran; None where that is not on record."""
        started, ended = self.record.started, self.ended
        if started is None or (ended is None and self.record.phase.is_end):
            return None
        return (now if ended is None else ended) - started

    def shape(self) -> list[float]:
        """Its reports, as far as they are kept."""
        return [*self.curve.values, *(point.value for point in self.curve.later)]


def trial_views(bodies: Sequence[Mapping[str, Any]], goal: Goal) -> list[TrialView]:
    """All trials by their index. What is no record of a trial, though its labels say so, is none."""
    found = []
    for body in bodies:
        with contextlib.suppress(ValueError):
            found.append(TrialView.of(body, goal))
    return sorted(found, key=lambda trial: trial.index)


def warm_started_by(
    source: Mapping[str, Any], bodies: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Of the trials of a sweep's name, those of the sweep that a status names as a source."""
    return [body for body in bodies if owner_uid(body) == source["uid"]]


def by_score(trials: Sequence[TrialView]) -> list[TrialView]:
    """The best first; those that reported nothing come last."""
    return sorted(trials, key=lambda t: (-t.curve.score, t.index))


def best_so_far(trials: Sequence[TrialView], goal: Goal) -> list[float]:
    """The best value as it stood when each trial that has one was ended, then with those that run."""
    ended = sorted((t for t in trials if t.ended is not None), key=lambda t: (t.ended, t.index))
    reached: list[float] = []
    for trial in [*ended, *(t for t in trials if t.ended is None)]:
        if trial.best is not None:
            better = not reached or goal.score(trial.best) > goal.score(reached[-1])
            reached.append(trial.best if better else reached[-1])
    return reached


def parameter_names(trials: Sequence[TrialView]) -> list[str]:
    """Every parameter of any trial, in the order in which they come up."""
    return list(dict.fromkeys(name for trial in trials for name in trial.parameters))
