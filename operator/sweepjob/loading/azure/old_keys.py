"""Reads keys that sweep files had before Azure's CLI v2 was released; public files still have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .conversion import Conversion

_TYPES = {"file": "uri_file", "folder": "uri_folder", "data": None}


def with_current_keys(data: Mapping[str, Any], conversion: Conversion) -> Mapping[str, Any]:
    """Return a sweep file with the keys of today, and add a note for each that was another one.

    Args:
        data: the file.
        conversion: receives the notes.
    """
    found = dict(data)
    inputs = data.get("inputs")
    if isinstance(inputs, Mapping):
        found["inputs"] = {name: _input(name, v, conversion) for name, v in inputs.items()}
    trial = data.get("trial")
    if isinstance(trial, Mapping) and isinstance(trial.get("code"), Mapping):
        found["trial"] = {**trial, "code": _code(trial["code"], conversion)}
    return found


def _input(name: Any, value: Any, conversion: Conversion) -> Any:
    if not isinstance(value, Mapping) or "path" in value:
        return value
    old = next((key for key in _TYPES if isinstance(value.get(key), str)), None)
    if old is None:
        return value
    section = conversion.section(value, f"inputs.{name}")
    section.note(old, value[old], "is read as path; Azure's client of today refuses it")
    kind = {"type": _TYPES[old]} if _TYPES[old] else {}
    return {**kind, **{k: v for k, v in value.items() if k != old}, "path": value[old]}


def _code(code: Mapping[str, Any], conversion: Conversion) -> Any:
    if list(code) != ["local_path"] or not isinstance(code["local_path"], str):
        return code
    section = conversion.section(code, "trial.code")
    section.note(
        "local_path", code["local_path"], "is read as code; Azure's client of today refuses it"
    )
    return code["local_path"]
