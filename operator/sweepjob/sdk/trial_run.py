"""One trial, as it is on record."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import Any

from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from ..objective import Goal
from ..render.views import TrialView
from ..search.space import Assignment, leaves

# Azure's words for how a job is (Azure semantics, "Trial states and the best trial").
_STATUS = {
    TrialPhase.PENDING: "NotStarted",
    TrialPhase.QUEUED: "Queued",
    TrialPhase.RUNNING: "Running",
    TrialPhase.STOPPING: "CancelRequested",
    TrialPhase.SUCCEEDED: "Completed",
    TrialPhase.EARLY_STOPPED: "Canceled",
    TrialPhase.CANCELED: "Canceled",
    TrialPhase.FAILED: "Failed",
}


@dataclass(frozen=True)
class TrialRun:
    """A trial.

    Attributes:
        name, index: of the trial; ``id`` is its name, as in Azure.
        parameters: as they were proposed; a chosen branch is a dict of its own.
        phase: ``Pending``, ``Queued``, ``Running``, ``Stopping``, ``Succeeded``, ``EarlyStopped``,
            ``Failed``, ``Canceled``.
        reason, message: why it is in this phase.
        value: the best value it ever reported; None before the first.
        values: what it reported, as far as it is kept: the first thousand, then one in so many.
        reports: how many reports it made.
        stop: the decision that ended it, with its threshold; None if nobody decided.
        seconds: how long it ran; None before it started.
        gpu_seconds, gpu_seconds_saved: used, and spared by stopping it.
    """

    name: str
    index: int
    parameters: Assignment
    phase: str
    reason: str
    message: str
    value: float | None
    values: tuple[float, ...]
    intervals: tuple[int, ...]
    reports: int
    stop: StopDecision | None
    started: float | None
    ended: float | None
    seconds: float | None
    gpu_seconds: float
    gpu_seconds_saved: float

    @classmethod
    def of(cls, view: TrialView, now: float) -> TrialRun:
        record, curve = view.record, view.curve
        intervals = [*range(1, len(curve.values) + 1), *(p.interval for p in curve.later)]
        return cls(
            name=view.name,
            index=view.index,
            parameters=record.assignment,
            phase=view.phase,
            reason=record.stop.reason if record.stop else record.reason,
            message=record.stop.message if record.stop else record.message,
            value=view.best,
            values=tuple(view.shape()),
            intervals=tuple(intervals),
            reports=curve.count,
            stop=record.stop,
            started=record.started,
            ended=view.ended,
            seconds=view.seconds(now),
            gpu_seconds=view.used,
            gpu_seconds_saved=record.gpu_saved,
        )

    @property
    def id(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        """In Azure's words: ``Completed``, ``Canceled``, ``Running`` ..."""
        return _STATUS[TrialPhase(self.phase)]

    @property
    def is_finished(self) -> bool:
        return TrialPhase(self.phase).is_end

    @property
    def flat_parameters(self) -> dict[str, Any]:
        """The parameters with dots for nested ones: ``model.units``."""
        return dict(leaves(self.parameters))

    def score(self, goal: Goal) -> float:
        """Larger is better; minus infinity for a trial without a value."""
        return float("-inf") if self.value is None else goal.score(self.value)

    def get_metrics(self) -> dict[str, Any]:
        """The primary metric's values; the names of others are on record, their values are not."""
        return {"best": self.value, "values": list(self.values)}

    def to_row(self) -> dict[str, Any]:
        """The trial as a row of a table, its parameters as columns named ``parameters.NAME``."""
        row = {
            key: getattr(self, key)
            for key in (
                "name",
                "index",
                "phase",
                "value",
                "reports",
                "seconds",
                "gpu_seconds",
                "reason",
            )
        }
        return row | {f"parameters.{name}": v for name, v in self.flat_parameters.items()}

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(str(k))}</th><td>{html.escape(_text(v))}</td></tr>"
            for k, v in self.to_row().items()
        )
        message = html.escape(self.message)
        return f"<table>{rows}</table><p>{message}</p>"


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def as_json(parameters: Assignment) -> str:
    """Parameters as v1's methods give them."""
    return json.dumps(parameters)
