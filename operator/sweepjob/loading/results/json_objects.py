"""Reads results from JSON: our export, our records, Katib's trials, and rows of a table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from ...api.sweeptrial.serialization import parse_record
from .fields import check_objective, child, finite, phase_of
from .katib import katib_trial
from .result import MAX_FIELDS, Result, ResultsError, ResultTable, Wanted, shown
from .table import parse_records

_GROUPS = ("parameters", "params", "config", "metrics", "results", "summary")  # W&B: the last one


def parse_objects(found: Iterator[tuple[str, Any]], wanted: Wanted) -> ResultTable:
    """Return the results of objects.

    Args:
        found: the objects, with their places.
        wanted: what is looked for.

    Raises:
        ResultsError: they are none of a known format.
    """
    first = next(found, None)
    if first is None:
        raise ResultsError("has no trial")
    kind, parse = _format_of(*first)
    objects = ((where, _object(where, one)) for where, one in itertools.chain([first], found))
    if parse is None:
        return _table(list(objects), wanted)
    return ResultTable(kind, [parse(where, one, wanted) for where, one in objects])


def _format_of(where: str, first: Any) -> tuple[str, Any]:
    one = _object(where, first)
    if one.get("kind") == "SweepTrial":
        return "SweepTrials", _record
    if one.get("kind") == "Trial" and str(one.get("apiVersion", "")).startswith("kubeflow.org/"):
        return "trials of Katib", katib_trial
    if isinstance(one.get("parameters"), Mapping) and "bestInterval" in one:
        return "our export", _exported
    return "a table", None


def _object(where: str, one: Any) -> Mapping[str, Any]:
    if not isinstance(one, Mapping):
        raise ResultsError(f"{where}: {shown(one)}: must be an object of one trial")
    if len(one) > MAX_FIELDS:
        raise ResultsError(f"{where}: has {len(one)} keys; at most {MAX_FIELDS} are read")
    return one


def _table(objects: list[tuple[str, Mapping[str, Any]]], wanted: Wanted) -> ResultTable:
    """Return the results of objects without a format: each key is a column, as in pandas' to_json."""
    flat = [(where, _flat(one)) for where, one in objects]
    header = list(dict.fromkeys(key for _, one in flat for key in one))
    if len(header) > MAX_FIELDS:
        raise ResultsError(f"has {len(header)} different keys; at most {MAX_FIELDS} are read")
    rows = ((where, [one.get(key) for key in header]) for where, one in flat)
    return parse_records(objects[0][0], header, rows, wanted)


def _flat(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with dotted names in place of the objects in it, one level deep."""
    flat: dict[str, Any] = {}
    for key, value in one.items():
        if isinstance(value, Mapping) and key in _GROUPS:
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat


def _exported(where: str, row: Mapping[str, Any], wanted: Wanted) -> Result:
    """Return a row of our JSON export."""
    check_objective(where, row, wanted)
    values: dict[str, float] = {}
    for metric in wanted.metrics:
        last = child(child(row, "metrics"), metric).get("last")
        number = finite(child(row, "results").get(metric, last), where, metric)
        if number is not None:
            values[metric] = number
    best = finite(row.get("best"), where, "best")
    if best is not None and wanted.objectives == 1:
        values.setdefault(wanted.metrics[0], best)
    listed = row.get("values")
    reports = [finite(v, where, "values") for v in listed] if isinstance(listed, list) else []
    whole = tuple(value for value in reports if value is not None)
    is_whole = len(whole) == len(reports) == row.get("reports")
    phase = phase_of(row.get("phase"), where)
    return Result(where, child(row, "parameters"), phase, values, whole if is_whole else ())


def _record(where: str, body: Mapping[str, Any], wanted: Wanted) -> Result:
    """Return a SweepTrial, as kubectl prints it."""
    try:
        record = parse_record(body)
    except ValueError as error:
        raise ResultsError(f"{where}: {error}") from None
    if record.is_unmanaged:
        raise ResultsError(f"{where}: cannot be read: {'; '.join(record.problems)[:200]}")
    curve = record.curve
    values = {name: value for name, value in record.values.items() if name in wanted.metrics}
    own = curve.best if wanted.objectives == 1 else curve.last
    if (number := finite(own, where, "status.curve")) is not None:
        values.setdefault(wanted.metrics[0], number)
    is_whole = len(curve.values) == curve.reports and curve.carried is None and curve.is_whole
    reports = tuple(curve.values) if is_whole else ()
    return Result(where, record.assignment, record.phase, values, reports)
