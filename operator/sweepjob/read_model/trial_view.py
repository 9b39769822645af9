"""A SweepTrial as commands, the dashboard and the SDK show it; orders and groups of such trials."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api.parsing.lenient_reader import LenientReader
from ..api.phases import TrialPhase
from ..api.sweeptrial.annotations import Tags, parse_note, parse_tags
from ..api.sweeptrial.curve_encoding import load_curve
from ..api.sweeptrial.log_tail import LogTail, parse_log_tails
from ..api.sweeptrial.other_metrics import KEY as OTHER_METRICS
from ..api.sweeptrial.other_metrics import other_metrics_of
from ..api.sweeptrial.serialization import owner_uid, parse_record
from ..api.sweeptrial.trial_record import TrialRecord
from ..early_stopping.curve import Curve
from ..objective import Goal
from ..protocol import MetricCurve
from ..search.space import leaves
from ..template.references import value_text


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial.

    Attributes:
        record: The parsed SweepTrial.
        curve: The stored reports.
        parameters: Parameters as texts by dotted name.
        gpu_seconds_used: GPU time used.
        log_tails: Ends of the logs of its attempts, by attempt.
        stored_metrics: ``status.otherMetrics`` as it is stored; ``other_metrics`` parses it.
        source: What proposed its parameters, such as ``bayesian seed 4``; empty if it is not known.
        tags: Tags that people gave it, by key.
        note: What a person noted about it; empty without a note.
    """

    record: TrialRecord
    curve: Curve = field(repr=False)
    parameters: Mapping[str, str]
    gpu_seconds_used: float
    log_tails: Mapping[int, LogTail] = field(default_factory=dict, repr=False)
    stored_metrics: Any = field(default=None, repr=False)
    source: str = ""
    tags: Tags = field(default_factory=dict, repr=False)
    note: str = field(default="", repr=False)

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
        metadata = LenientReader(body["metadata"], "metadata")
        return cls(
            record=record,
            curve=load_curve(record.curve, Curve(goal)),
            parameters={name: value_text(value) for name, value in leaves(record.parameters)},
            gpu_seconds_used=sum(record.gpu_used.values()),
            log_tails=parse_log_tails(body),
            # Not parsed: thousands of trials have twenty curves each, and few are looked at.
            stored_metrics=(body.get("status") or {}).get(OTHER_METRICS),
            source=str(body["spec"].get("source", "")),
            tags=parse_tags(metadata),
            note=parse_note(metadata),
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
    def other_metrics(self) -> dict[str, MetricCurve]:
        """Curves of the metrics besides the primary one, by name."""
        return other_metrics_of(self.stored_metrics)[0]

    @property
    def unreadable_metrics(self) -> str:
        """Which curves of other metrics cannot be read; empty if all can."""
        problems = "; ".join(other_metrics_of(self.stored_metrics)[1])
        return f"curves of other metrics cannot be read: {problems}" if problems else ""

    @property
    def unreadable(self) -> str:
        """Which fields of the status cannot be read; empty if all can."""
        problems = "; ".join(self.record.problems)
        return f"its record cannot be read in full: {problems}" if problems else ""

    def seconds(self, now: float) -> float | None:
        """Return the run time in seconds; None if it is not recorded.

        That of a paused trial does not grow, also if the trial ends without continuing.

        Args:
            now: seconds since the epoch.
        """
        started, ended = self.record.started, self.ended
        ended_paused = self.record.ran > 0 and not self.record.job_created and ended is not None
        if self.record.phase is TrialPhase.PAUSED or ended_paused:
            return self.record.ran if started is not None else None
        if started is None or (ended is None and self.record.phase.is_end):
            return None
        # The two times may be of clocks that differ: a node's, the operator's, the reader's.
        return max(0.0, (now if ended is None else ended) - started)

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
