"""Here-documents of a shell: their delimiters, where they end, and whether a value could end one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .shell_contexts import MARK, Document

_DELIMITER = re.compile(r"[ \t]*((?:\\.|'[^']*'|\"[^\"]*\"|[^\s;&|<>()'\"\\])*)")
_QUOTES = re.compile(r"""\\(.)|['"]""")


def announced(text: str, at: int) -> tuple[Document, int]:
    """The document that ``<<WORD`` announces, and where that ends."""
    strips = text.startswith("-", at + 2)
    word = _DELIMITER.match(text, at + 2 + strips)
    assert word is not None, "it may be empty"
    delimiter = _QUOTES.sub(r"\1", word[1])
    return Document(delimiter, strips, is_literal=delimiter != word[1]), word.end()


def extent(text: str, begin: int, document: Document) -> tuple[int, int]:
    """Where a document ends that begins there, and where the line of its delimiter does."""
    at, goes_on = begin, False
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].lstrip("\t") if document.strips_tabs else text[at:end]
        if line == document.delimiter and not goes_on:
            return at, min(end + 1, len(text))
        escapes = len(line) - len(line.rstrip("\\"))
        goes_on = not document.is_literal and escapes % 2 == 1
        at = end + 1
    return len(text), len(text)


@dataclass(frozen=True, slots=True)
class Line:
    """What is written before and behind a reference in its line.

    Attributes:
        shared: there are others in it; then all that is written stands before.
    """

    before: str
    after: str
    shared: bool = False


def lines_of(text: str) -> list[Line]:
    """The line that each mark of a text is in."""
    around = []
    for line in text.split("\n"):
        count = line.count(MARK)
        before, _, after = line.partition(MARK)
        found = Line(before, after) if count == 1 else Line(line.replace(MARK, ""), "", shared=True)
        around += [found] * count
    return around


def changes(value: str, document: Document, line: Line) -> bool:
    """Whether a document could end with the value in it, or lose a part of it."""
    lines = value.split("\n")
    if line.shared:
        # Others may complete it.
        parts = (lines[0], lines[-1], line.before)
        if all(part.lstrip("\t") in document.delimiter for part in parts):
            return True
    else:
        lines[0] = line.before + lines[0]
        lines[-1] += line.after
    if document.strips_tabs:
        if "\n\t" in value or (value.startswith("\t") and not line.before.strip("\t")):
            return True
        lines = [one.lstrip("\t") for one in lines]
    return document.delimiter in lines
