"""Prints the lines of a log that are wanted, byte for byte."""

from __future__ import annotations

import re
import sys

from .errors import CommandError

_MAX_LINE = 1 << 20  # bytes of a line that are searched at once


class LineFilter:
    """Prints all bytes, or the lines that match a pattern.

    Args:
        pattern: a regular expression; None for all lines.

    Attributes:
        has_output: something was printed.

    Raises:
        CommandError: it is no regular expression.
    """

    def __init__(self, pattern: str | None) -> None:
        self.has_output = False
        self._rest = b""
        try:
            self._pattern = None if pattern is None else re.compile(pattern.encode())
        except re.error as error:
            raise CommandError(
                f"--grep {pattern}: is not a regular expression: {error}; write \\ before a character "
                "that stands for itself, such as \\("
            ) from None

    @property
    def is_all(self) -> bool:
        """Whether every line is wanted."""
        return self._pattern is None

    def write(self, chunk: bytes) -> None:
        """Print what is wanted of the next bytes of the log."""
        if self._pattern is None:
            self._print(chunk)
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._match(line)
        if len(self._rest) > _MAX_LINE:
            self._match(self._rest)
            self._rest = b""

    def finish(self) -> None:
        """Print the last line, which may have no line feed."""
        if self._rest:
            self._match(self._rest)
            self._rest = b""
        self.flush()

    def flush(self) -> None:
        """Show what was printed."""
        sys.stdout.flush()

    def _match(self, line: bytes) -> None:
        assert self._pattern is not None
        if self._pattern.search(line):
            self._print(line + b"\n")

    def _print(self, data: bytes) -> None:
        self.has_output = self.has_output or bool(data)
        sys.stdout.buffer.write(data)
