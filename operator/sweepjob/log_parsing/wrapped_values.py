"""Finds a value in the line after its name: ``val_acc:`` and then ``0.9``.

``print("val_acc:"); print(0.9)`` writes this. So does rich, which wraps lines between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

_SEPARATOR = re.compile(rb"[\"'`\])}*]{0,4}\s{0,9}(?:=>|:=|[=:])$")
# Rich's handler for logging writes the file and the line into a column of their own.
_LOCATION = re.compile(rb"[\w.-]{1,100}\.py(?::\d{1,9})?")
_INDENTATION = b" " * 8  # at least, below the time and the level
_WIDTH = 80  # columns, of rich without a terminal
_MESSAGE_WIDTH = 60  # columns up to the one of the location, at least
_NUMBER = re.compile(rb"[-+]?(?:\d|\.\d|(?:nan|inf)\b)", re.IGNORECASE)
_SEPARATORS = (b"=", b":", b"=>")
_LONGEST = 1000  # bytes of each of the two lines
_LONGEST_SEPARATOR = 20  # bytes


class WrappedValues:
    """Joins a line that ends with the name of a metric to the next line.

    Args:
        names: the metrics.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._keys = {name: name.encode(errors="replace") for name in names}
        self._endings = (b"=", b":", *self._keys.values())
        self._name = ""
        self._begun = b""
        self._is_indented = self._has_separator = False

    def begin(self, line: bytes, found: Container[str]) -> None:
        """Note a whole line that ends with a name.

        Args:
            line: the line.
            found: the metrics whose values were found in it.
        """
        if len(line) > _LONGEST:
            return
        message, _, location = line.rstrip().rpartition(b" ")
        self._is_indented = _LOCATION.fullmatch(location) is not None
        message = (message if self._is_indented else line).rstrip()
        if not message.endswith(self._endings):
            return
        separator = _SEPARATOR.search(message, max(0, len(message) - _LONGEST_SEPARATOR))
        name = message[: separator.start()] if separator else message
        self._has_separator = separator is not None
        endings = [n for n, key in self._keys.items() if name.endswith(key) and n not in found]
        if endings:
            self._name, self._begun = max(endings, key=len), message

    def join(self, line: bytes) -> tuple[str, bytes]:
        """Return the name at the end of the line before, and both lines as one, if this has its value.

        Where other words follow the number, the line before may be the heading of a table. It is not if
        it was wrapped: because it is rich's, or the number did not fit.

        Args:
            line: the next line, or the first part of it.

        Returns:
            Empty texts if the line does not have the value.
        """
        name, begun, self._name, self._begun = self._name, self._begun, "", b""
        if not name or len(line) > _LONGEST:
            return "", b""
        first, *others = line.split(None, 2) or [b""]
        number = first
        if not self._has_separator:
            number = others[0] if others and first in _SEPARATORS else b""
        if not _NUMBER.match(number):
            return "", b""
        is_alone = self._has_separator and not others
        is_wrapped = is_alone or self._is_wrapped(begun, line, len(first))
        return (name, begun + b" " + line.strip()) if is_wrapped else ("", b"")

    def _is_wrapped(self, begun: bytes, line: bytes, length: int) -> bool:
        """Return whether rich wrapped the line before, which would have had a word of this length."""
        if self._is_indented:
            return line.startswith(_INDENTATION)
        is_further = begun.startswith(_INDENTATION) and line.startswith(_INDENTATION)
        width = _MESSAGE_WIDTH if is_further else _WIDTH
        return _columns(begun) <= _WIDTH and width < _columns(begun) + 1 + length


def _columns(line: bytes) -> int:
    """Return how many columns rich takes a line for."""
    text = line.decode(errors="replace")
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
