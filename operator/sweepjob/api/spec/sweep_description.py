"""Describes a sweep in short texts, for the parent run on the user's own MLflow server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 500  # characters of a param, which servers of every version take
_MOST = 20_000  # characters in all: each pod of the sweep has them
_SECTIONS = {
    "objective": "objective",
    "objectives": "objectives",
    "constraints": "constraints",
    "samplingAlgorithm": "sampling_algorithm",
    "earlyTermination": "early_termination",
    "limits": "limits",
    "searchSpace": "search_space",
    "inputs": "inputs",
}


def describe_sweep(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return what a spec says of its search, by names of MLflow's params.

    Args:
        spec: the ``spec`` of a valid SweepJob.
    """
    found: dict[str, str] = {}
    left, left_out = _MOST, 0
    for section, name in _SECTIONS.items():
        for key, value in _entries(spec.get(section)):
            text = shorten_value(value)
            left -= len(text)
            if left < 0:
                left_out += 1
            else:
                found[f"{name}.{key}"] = text
    return {**found, "left_out": f"{left_out} more are in the SweepJob"} if left_out else found


def shorten_value(value: Any) -> str:
    """Return a value as text; one that is too long for a param says how long it is."""
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) <= LONGEST:
        return text
    cut = f"... ({len(text)} characters)"
    return text[: LONGEST - len(cut)] + cut


def _entries(section: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(section, Mapping):
        yield from ((str(key), value) for key, value in section.items())
    elif isinstance(section, list):
        yield from ((str(number), value) for number, value in enumerate(section))
