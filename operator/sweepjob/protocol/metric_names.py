"""Names of metrics as they are sent: bounded in length and number, valid UTF-8."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

MAX_NAMES = 50  # names in one push
MAX_NAME = 250  # bytes of a name, in UTF-8
_ELLIPSIS = "…"  # ends a name, or a list of names, that was cut
_NESTED = " (nested run "


def shorten(name: str, limit: int = MAX_NAME) -> str:
    """Cut a name to at most ``limit`` bytes of UTF-8; a name that was cut ends in an ellipsis."""
    data = name.encode(errors="replace")
    if len(data) <= limit:
        return data.decode()
    return data[: limit - len(_ELLIPSIS.encode())].decode(errors="ignore") + _ELLIPSIS


def in_nested_run(name: str, run: str) -> str:
    """Return the name to send for a metric that was reported in a nested run only.

    Args:
        name: the name of the metric.
        run: name of the nested run.
    """
    return f"{name}{_NESTED}{shorten(run, MAX_NAME // 3)})"


def nested_run(name: str, metric_names: Sequence[str]) -> str | None:
    """Return the nested run in which alone a metric was reported; None when there is none.

    Args:
        name: the name of the metric.
        metric_names: the names as they were received.
    """
    prefix = shorten(name) + _NESTED
    found = (each for each in metric_names if each.startswith(prefix))
    return next((each.removeprefix(prefix).removesuffix(")") for each in found), None)


def parse_name(value: Any) -> str:
    """Read one name of a received list.

    Lone surrogates are replaced: neither a file nor a stream accepts them.

    Raises:
        ValueError: it is not a string.
    """
    if not isinstance(value, str):
        raise ValueError(f"not a name: {value!r}"[:MAX_NAME])
    return shorten(value)


def fit_names(names: Sequence[str], limit: int) -> list[str]:
    """Return the first names, as many as JSON holds in ``limit`` bytes; an ellipsis ends a cut list."""
    fitting: list[str] = []
    remaining = limit - len(json.dumps(_ELLIPSIS))
    for name in names:
        short = shorten(name, MAX_NAME // 4)
        remaining -= len(json.dumps(short)) + 1
        if remaining < 0:
            return [*fitting, _ELLIPSIS]
        fitting.append(short)
    return fitting
