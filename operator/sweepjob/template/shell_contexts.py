"""Contexts in a shell's text in which a value can be: a word, quotes, a here-document, a comment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MARK = "\0"  # represents a value in a text; no string of a spec contains it


class Context(Enum):
    """What surrounds a value."""

    WORD = "outside of quotes"
    SINGLE = "in single quotes"
    DOUBLE = "in double quotes"
    DOLLAR = "in $'...'"
    BRACES = "in ${...} in double quotes"
    DOCUMENT = "in a here-document"
    LITERAL = "in a here-document whose delimiter is quoted"
    COMMENT = "in a comment"
    ARITHMETIC = "in arithmetic"


@dataclass(frozen=True, slots=True)
class HereDocument:
    """A here-document.

    Attributes:
        delimiter: the line that ends it.
        strips_tabs: tabs at the beginning of lines are removed (``<<-``).
        is_literal: the delimiter is quoted, so nothing in the document is expanded.
    """

    delimiter: str
    strips_tabs: bool
    is_literal: bool


@dataclass(frozen=True, slots=True)
class ShellPosition:
    """The position of a value.

    Attributes:
        context: what surrounds it.
        back_quotes: number of back-quoted texts around it; each removes one level of backslashes.
        before: a character directly before it that would change it: ``$`` or a backslash.
        is_redirected: a redirection follows, which would read a number as a file descriptor.
        here_document: the here-document that it is in.
        refusal: why only the plainest values can be written there; empty when all can.
    """

    context: Context
    back_quotes: int = 0
    before: str = ""
    is_redirected: bool = False
    here_document: HereDocument | None = None
    refusal: str = ""
