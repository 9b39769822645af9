"""Reads stored objects that another version of the operator, or a user, may have written.

Nothing raises. Unreadable fields are listed with their paths, and get their default values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...timestamps import parse_time
from .float_text import parse_float

_MAX_INTEGER = 2**53
_MAX_QUOTED = 60  # characters of a value in a problem


class LenientReader:
    """A view of one object.

    Args:
        data: the object. Any other value reads as an empty object; unless it is None, it is also a
            problem.
        path: the path of the object, e.g. ``status.curve``.
        problems: problems are appended to it; a new list by default.
    """

    def __init__(self, data: Any, path: str, problems: list[str] | None = None) -> None:
        self.path = path
        self.problems: list[str] = [] if problems is None else problems
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if data is not None and not isinstance(data, Mapping):
            self.problems.append(f"{path}: {_quoted(data)} is not an object")

    def note(self, key: str, message: str) -> None:
        """Add a problem with the value of a key."""
        self.problems.append(f"{self.path}.{key}: {_quoted(self.data.get(key))} {message}")

    def text(self, key: str, default: str = "") -> str:
        """Return the string of a key."""
        value = self.data.get(key)
        if value is None or isinstance(value, str):
            return default if value is None else value
        self.note(key, "is not a string")
        return default

    def whole(self, key: str, default: int = 0, least: int = 0, most: int = _MAX_INTEGER) -> int:
        """Return the integer of a key.

        Args:
            key: may be missing.
            default: value where the key is missing or cannot be read.
            least: smallest allowed value.
            most: largest allowed value.
        """
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.note(key, f"is not an integer from {least} to {most}")
        return default

    def number(self, key: str) -> float | None:
        """Return the float of a key, which is stored as a string; None where there is none."""
        try:
            return parse_float(self.data.get(key))
        except ValueError as error:
            self.note(key, str(error))
            return None

    def amount(self, key: str) -> float:
        """Return the finite, non-negative float of a key; 0 where there is none."""
        value = self.number(key)
        if value is None or 0 <= value < float("inf"):
            return value or 0.0
        self.note(key, "is not a finite number of at least 0")
        return 0.0

    def moment(self, key: str) -> float | None:
        """Return the timestamp of a key, in seconds since the epoch; None where there is none."""
        value = self.data.get(key)
        found = parse_time(value)
        if found is None and value is not None and not str(value).startswith("1970-01-01T00:00:00"):
            self.note(key, "is not a timestamp")
        return found

    def child(self, key: str) -> LenientReader:
        """Return a reader of the object below a key; of an empty one where the key is missing."""
        return LenientReader(self.data.get(key), f"{self.path}.{key}", self.problems)

    def children(self, key: str) -> Iterator[LenientReader]:
        """Yield a reader of each object in the list below a key."""
        for position, item in enumerate(self._list(key)):
            yield LenientReader(item, f"{self.path}.{key}[{position}]", self.problems)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the strings in the list below a key."""
        found = tuple(item for item in self._list(key) if isinstance(item, str))
        if len(found) < len(self._list(key)):
            self.note(key, "is not a list of strings")
        return found

    def _list(self, key: str) -> list[Any]:
        value = self.data.get(key)
        if value is None or isinstance(value, list):
            return value or []
        self.note(key, "is not a list")
        return []


def _quoted(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _MAX_QUOTED else f"{shown[:_MAX_QUOTED]}..."
