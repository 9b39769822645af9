"""Here-documents of a shell: their delimiters, their ends, and whether a value could end one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .shell_contexts import MARK, HereDocument

_DELIMITER = re.compile(r"[ \t]*((?:\\.|'[^']*'|\"[^\"]*\"|[^\s;&|<>()'\"\\])*)")
_QUOTES = re.compile(r"""\\(.)|['"]""")


def parse_operator(text: str, at: int) -> tuple[HereDocument, int]:
    """Read ``<<WORD``.

    Args:
        text: the shell's text.
        at: index of the operator.

    Returns:
        The here-document, which begins at the next line, and the index after the operator.
    """
    strips = text.startswith("-", at + 2)
    word = _DELIMITER.match(text, at + 2 + strips)
    assert word is not None, "it may be empty"
    delimiter = _QUOTES.sub(r"\1", word[1])
    return HereDocument(delimiter, strips, is_literal=delimiter != word[1]), word.end()


def find_end(text: str, begin: int, here_document: HereDocument) -> tuple[int, int]:
    """Find the end of a here-document.

    Args:
        text: the shell's text.
        begin: index of its first line.
        here_document: its delimiter and options.

    Returns:
        The index of the delimiter's line, and the index after that line.
    """
    at, goes_on = begin, False
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].lstrip("\t") if here_document.strips_tabs else text[at:end]
        if line == here_document.delimiter and not goes_on:
            return at, min(end + 1, len(text))
        escapes = len(line) - len(line.rstrip("\\"))
        goes_on = not here_document.is_literal and escapes % 2 == 1
        at = end + 1
    return len(text), len(text)


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """The line of a here-document that a reference is in.

    Attributes:
        before, after: the text of the line on either side of the reference.
        shared: the line has several references; ``before`` is then all of its text.
    """

    before: str
    after: str
    shared: bool = False


def reference_lines(text: str) -> list[ReferenceLine]:
    """Return the line of each ``MARK`` in a text, in their order."""
    around = []
    for line in text.split("\n"):
        count = line.count(MARK)
        before, _, after = line.partition(MARK)
        found = (
            ReferenceLine(before, after)
            if count == 1
            else ReferenceLine(line.replace(MARK, ""), "", shared=True)
        )
        around += [found] * count
    return around


def would_change(value: str, here_document: HereDocument, line: ReferenceLine) -> bool:
    """Return whether a value could end its here-document early, or lose tabs in it.

    Args:
        value: the value that replaces the reference.
        here_document: the here-document that it is in.
        line: the line of the reference.
    """
    lines = value.split("\n")
    if line.shared:
        # Other values may complete the delimiter.
        parts = (lines[0], lines[-1], line.before)
        if all(part.lstrip("\t") in here_document.delimiter for part in parts):
            return True
    else:
        lines[0] = line.before + lines[0]
        lines[-1] += line.after
    if here_document.strips_tabs:
        if "\n\t" in value or (value.startswith("\t") and not line.before.strip("\t")):
            return True
        lines = [one.lstrip("\t") for one in lines]
    return here_document.delimiter in lines
