"""Rows of results in the format that was asked for."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .escaping import json_safe, spreadsheet_cell
from .formatting import duration
from .table import say, table
from .trial_rows import plain

Row = Mapping[str, Any]
FORMATS = ("table", "json", "yaml", "csv", "name")


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str] = FORMATS) -> None:
    parser.add_argument("-o", "--output", choices=formats, default=formats[0])


def show(rows: Sequence[Row], output: str, kind: str, shown: Sequence[str] | None = None) -> None:
    """Print rows.

    Args:
        rows: by column, in camelCase; ``name`` is what the format ``name`` shows. Tables write the column
            in capitals, ``seconds`` as TIME; a mapping stands for columns of its own.
        kind: goes before the name in the format ``name``, as kubectl does it.
        shown: the columns of a table; None for all. The other formats have all.
    """
    match output:
        case "json":
            say(json_text([plain(row) for row in rows]))
        case "yaml":
            say(yaml_text([plain(row) for row in rows]))
        case "csv":
            say(_csv(rows).rstrip("\n"))
        case "name":
            for row in rows:
                say(f"{kind}/{row['name']}")
        case _:
            say(_table(rows, shown))


def json_text(data: Any) -> str:
    """JSON for people and programs."""
    return json_safe(json.dumps(data, ensure_ascii=False, indent=2))


def yaml_text(data: Any) -> str:
    """YAML; whatever is not printable ASCII is escaped in it."""
    return str(yaml.safe_dump(data, sort_keys=False, width=1000)).rstrip()


def _flat(row: Row) -> dict[str, Any]:
    """A mapping in it becomes columns of its own; one that has the name of another column keeps that of
    the mapping in front.
    """
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{k}" if k in row else k: v for k, v in value.items()}
        else:
            flat[key] = value
    return flat


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _csv(rows: Sequence[Row]) -> str:
    flat = [_flat(row) for row in rows]
    text = io.StringIO()
    columns = _columns(flat)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(spreadsheet_cell, columns))
    writer.writerows([_csv_cell(row.get(name, "")) for name in columns] for row in flat)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    exact = _exact(value)
    return spreadsheet_cell(exact) if isinstance(exact, str) else exact


def _exact(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(str(_exact(item)) for item in value)
    return "" if value is None else value


def _table(rows: Sequence[Row], shown: Sequence[str] | None) -> str:
    # A parameter's name stays as it is; columns of ours are put in capitals.
    own = {key for row in rows for key, value in row.items() if not isinstance(value, Mapping)}
    flat = [
        _flat(row if shown is None else {k: v for k, v in row.items() if k in shown})
        for row in rows
    ]
    columns = _columns(flat)
    heads = [_title(name) if name in own else name for name in columns]
    shows = {name: _CELLS.get(name, cell) if name in own else readable for name in columns}
    return table(heads, [[shows[name](row.get(name)) for name in columns] for row in flat])


def _title(name: str) -> str:
    if name == "seconds":
        return "TIME"
    return "".join(f"-{c}" if c.isupper() else c for c in name).upper()


def readable(text: str | None) -> str:
    """A parameter: a number to six digits, anything else as it is."""
    try:
        return f"{float(text or ''):.6g}"
    except ValueError:
        return text or ""


def cell(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


_CELLS = {"seconds": duration}
