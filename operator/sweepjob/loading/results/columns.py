"""Finds out what the columns of a table are: parameters, metrics, states, reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from .fields import METRIC_PREFIXES, PARAMETER_PREFIXES, parameter_of, without_prefix
from .result import Wanted

_OURS = ("name", "index", "phase", "best", "last", "reports")
# Of our export: what it has before and after the parameters, whose columns have no prefix.
_BEFORE, _AFTER = "reason", "bestInterval"
# Names and prefixes of our columns after them. A parameter that is behind them is from an earlier export,
# whose first trial had another branch of a choice.
_LATER = (
    *("bestInterval", "message", "started", "ended", "failures", "disruptions", "code", "note"),
    *("values", "metric", "goal", "front", "feasible", "stopPolicy", "stopInterval", "stopValue"),
    *("stopThreshold", "stopComparators"),
)
_LATER_PREFIXES = ("tags.", "metrics.", "results.")
_STATES = ("phase", "state", "status")
_NAMED = ("metric", "goal")


@dataclass(slots=True)
class Columns:
    """Which columns have what.

    Attributes:
        parameters: column by parameter.
        metrics: column by metric.
        state: the column with the state; None without one.
        reports, count: of our export, the columns with the reports and their number.
        named: the columns with the metric and the goal of our export.
        unused: the others.
    """

    parameters: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)
    state: int | None = None
    reports: int | None = None
    count: int | None = None
    named: dict[str, int] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


def read_columns(header: list[str], wanted: Wanted) -> tuple[str, Columns]:
    """Return what wrote a table, empty if that is not known, and its columns.

    Args:
        header: the names of the columns.
        wanted: what is looked for.
    """
    if tuple(header[: len(_OURS)]) == _OURS and _BEFORE in header and _AFTER in header:
        after = header.index(_AFTER)
        own: Collection[int] = [
            *range(header.index(_BEFORE) + 1, after),
            *_late(header, after, wanted),
        ]
        return "our export", _read(header, wanted, own, is_ours=True)
    is_optuna = {"number", "state"} <= set(header)
    own = range(0) if is_optuna else range(len(header))
    return "trials of Optuna" if is_optuna else "", _read(header, wanted, own, is_ours=False)


def _late(header: list[str], after: int, wanted: Wanted) -> Iterator[int]:
    """Yield the columns of our export that are parameters though they are among its last columns."""
    for number, name in enumerate(header[after:], after):
        is_ours = name in _LATER or name.startswith(_LATER_PREFIXES)
        if not is_ours and name in wanted.parameters:
            yield number


def _read(header: list[str], wanted: Wanted, own: Collection[int], *, is_ours: bool) -> Columns:
    """Return the columns of a table.

    Args:
        header: the names of the columns.
        wanted: what is looked for.
        own: the columns that may be parameters without a prefix.
        is_ours: whether the table is our export: each of these columns is a parameter.
    """
    columns = Columns()
    for number, name in enumerate(header):
        bare = without_prefix(name, PARAMETER_PREFIXES)
        meant = parameter_of(name if bare is None else bare, wanted)
        is_parameter = number in own and (is_ours or meant in wanted.parameters)
        if bare is not None or is_parameter:
            columns.parameters.setdefault(meant, number)
        elif not _read_metric(columns, name, number, wanted) and not _read_other(
            columns, name, number, is_ours=is_ours
        ):
            columns.unused.append(name)
    _read_unnamed(columns, header, wanted)
    return columns


def _read_metric(columns: Columns, name: str, number: int, wanted: Wanted) -> bool:
    bare = without_prefix(name, METRIC_PREFIXES)
    for metric in (name, bare):
        if metric in wanted.metrics:
            columns.metrics.setdefault(metric, number)
            return True
    return False


def _read_other(columns: Columns, name: str, number: int, *, is_ours: bool) -> bool:
    if name.lower() in _STATES and columns.state is None:
        columns.state = number
    elif is_ours and name == "values":
        columns.reports = number
    elif is_ours and name == "reports":
        columns.count = number
    elif is_ours and name in _NAMED:
        columns.named[name] = number
    else:
        return False
    return True


def _read_unnamed(columns: Columns, header: list[str], wanted: Wanted) -> None:
    """Find the values of objectives that have no column of their name: ``value``, ``values_0``."""
    for position, metric in enumerate(wanted.metrics[: wanted.objectives]):
        names = (f"values_{position}", *(("value", "best") if wanted.objectives == 1 else ()))
        for name in names:
            is_free = name in header and name not in columns.parameters
            if is_free and metric not in columns.metrics:
                columns.metrics[metric] = header.index(name)
                columns.unused = [other for other in columns.unused if other != name]
