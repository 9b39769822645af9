"""Specs, and the warnings about them."""

from __future__ import annotations

from typing import Any

from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.validation.spec_warnings import spec_warnings

from .builders import sweepjob

LR = {"type": "loguniform", "minValue": -6, "maxValue": -1}


UNITS = {"type": "choice", "values": [16, 32]}


def log(low: Any, high: Any, kind: str = "loguniform", **more: Any) -> dict[str, Any]:
    return {"type": kind, "minValue": low, "maxValue": high, **more}


def warned(**spec: Any) -> list[tuple[str, str]]:
    body = sweepjob(**spec)
    return [(w.path, str(w)) for w in spec_warnings(body, parse_sweepjob(body))]


def commanded(
    command: Any, space: dict[str, Any] | None = None, **more: Any
) -> list[tuple[str, str]]:
    trial = {"image": "i", "command": command, **more.pop("trial", {})}
    return warned(searchSpace=space or {"lr": LR, "units": UNITS}, trial=trial, **more)
