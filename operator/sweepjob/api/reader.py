"""Reading dicts of unknown content, collecting every mistake with its path."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sized
from typing import Any

from .problem import InvalidSpec, Problem

# The largest integer that the API server takes.
_INT64 = 2**63 - 1
_LARGEST = math.nextafter(math.inf, 0.0)


class Reader:
    """A view of one object of a specification. Mistakes are noted, and reading goes on.

    ``finish`` raises them all together at the end.
    """

    def __init__(self, data: Any, path: str, problems: list[Problem] | None = None) -> None:
        self.path = path
        self.problems: list[Problem] = [] if problems is None else problems
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if not isinstance(data, Mapping):
            self.note("", data, "must be an object with keys and values")

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if key else self.path

    def note(self, key: str, value: object, message: str) -> None:
        self.problems.append(Problem(self.at(key), value, message))

    def child(self, key: str) -> Reader:
        return Reader(self.data.get(key, {}), self.at(key), self.problems)

    def known(self, keys: Collection[str]) -> None:
        """Note every key that is not among ``keys``."""
        for key in self.data:
            if key not in keys:
                self.note(
                    str(key), self.data[key], f"unknown key; known: {', '.join(sorted(keys))}"
                )

    def number(self, key: str, default: float | None = None) -> float:
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.note(
                key, value, "must be a number" if key in self.data else "is required: a number"
            )
            return 0.0
        if not -_LARGEST <= value <= _LARGEST:
            self.note(key, value, "must be a finite number below 1e308")
            return 0.0
        return value

    def integer(
        self, key: str, default: int | None = None, least: int = 0, most: int = _INT64
    ) -> int:
        before = len(self.problems)
        value = self.number(key, default)
        if value != int(value) or value < least:
            if len(self.problems) == before:
                self.note(key, value, f"must be a whole number of at least {least}")
            return least
        if value > most:
            self.note(key, value, f"must be at most {most}")
        return int(value)

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.note(key, value, "must be true or false")
        return value is True

    def optional_integer(self, key: str, least: int = 0, most: int = _INT64) -> int | None:
        return self.integer(key, None, least, most) if key in self.data else None

    def bounded(self, key: str, value: Sized, most: int) -> None:
        """Note a text, list or object that is larger than the API server takes."""
        if len(value) > most:
            self.note(key, f"{len(value)} of them", f"may be {most} at most")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value:
            self.note(key, value, "must be a text" if key in self.data else "is required: a text")
            return ""
        return value

    def word(self, key: str, words: Collection[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value and value not in words:
            self.note(key, value, f"unknown; known: {', '.join(words)}")
        return value

    def finish(self) -> None:
        """Raises InvalidSpec if anything was noted."""
        if self.problems:
            raise InvalidSpec(self.problems)
