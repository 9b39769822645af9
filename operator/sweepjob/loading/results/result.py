"""The results of trials that another program, or a sweep that is gone, has run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...api.phases import TrialPhase
from ...objective import Goal

MAX_BYTES = 1_000_000  # a ConfigMap holds 1 MiB
MAX_RESULTS = 10_000
KNOWN_FORMATS = (
    "sweepjob export (-o csv or -o json), Optuna's trials_dataframe().to_csv(), Katib's trials "
    "(kubectl get trials -o json), or a CSV table with a column for each parameter and metric"
)
MAX_FIELDS = 2_000  # columns of a table, or keys of an object


class ResultsError(ValueError):
    """Results that cannot be read; the message has the place, what was found, and a remedy."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The metrics and parameters to find in results.

    Attributes:
        parameters: names of the parameters of the search space, dotted.
        metrics: the metrics of objectives, then those of constraints.
        objectives: how many of them are of objectives.
        goal: the goal of the first objective.
    """

    parameters: frozenset[str]
    metrics: tuple[str, ...]
    objectives: int
    goal: Goal


@dataclass(frozen=True, slots=True)
class Result:
    """One trial.

    Attributes:
        where: where it is in the text: ``line 3``, or ``[2]``.
        parameters: values by name, as they are written; of CSV, texts.
        phase: how it ended, or what it does.
        values: its values by metric, as far as they are finite numbers.
        reports: all its reports of the primary metric; empty where not all are known.
    """

    where: str
    parameters: Mapping[str, Any]
    phase: TrialPhase
    values: Mapping[str, float]
    reports: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultTable:
    """All results of a text.

    Attributes:
        kind: what the text was taken for, such as ``trials of Katib``.
        results: the trials.
        unused: columns that are neither a parameter nor a metric.
        note: what is to be said of how it was read; empty where there is nothing.
    """

    kind: str
    results: list[Result] = field(default_factory=list)
    unused: tuple[str, ...] = ()
    note: str = ""


def check_count(before: int) -> None:
    """Check that one more row may be read.

    Args:
        before: number of rows before it, with the header of a table.

    Raises:
        ResultsError: there are too many.
    """
    if before > MAX_RESULTS:
        raise ResultsError(f"has more than {MAX_RESULTS} trials; leave out the worst ones")


def shown(value: Any) -> str:
    """Return foreign content for a message: printable, and not long."""
    text = repr(value[:100] if isinstance(value, str) else value)
    return text if len(text) <= 80 else f"{text[:77]}..."
