"""Prints rows of results in the format of ``--output``."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .escaping import escape_csv_cell, escape_json
from .formatting import format_duration
from .table import format_table, print_output, table_width

Row = Mapping[str, Any]
FORMATS = ("table", "json", "yaml", "csv", "name")


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str] = FORMATS) -> None:
    """Add the flag ``--output``; the first format is the default."""
    parser.add_argument(
        "-o",
        "--output",
        choices=formats,
        default=formats[0],
        help=f"output format (default: {formats[0]})",
    )
    if "table" in formats:
        add_wide(parser)


def add_wide(parser: argparse.ArgumentParser) -> None:
    """Add the flag ``--wide``."""
    parser.add_argument(
        "--wide", action="store_true", help="do not cut tables to the width of the terminal"
    )


def print_rows(
    rows: Sequence[Row],
    output: str,
    kind: str,
    columns: Sequence[str] | None = None,
    *,
    wide: bool = False,
) -> None:
    """Print rows.

    Args:
        rows: values by column name in camelCase. Tables have the name in capitals as the header,
            ``seconds`` as TIME. Each entry of a value that is a mapping becomes a column.
        output: one of ``FORMATS``.
        kind: prefix of the format ``name``, as in kubectl's.
        columns: columns of a table; None for all. The other formats have all columns.
        wide: a table may be wider than the terminal.
    """
    if output in ("json", "yaml"):
        from .trial_rows import json_value  # slow to import

        rows = [json_value(row) for row in rows]
    match output:
        case "json":
            print_output(json_text(list(rows)), is_data=True)
        case "yaml":
            print_output(yaml_text(list(rows)), is_data=True)
        case "csv":
            print_output(_csv(rows).rstrip("\n"), is_data=True)
        case "name":
            for row in rows:
                print_output(f"{kind}/{row['name']}", is_data=True)
        case _:
            print_output(rows_table(rows, columns, table_width(wide=wide)))


def json_text(data: Any) -> str:
    """Return indented JSON."""
    return escape_json(json.dumps(data, ensure_ascii=False, indent=2))


def yaml_text(data: Any) -> str:
    """Return YAML, with everything but printable ASCII escaped."""
    import yaml  # slow to import, and needed by one format only

    return str(yaml.safe_dump(data, sort_keys=False, width=1000)).rstrip()


def _flatten(rows: Sequence[Row]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the columns of rows, and the rows with each mapping replaced by its entries.

    The entries of a mapping are columns beside each other, also those that the first row lacks. An entry
    with the name of another column gets the name of its mapping as a prefix, in all rows.
    """
    columns: list[str] = []
    flat: list[dict[str, Any]] = [{} for _ in rows]
    keys = dict.fromkeys(key for row in rows for key in row)
    taken = set(keys)
    for key in keys:
        values = [row.get(key) for row in rows]
        names = _entry_names(key, values, taken)
        taken.update(names.values())
        is_plain = any(key in row and not isinstance(row[key], Mapping) for row in rows)
        columns += [key] * is_plain + list(names.values())
        for row, value, target in zip(rows, values, flat, strict=True):
            if isinstance(value, Mapping):
                target |= {names[entry]: inner for entry, inner in value.items()}
            elif key in row:
                target[key] = value
    return columns, flat


def _entry_names(key: str, values: Sequence[Any], taken: Collection[str]) -> dict[str, str]:
    """Return the column of each entry of the mappings of a key."""
    entries = dict.fromkeys(entry for v in values if isinstance(v, Mapping) for entry in v)
    return {entry: f"{key}.{entry}" if entry in taken else entry for entry in entries}


def _csv(rows: Sequence[Row]) -> str:
    columns, flat = _flatten(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(escape_csv_cell, columns))
    writer.writerows([_csv_cell(row.get(name, "")) for name in columns] for row in flat)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    exact = _exact(value)
    return escape_csv_cell(exact) if isinstance(exact, str) else exact


def _exact(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(str(_exact(item)) for item in value)
    return "" if value is None else value


def rows_table(
    rows: Sequence[Row], columns: Sequence[str] | None = None, width: int | None = None
) -> str:
    """Return rows as a table; see ``print_rows``.

    Args:
        rows: values by column name.
        columns: columns of the table; None for all.
        width: maximum number of characters of a line; None for any.
    """
    # Names of parameters stay unchanged; the program's own columns are in capitals.
    own = {key for row in rows for key, value in row.items() if not isinstance(value, Mapping)}
    names, flat = _flatten(
        [row if columns is None else {k: v for k, v in row.items() if k in columns} for row in rows]
    )
    heads = [_title(name) if name in own else name for name in names]
    formats = {
        name: _CELL_FORMATS.get(name, format_value) if name in own else format_parameter
        for name in names
    }
    cells = [[formats[name](row.get(name)) for name in names] for row in flat]
    return format_table(heads, cells, width, [_title(name) for name in _EXPENDABLE])


def _title(name: str) -> str:
    if name == "seconds":
        return "TIME"
    return "".join(f"-{c}" if c.isupper() else c for c in name).upper()


def format_parameter(text: str | float | None) -> str:
    """Return the text of a parameter, or of a value of a metric; a number is rounded to six digits."""
    if isinstance(text, float):
        return format_value(text)
    try:
        return f"{float(text or ''):.6g}"
    except ValueError:
        return text or ""


def format_value(value: Any) -> str:
    """Return a value as text: a float with six digits, nothing for None."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


# Columns that a narrow terminal lacks first.
_EXPENDABLE = (
    "gpuSecondsSaved",
    "gpuSecondsUsed",
    "gpuSeconds",
    "running",
    "last",
    "reports",
    "reason",
)
_CELL_FORMATS = {"seconds": format_duration}
