"""Reads objects of unknown content and collects every problem with its path.

Written by hand: schema libraries such as pydantic collect errors as well, but their messages name types
and not remedies, and users read these messages next to those of the CRD.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sized
from typing import Any

from .durations import seconds_of
from .problem import InvalidSpec, Problem
from .suggestions import did_you_mean

_REMOVE_QUOTES = "; remove the quotes"
_INT64 = 2**63 - 1  # the largest integer that the API server accepts
_MAX_SUGGESTIONS = 20  # for unknown keys of an object
_MAX_FLOAT = math.nextafter(math.inf, 0.0)


class Reader:
    """A view of one object of a specification.

    Every method returns a usable value, and adds a problem where the object has none. One pass therefore
    finds all problems. ``finish`` raises them together.

    Args:
        data: the object; anything else is a problem, and reads as an empty object.
        path: the path of the object, e.g. ``spec.limits``.
        problems: problems are appended to it; a new list by default.
    """

    def __init__(self, data: Any, path: str, problems: list[Problem] | None = None) -> None:
        self.path = path
        self.problems: list[Problem] = [] if problems is None else problems
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if not isinstance(data, Mapping):
            self.note("", data, "must be an object with keys and values")

    def at(self, key: str) -> str:
        """Return the path of a key; that of the object for an empty key."""
        return f"{self.path}.{key}" if key else self.path

    def note(self, key: str, value: object, message: str) -> None:
        """Add a problem.

        Args:
            key: where it is, below this object; empty for the object itself.
            value: what was found there.
            message: what is wrong, and the remedy.
        """
        self.problems.append(Problem(self.at(key), value, message))

    def child(self, key: str, default: Mapping[str, Any] | None = None) -> Reader:
        """Return a reader of the object below a key.

        Args:
            key: the key.
            default: what is read where the key is missing; an empty object by default.
        """
        return Reader(self.data.get(key, default or {}), self.at(key), self.problems)

    def known(self, keys: Collection[str], meant: Mapping[str, str] | None = None) -> None:
        """Add a problem for every key that is not among ``keys``.

        Args:
            keys: the keys.
            meant: what other words mean that are not like any of the keys.
        """
        unknown, known = [key for key in self.data if key not in keys], ", ".join(sorted(keys))
        for number, key in enumerate(unknown):
            word = (meant or {}).get(str(key), str(key))
            near = did_you_mean(word, keys) if number < _MAX_SUGGESTIONS else ""
            self.note(str(key), self.data[key], f"unknown key{near or ';'} known: {known}")

    def number(self, key: str, default: float | None = None) -> float:
        """Return the finite number of a key; required where there is no default."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            text = (
                f"must be a number{_remedy(value)}" if key in self.data else "is required: a number"
            )
            self.note(key, value, text)
            return 0.0
        if not -_MAX_FLOAT <= value <= _MAX_FLOAT:
            self.note(key, value, "must be a finite number below 1e308")
            return 0.0
        return value

    def integer(
        self, key: str, default: int | None = None, least: int = 0, most: int = _INT64
    ) -> int:
        """Return the integer of a key.

        Args:
            key: required where there is no default.
            default: value where the key is missing.
            least: smallest allowed value.
            most: largest allowed value.
        """
        before = len(self.problems)
        value = self.number(key, default)
        if value != int(value) or value < least:
            if len(self.problems) == before:
                self.note(key, value, f"must be a whole number of at least {least}")
            return least
        if value > most:
            self.note(key, value, f"must be at most {most}")
        return int(value)

    def optional_integer(self, key: str, least: int = 0, most: int = _INT64) -> int | None:
        """Return the integer of a key; None where the key is missing.

        Args:
            key: may be missing.
            least: smallest allowed value.
            most: largest allowed value.
        """
        return self.integer(key, None, least, most) if key in self.data else None

    def flag(self, key: str) -> bool:
        """Return the boolean of a key; False where the key is missing."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            quoted = isinstance(value, str) and value.lower() in ("true", "false")
            self.note(key, value, f"must be true or false{_REMOVE_QUOTES if quoted else ''}")
        return value is True

    def bounded(self, key: str, value: Sized, most: int) -> None:
        """Add a problem where a string, list or object is larger than the API server accepts.

        Args:
            key: the key of the value.
            value: the value.
            most: maximum length.
        """
        if len(value) > most:
            self.note(key, f"{len(value)} of them", f"may be {most} at most")

    def text(self, key: str, default: str | None = None) -> str:
        """Return the non-empty string of a key; required where there is no default."""
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value:
            self.note(
                key, value, "must be a string" if key in self.data else "is required: a string"
            )
            return ""
        return value

    def word(self, key: str, words: Collection[str], default: str | None = None) -> str:
        """Return the string of a key, which must be one of ``words``.

        Args:
            key: required where there is no default.
            words: the allowed values.
            default: value where the key is missing.
        """
        value = self.text(key, default)
        if value and value not in words:
            near = did_you_mean(value, words)
            self.note(key, value, f"unknown{near or ';'} known: {', '.join(words)}")
        return value

    def finish(self) -> None:
        """End reading.

        Raises:
            InvalidSpec: there are problems.
        """
        if self.problems:
            raise InvalidSpec(self.problems)


def _remedy(value: object) -> str:
    """Return the remedy for a number in quotes, or for a duration; empty for another value."""
    if (seconds := seconds_of(value)) is not None:
        return f", of seconds: {seconds}"
    try:
        return _REMOVE_QUOTES if isinstance(value, str) and math.isfinite(float(value)) else ""
    except ValueError:
        return ""
