"""Reads recorded learning curves: JSON Lines with an object for each trial."""

from __future__ import annotations

import json
import math
from typing import Any

from ..early_stopping.replay import RecordedTrial, Seconds
from ..search.space import exact
from .errors import LoadError
from .sweep_files import read_text

_WORDS = {"nan": math.nan, "infinity": math.inf, "-infinity": -math.inf, "inf": math.inf}


def read_curves(name: str) -> list[RecordedTrial]:
    """Read the trials of a file, in its order.

    Args:
        name: file name; ``-`` for standard input.

    Raises:
        LoadError: a line is invalid; the message has its number and a remedy.
    """
    trials: list[RecordedTrial] = []
    trial_numbers: set[int] = set()
    for number, line in enumerate(read_text(name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            trial = _trial(_json(line))
            if trial.trial in trial_numbers:
                raise ValueError(f"trial {trial.trial} occurs twice")
        except ValueError as error:
            raise LoadError(f"{name}:{number}: {error}") from None
        trial_numbers.add(trial.trial)
        trials.append(trial)
    if not trials:
        raise LoadError(f"{name}: has no trial")
    return trials


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not a JSON object: {error}") from None


def _trial(data: Any) -> RecordedTrial:
    if not isinstance(data, dict):
        raise ValueError('must be an object: {"trial": 0, "values": [...], "seconds": [...]}')
    unknown = sorted(set(data) - {"trial", "values", "seconds"})
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known: trial, values, seconds")
    trial = data.get("trial")
    if isinstance(trial, bool) or not isinstance(trial, int) or not 0 <= trial < 2**31:
        raise ValueError(f"trial: {trial!r}: must be a whole number, 0 or more")
    values = tuple(_value(n, v) for n, v in enumerate(_list(data, "values")))
    seconds: tuple[Seconds, ...] = (1,) * len(values)
    if "seconds" in data:
        seconds = tuple(_duration(n, v) for n, v in enumerate(_list(data, "seconds")))
    if len(seconds) != len(values):
        raise ValueError(f"seconds: {len(seconds)} for {len(values)} values; give one for each")
    return RecordedTrial(trial, values, seconds, is_timed="seconds" in data)


def _list(data: dict[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key}: {value!r}: must be a list of numbers")
    return value


def _value(position: int, value: Any) -> float:
    """Return a reported value. JSON has no NaN and no infinity: null and words represent them."""
    if value is None:
        return math.nan
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"values[{position}]: {value!r}: must be a number, or null for NaN")
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _duration(position: int, value: Any) -> Seconds:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        raise ValueError(f"seconds[{position}]: {value!r}: must be a number, 0 or more")
    seconds = exact(value)
    return int(seconds) if seconds.denominator == 1 else seconds
