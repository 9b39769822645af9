"""What could make a CEL expression over a status expensive, found by scanning its text.

The library copies the result so far for each item of ``+`` and ``filter``. So no list may be made longer
than it is in the status, and macros such as ``exists`` are few and not nested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

EXPRESSION_LIMIT = 400  # characters
# ``map`` could multiply a status. ``existsOne`` is another name of ``exists_one``.
MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "filter"})
_MOST = {
    "macro": (4, "macros, such as exists()"),
    "filter": (1, "filter(); use exists() or all()"),
    "+": (8, "additions"),
}
_MAX_DEPTH = 20  # of brackets
# They would let a text look like something else to the scanner below.
_UNSUPPORTED = ("\\", "//", "'''", '"""')
_CLOSING = (")", "]", "}")


@dataclass(frozen=True, slots=True)
class _Bracket:
    """An opening bracket.

    Attributes:
        name: the name before it; empty without one.
        is_macro: it has the arguments of a macro, which are evaluated for each item.
        is_literal: it begins a list or a map of values.
        subject: what is before the dot in front of the name: a name, or a character.
    """

    name: str
    is_macro: bool
    is_literal: bool
    subject: str = ""

    @property
    def is_inner(self) -> bool:
        return self.is_macro or self.is_literal


def cost_problems(text: str) -> Iterator[str]:
    """Yield why an expression could cost too much.

    Args:
        text: the expression.
    """
    if len(text) > EXPRESSION_LIMIT:
        yield f"may have at most {EXPRESSION_LIMIT} characters"
    for part in _UNSUPPORTED:
        if part in text:
            yield f"may not contain {part}"
    count = Counter[str]()
    outer: list[_Bracket] = []
    closed: _Bracket | None = None  # the bracket that was closed last
    for token in _tokens(text):
        if isinstance(token, _Bracket):
            yield from _bracket_problems(token, outer, closed)
            count.update(["macro", token.name] if token.is_macro else ())
            outer.append(token)
        elif token in _CLOSING:
            closed = outer.pop() if outer else None
        elif token == "status" and any(bracket.is_inner for bracket in outer):
            yield "may have status neither inside of a macro nor in a list of values"
        else:
            count.update(token if token == "+" else ())
    for key, (most, what) in _MOST.items():
        if count[key] > most:
            yield f"may have at most {most} {what}"


def _bracket_problems(
    token: _Bracket, outer: Sequence[_Bracket], closed: _Bracket | None
) -> Iterator[str]:
    if token.name == "map":
        yield f"map() is not available; there are: {', '.join(sorted(MACROS))}"
    if token.is_macro and any(bracket.is_macro for bracket in outer):
        yield "may not have a macro, such as exists(), inside of another one"
    if token.is_macro and not _is_list_of_status(token, closed):
        yield f"{token.name}() must follow a field of the status, not a value that is computed"
    if len(outer) >= _MAX_DEPTH:
        yield f"may have at most {_MAX_DEPTH} brackets inside of each other"


def _is_list_of_status(macro: _Bracket, closed: _Bracket | None) -> bool:
    """Return whether the list of a macro is a field, an item of one, or what a macro left of one."""
    if macro.subject == ")":
        return closed is not None and closed.is_macro
    if macro.subject == "]":
        return closed is not None and not closed.is_literal
    return _is_name(macro.subject[-1:])


def _is_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def _tokens(text: str) -> Iterator[str | _Bracket]:
    """Yield names, brackets and other characters outside of strings; a string yields its quote."""
    quote, word, before, subject = "", "", "", ""
    for character in [*text, " "]:
        if quote:
            quote = "" if character == quote else quote
            continue
        if _is_name(character):
            word += character
            continue
        if word:
            yield f".{word}" if before == "." else word  # a field is no variable
            before, word = word, ""
        if character in "'\"":
            quote = before = character
            yield character
        elif character in "([{":
            follows = _is_name(before[-1:]) or before[-1:] in (")", "]", "'", '"')
            is_call = character == "("
            is_macro = is_call and before in MACROS
            yield _Bracket(before, is_macro, not is_call and not follows, subject)
            before = character
        elif not character.isspace():
            yield character
            subject, before = before if character == "." else "", character
