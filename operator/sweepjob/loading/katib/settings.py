"""Reads ``algorithmSettings``: a list of names and values, which are texts."""

from __future__ import annotations

from collections.abc import Collection

from ..azure.conversion import Section
from ..ranges import parse_number


class Settings:
    """The settings of an algorithm.

    Args:
        section: the algorithm.
        known: names of its settings.
    """

    def __init__(self, section: Section, known: Collection[str]) -> None:
        self._section = section
        self._found: dict[str, tuple[str, str]] = {}
        listed = section.read("algorithmSettings", [])
        if not isinstance(listed, list):
            section.reject("algorithmSettings", listed, "must be a list of names and values")
            listed = []
        for position, entry in enumerate(listed):
            path = section.at(f"algorithmSettings[{position}]")
            one = section.conversion.section(entry, path)
            name, value = one.text("name") or "", one.text("value") or ""
            one.reject_unknown_keys()
            if name in self._found:
                one.reject("name", name, "is listed twice; remove one")
            elif name in known:
                self._found[name] = (value, path)
            elif one.data:
                listing = ", ".join(sorted(known)) or "none"
                one.reject("name", name, f"unknown setting of this algorithm; known: {listing}")

    def integer(self, name: str, least: int = 0) -> int | None:
        """Return the integer of a setting; None if it is absent or rejected."""
        if name not in self._found:
            return None
        value, path = self._found.pop(name)
        number = parse_number(value)
        if number is None or number != int(number) or number < least:
            message = f"must be a whole number of at least {least}"
            self._section.conversion.section({}, path).reject("", value, message)
            return None
        return int(number)

    def text(self, name: str) -> str:
        """Return the text of a setting; empty if it is absent."""
        return self._found.pop(name, ("", ""))[0]

    def note(self, name: str, value: object, message: str) -> None:
        """Add a note about a setting."""
        path = f"{self._section.at('algorithmSettings')}.{name}"
        self._section.conversion.section({}, path).note("", value, message)

    def note_rest(self, reason: str) -> None:
        """Add a note for each setting that has not been read."""
        for name, (value, _) in self._found.items():
            self.note(name, value, f"not carried over: {reason}")
        self._found.clear()


def read_count(section: Section, key: str, least: int) -> int | None:
    """Return the whole number of a key; None if it is absent or rejected."""
    value = section.read(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        section.reject(key, value, f"must be a whole number of at least {least}")
        return None
    return value
