"""One trial of a submitted sweep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api.criteria import Criteria
from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from ..objective import Goal
from ..protocol import MetricCurve
from ..read_model.ranking import outcome_of
from ..read_model.trial_view import TrialView
from ..search.space import Assignment, leaves
from .displays import Displayed, Table
from .notebook import escaped, html_table, metric_table
from .submitted_members import TrialJobOfAzure

# Azure's names of the status of a job (Azure semantics, "Trial states and the best trial").
_STATUS = {
    TrialPhase.PENDING: "NotStarted",
    TrialPhase.QUEUED: "Queued",
    TrialPhase.RUNNING: "Running",
    TrialPhase.STOPPING: "CancelRequested",
    TrialPhase.PAUSED: "Paused",
    TrialPhase.SUCCEEDED: "Completed",
    TrialPhase.EARLY_STOPPED: "Canceled",
    TrialPhase.CANCELED: "Canceled",
    TrialPhase.FAILED: "Failed",
}


@dataclass(frozen=True)
class TrialRun(TrialJobOfAzure, Displayed):
    """A trial.

    Attributes:
        name: Name of the SweepTrial.
        index: Index of the trial in its sweep.
        parameters: Proposed parameters; the parameters of a chosen branch are a dict.
        phase: ``Pending``, ``Queued``, ``Running``, ``Stopping``, ``Paused``, ``Succeeded``,
            ``EarlyStopped``, ``Failed`` or ``Canceled``.
        reason: Reason of the phase, in one word.
        message: Explanation of the phase.
        value: Best value of the primary metric; None until the trial has reported.
        values: Stored reports: the first thousand, then every nth.
        intervals: Interval of each stored report, from 1.
        reports: Number of reports.
        stop: Decision that stopped the trial, with its threshold; None if there was none.
        started: Start time in seconds since the epoch; None before.
        ended: End time in seconds since the epoch; None before.
        seconds: Run time; None before the start.
        gpu_seconds: GPU time used.
        gpu_seconds_saved: Estimated GPU time saved by an early stop.
        code: Hash of its code, or the image or claim that it was mounted from; empty if it was in the
            trial's own image.
        log: Last lines that its newest attempt printed; empty before that has ended.
        metrics: Curves of the other metrics by name: their reports, thinned to 64 at most.
        pause: Decision that paused the trial, while it is paused; None otherwise.
        results: Values that are compared, by metric; empty with one objective and no constraints.
        feasible: Whether it meets the constraints; None without constraints, or while a value is missing.
        tags: Tags that people gave it, by key; see ``SweepRun.tag_trial``.
        note: What a person noted about it; see ``SweepRun.note_trial``.
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
    code: str = ""
    log: str = ""
    metrics: Mapping[str, MetricCurve] = field(default_factory=dict, repr=False)
    pause: StopDecision | None = None
    results: Mapping[str, float] = field(default_factory=dict)
    feasible: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(cls, view: TrialView, now: float, criteria: Criteria | None = None) -> TrialRun:
        """Return the trial of a view.

        Args:
            view: The view.
            now: Seconds since the epoch.
            criteria: Objectives and constraints of the sweep; None for one objective.
        """
        record, curve = view.record, view.curve
        results, feasible = dict[str, float](), None
        if criteria is not None and not criteria.is_plain:
            outcome = outcome_of(view, criteria)
            results = dict(outcome.values)
            feasible = outcome.is_feasible if criteria.constraints else None
        intervals = [*range(1, len(curve.values) + 1), *(p.interval for p in curve.thinned)]
        return cls(
            name=view.name,
            index=view.index,
            parameters=record.parameters,
            phase=view.phase,
            reason=record.stop.reason if record.stop else record.reason,
            message=record.stop.message if record.stop else record.message,
            value=view.best,
            values=tuple(view.reported_values()),
            intervals=tuple(intervals),
            reports=curve.count,
            stop=record.stop,
            started=record.started,
            ended=view.ended,
            seconds=view.seconds(now),
            gpu_seconds=view.gpu_seconds_used,
            gpu_seconds_saved=record.gpu_saved,
            code=record.code,
            log=[*view.log_tails.values()][-1].text if view.log_tails else "",
            metrics=view.other_metrics,
            pause=record.pause,
            results=results,
            feasible=feasible,
            tags=dict(view.tags),
            note=view.note,
        )

    @property
    def id(self) -> str:
        """Name of the SweepTrial, by Azure's name for it."""
        return self.name

    @property
    def status(self) -> str:
        """Azure's name of the phase: ``Completed``, ``Canceled``, ``Running`` and so on."""
        return _STATUS[TrialPhase(self.phase)]

    @property
    def is_finished(self) -> bool:
        """Whether the trial has ended."""
        return TrialPhase(self.phase).is_end

    @property
    def flat_parameters(self) -> dict[str, Any]:
        """Parameters by dotted name, such as ``model.units``."""
        return dict(leaves(self.parameters))

    def score(self, goal: Goal) -> float:
        """Return a score of which larger is better; minus infinity for a trial without a value.

        Args:
            goal: Goal of the sweep.
        """
        return float("-inf") if self.value is None else goal.score(self.value)

    def get_metrics(self) -> dict[str, Any]:
        """Return the values of the primary metric, and those of the other metrics by name.

        Those of the other metrics are in ``metrics``: a list of at most 65 values for each, thinned, the
        last one included.
        """
        others = {n: [value for _, value in c.points()] for n, c in self.metrics.items()}
        return {"best": self.value, "values": list(self.values), "metrics": others}

    def to_row(self) -> dict[str, Any]:
        """Return the trial as a row of a table, with a column ``parameters.NAME`` for each parameter."""
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
        if self.results:
            row |= {"feasible": self.feasible}
            row |= {f"results.{name}": value for name, value in self.results.items()}
        row |= {f"tags.{key}": value for key, value in self.tags.items()}
        row |= {"note": self.note} if self.note else {}
        return row | {f"parameters.{name}": v for name, v in self.flat_parameters.items()}

    def _display(self) -> tuple[str, str]:
        rows = [[name, _text(value)] for name, value in self.to_row().items()]
        message = f"<p>{escaped(self.message)}</p>"
        markup = html_table((), rows) + message + metric_table(self.metrics)
        return markup, "\n".join([*(f"{name}: {value}" for name, value in rows), self.message])


def trial_table(trials: Sequence[TrialRun], metric: str) -> Table[TrialRun]:
    """Return a list of trials that is displayed as a table.

    Args:
        trials: the trials.
        metric: name of the primary metric.
    """
    names = list(dict.fromkeys(name for trial in trials for name in trial.flat_parameters))
    results = list(dict.fromkeys(name for trial in trials for name in trial.results))
    rows = [
        [t.name, t.phase, *map(_text, (*_compared(t, results), t.reports))]
        + [_text(t.flat_parameters.get(name, "")) for name in names]
        for t in trials
    ]
    return Table(trials, ["trial", "phase", *(results or [metric]), "reports", *names], rows)


def _compared(trial: TrialRun, results: Sequence[str]) -> list[Any]:
    """Return the values that are compared: those of several metrics, or the best one."""
    if results:
        return [trial.results.get(name, "") for name in results]
    return ["" if trial.value is None else trial.value]


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def parameters_json(parameters: Assignment) -> str:
    """Return parameters as JSON, as methods of v1 of Azure's client do."""
    return json.dumps(parameters)
