"""What a notebook shows of a sweep that is defined, and of a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from .notebook import html_table

Rows = list[list[str]]


def command_rows(command: Any) -> Rows:
    """Return names and values of a command that are set.

    Args:
        command: the command.
    """
    line = command.command
    shown = {
        "command": line if isinstance(line, str) or line is None else " ".join(map(str, line)),
        "image": command.image,
        "environment": command.environment,
        "code": command.code,
        **_prefixed("inputs", command.inputs),
        **_prefixed("outputs", command.outputs),
        "resources": command.resources,
        "metrics": command.metrics,
        "trial": command.trial,
    }
    return _rows(shown)


def sweep_rows(job: Any) -> Rows:
    """Return names and values of a sweep that are set.

    Args:
        job: the sweep.
    """
    objective = job.objective
    shown = {
        "name": job.name or job.display_name,
        "objective": objective and f"{objective.goal} {objective.primary_metric}",
        "objectives": ", ".join(f"{o.goal} {o.primary_metric}" for o in job.objectives),
        "constraints": job.constraints,
        **_prefixed("search_space", job.search_space),
        "sampling_algorithm": job.sampling_algorithm,
        "early_termination": job.early_termination,
        "limits": job.limits,
        "warm_start": job.warm_start,
        "warm_start_defaults": job.warm_start_defaults,
        "initial_points": job.initial_points,
        "queue": job.queue,
        "metrics": job.metrics,
    }
    repeated = {"metrics", *(f"inputs.{name}" for name in job.search_space)}
    return _rows(shown) + [row for row in command_rows(job.trial) if row[0] not in repeated]


def displayed(kind: str, rows: Rows) -> tuple[str, str]:
    """Return HTML and text of a definition.

    Args:
        kind: name of the class.
        rows: names and values.
    """
    width = max((len(name) for name, _ in rows), default=0)
    lines = [kind, *(f"  {name.ljust(width)}  {value}" for name, value in rows)]
    return f"<p><b>{kind}</b></p>{html_table((), rows)}", "\n".join(lines)


def _prefixed(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{group}.{name}": value for name, value in values.items()}


def _rows(shown: Mapping[str, Any]) -> Rows:
    return [
        [name, _text(value)] for name, value in shown.items() if value not in (None, {}, [], "")
    ]


def _text(value: Any) -> str:
    """Return a value as it is written in Python, without the arguments that are not set."""
    if isinstance(value, str):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        given = _given(value)
        return f"{type(value).__name__}({', '.join(given)})"
    return repr(value)


def _given(value: Any) -> Iterable[str]:
    for one in fields(value):
        found = getattr(value, one.name)
        if found is not None and found != one.default:
            yield f"{one.name}={found!r}"
