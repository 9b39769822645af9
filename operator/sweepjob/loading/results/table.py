"""Reads results from a table: our CSV export, Optuna's, MLflow's, or one made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...render.escaping import unescape_csv_cell
from .columns import Columns, read_columns
from .fields import check_objective, finite, phase_of
from .result import MAX_FIELDS, Result, ResultsError, ResultTable, Wanted, shown


def parse_table(rows: Iterator[tuple[str, list[str]]], wanted: Wanted) -> ResultTable:
    """Return the results of a table.

    Args:
        rows: the header, then a row for each trial, with their places.
        wanted: what is looked for.

    Raises:
        ResultsError: it has no column of a parameter or of a metric, or a cell cannot be read.
    """
    where, header = next(rows, ("line 1", []))
    return parse_records(where, header, rows, wanted)


def parse_records(
    where: str,
    header: Sequence[str],
    rows: Iterator[tuple[str, list[Any]]],
    wanted: Wanted,
) -> ResultTable:
    """Return the results of rows, whose cells may be numbers.

    Args:
        where: the place of the header.
        header: the names of the columns.
        rows: the rows, with their places.
        wanted: what is looked for.
    """
    if len(set(header)) < len(header):
        twice = next(name for n, name in enumerate(header) if name in header[:n])
        raise ResultsError(f"{where}: column {shown(twice)}: is there twice; rename one")
    kind, columns = read_columns(list(header), wanted)
    listed = ", ".join(map(shown, header[:10])) + (", ..." if len(header) > 10 else "")
    if not columns.parameters:
        need = ", ".join(sorted(wanted.parameters)[:10])
        raise ResultsError(f"{where}: has no column of a parameter ({need}); columns: {listed}")
    missing = [name for name in wanted.metrics[: wanted.objectives] if name not in columns.metrics]
    if missing:
        raise ResultsError(
            f"{where}: has no column {', '.join(map(shown, missing))}, which is the metric of an "
            f"objective; columns: {listed}"
        )
    results = []
    for place, row in rows:
        if len(row) != len(header):
            raise ResultsError(f"{place}: has {len(row)} cells, and the header has {len(header)}")
        results.append(_result(place, row, columns, wanted))
    unused = () if kind else tuple(columns.unused)
    return ResultTable(kind or "a table", results, unused)


def _result(where: str, row: Sequence[Any], columns: Columns, wanted: Wanted) -> Result:
    check_objective(where, {name: row[at] for name, at in columns.named.items()}, wanted)
    parameters = {
        name: unescape_csv_cell(row[number])
        for name, number in columns.parameters.items()
        if row[number] is not None and row[number] != ""
    }
    values = {
        name: value
        for name, number in columns.metrics.items()
        if (value := finite(row[number], where, name)) is not None
    }
    state = None if columns.state is None else row[columns.state]
    return Result(where, parameters, phase_of(state, where), values, _reports(where, row, columns))


def _reports(where: str, row: Sequence[Any], columns: Columns) -> tuple[float, ...]:
    """Return all reports of a trial; none if the table has a part of them."""
    if columns.reports is None or columns.count is None:
        return ()
    words = str(row[columns.reports]).split()
    found = tuple(finite(word, where, "values") for word in words)
    complete = tuple(value for value in found if value is not None)
    is_whole = len(complete) == len(found) and str(len(found)) == str(row[columns.count])
    return complete if is_whole and len(found) <= MAX_FIELDS else ()
