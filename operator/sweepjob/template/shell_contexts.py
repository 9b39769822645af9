"""Where in a shell's text a value is to stand: outside of quotes, inside of which, in a comment ..."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MARK = "\0"  # stands for a value in a text; no text of a spec has one


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
class Document:
    """A here-document: its delimiter, and whether tabs at the beginning of lines are taken away."""

    delimiter: str
    strips_tabs: bool
    is_literal: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A value's.

    Attributes:
        back_quotes: how many of them are around it, each of which takes a backslash away.
        before: a character just before it that would change it, ``$`` or a backslash.
        is_redirected: what follows would take a number for that of a file.
        document: the here-document that it is in.
        refusal: why only the plainest values can be written there; empty when all can.
    """

    context: Context
    back_quotes: int = 0
    before: str = ""
    is_redirected: bool = False
    document: Document | None = None
    refusal: str = ""
