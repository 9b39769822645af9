"""Reading what some version of the operator stored, or somebody changed since: nothing raises, and what
cannot be read is noted with its path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .numbers import parse_number
from .times import parse_time

_LARGEST = 2**53
_SHOWN = 60  # characters of a value in a note


class Fields:
    """A view of one object.

    Args:
        data: the object; anything else counts as an empty one, and is noted.
        path: where it is, for notes.
        problems: notes are added to it.
    """

    def __init__(self, data: Any, path: str, problems: list[str] | None = None) -> None:
        self.path = path
        self.problems: list[str] = [] if problems is None else problems
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if data is not None and not isinstance(data, Mapping):
            self.problems.append(f"{path}: {_short(data)} is no object")

    def note(self, key: str, message: str) -> None:
        """Note what is wrong with the value of a key."""
        self.problems.append(f"{self.path}.{key}: {_short(self.data.get(key))} {message}")

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key)
        if value is None or isinstance(value, str):
            return default if value is None else value
        self.note(key, "is no text")
        return default

    def whole(self, key: str, default: int = 0, least: int = 0, most: int = _LARGEST) -> int:
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.note(key, f"is no whole number from {least} to {most}")
        return default

    def number(self, key: str) -> float | None:
        """A number that is kept as a text."""
        try:
            return parse_number(self.data.get(key))
        except ValueError as error:
            self.note(key, str(error))
            return None

    def amount(self, key: str) -> float:
        """The same of an amount, which is finite and not negative; 0 where there is none."""
        value = self.number(key)
        if value is None or 0 <= value < float("inf"):
            return value or 0.0
        self.note(key, "is no amount")
        return 0.0

    def moment(self, key: str) -> float | None:
        value = self.data.get(key)
        found = parse_time(value)
        if found is None and value is not None and not str(value).startswith("1970-01-01T00:00:00"):
            self.note(key, "is no timestamp")
        return found

    def child(self, key: str) -> Fields:
        """The object of a key; an empty one where there is none."""
        return Fields(self.data.get(key), f"{self.path}.{key}", self.problems)

    def children(self, key: str) -> Iterator[Fields]:
        """The objects in the list of a key."""
        for position, item in enumerate(self._list(key)):
            yield Fields(item, f"{self.path}.{key}[{position}]", self.problems)

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts in the list of a key."""
        found = tuple(item for item in self._list(key) if isinstance(item, str))
        if len(found) < len(self._list(key)):
            self.note(key, "is no list of texts")
        return found

    def _list(self, key: str) -> list[Any]:
        value = self.data.get(key)
        if value is None or isinstance(value, list):
            return value or []
        self.note(key, "is no list")
        return []


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
