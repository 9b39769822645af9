"""Success and failure of an object as CEL expressions over its status.

Tenants write the expressions, and the operator evaluates them on its event loop. So they are short,
macros such as ``exists`` are not nested, and a status that is too large is not evaluated: the cost is
bounded by the length of the expression times the size of the status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

EXPRESSION_LIMIT = 400  # characters
STATUS_LIMIT = 16 * 1024  # bytes of JSON
_LIST_LIMIT = 200  # items of a list, or of a map
# ``map`` could multiply a status, and ``matches`` compiles its pattern for each item.
_MACROS = frozenset({"all", "exists", "exists_one", "filter"})
_FUNCTIONS = frozenset(
    {"size", "contains", "startsWith", "endsWith", "has", "int", "uint", "double", "string", "bool"}
)
_MAX_MACROS = 4
_MAX_DEPTH = 20  # of brackets
# They would let a text look like something else to the scanner below.
_UNSUPPORTED = ("\\", "//", "'''", '"""')


class ExpressionError(ValueError):
    """An expression is invalid, or gave no truth value."""


@dataclass(frozen=True, slots=True)
class StatusCondition:
    """A CEL expression over ``status``.

    Attributes:
        text: the expression.
    """

    text: str
    _program: Any = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> StatusCondition:
        """Return the condition of a text.

        Raises:
            ExpressionError: it is invalid, or could cost too much.
        """
        for problem in _problems(text):
            raise ExpressionError(problem)
        return cls(text, _compile(text))

    def is_met(self, status: Mapping[str, Any]) -> bool:
        """Return whether a status meets the condition; a field that is missing does not meet it.

        Args:
            status: the status of an object, without a ``status_problem``.

        Raises:
            ExpressionError: the expression gives no truth value.
        """
        try:
            found = self._program.execute({"status": status})
        except (KeyError, IndexError):
            return False
        except Exception as error:  # the library raises whatever fits the fault
            raise ExpressionError(f"{self.text}: {str(error)[:200]}") from error
        if not isinstance(found, bool):
            raise ExpressionError(
                f"{self.text}: gives {str(found)[:100]!r}, and must give true or false"
            )
        return found


def status_problem(status: Mapping[str, Any]) -> str:
    """Return why conditions are not evaluated over a status: it is too large; empty if they are."""
    if len(json.dumps(status)) > STATUS_LIMIT:
        return f"it is larger than {STATUS_LIMIT // 1024} KiB"
    waiting: list[Any] = [status]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping | list):
            if len(node) > _LIST_LIMIT:
                return f"it has a list, or an object, of more than {_LIST_LIMIT} items"
            waiting += node.values() if isinstance(node, Mapping) else node
    return ""


@lru_cache(maxsize=256)
def _compile(text: str) -> Any:
    import cel  # here, since it loads the packages of its own command line, which takes half a second

    try:
        program = cel.compile(text)
    except Exception as error:
        raise ExpressionError(f"is no CEL expression: {_first_line(error)}") from error
    variables, functions = set(program.variables()), set(program.functions())
    unknown = variables - {"status"} - _bound(text)
    if unknown:
        raise ExpressionError(f"{min(unknown)} is unknown; the only variable is status")
    if "status" not in variables:
        raise ExpressionError("must depend on status, e.g. status.phase == 'Succeeded'")
    refused = {name for name in functions if name.isidentifier() and name[0] != "_"} - _FUNCTIONS
    if refused:
        known = ", ".join(sorted(_FUNCTIONS | _MACROS))
        raise ExpressionError(f"{min(refused)}() is not available; there are: {known}")
    return program


def _first_line(error: Exception) -> str:
    line = str(error).splitlines()[0]
    _, _, said = line.partition("ERROR: <input>:")
    return (said or line)[:200]


def _problems(text: str) -> Iterator[str]:
    if len(text) > EXPRESSION_LIMIT:
        yield f"may have at most {EXPRESSION_LIMIT} characters"
    for part in _UNSUPPORTED:
        if part in text:
            yield f"may not contain {part}"
    outer: list[_Bracket] = []
    macros = 0
    for token in _tokens(text):
        if isinstance(token, _Bracket):
            yield from _bracket_problems(token, outer)
            macros += token.is_macro
            outer.append(token)
        elif token in _CLOSING:
            outer[-1:] = []
        elif token == "status" and any(bracket.is_inner for bracket in outer):
            yield "may have status neither inside of a macro nor in a list of values"
    if macros > _MAX_MACROS:
        yield f"may have at most {_MAX_MACROS} macros, such as exists()"


def _bracket_problems(token: _Bracket, outer: Sequence[_Bracket]) -> Iterator[str]:
    if token.name == "map":
        yield f"map() is not available; there are: {', '.join(sorted(_MACROS))}"
    if token.is_macro and any(bracket.is_macro for bracket in outer):
        yield "may not have a macro, such as exists(), inside of another one"
    if len(outer) >= _MAX_DEPTH:
        yield f"may have at most {_MAX_DEPTH} brackets inside of each other"


_CLOSING = (")", "]", "}")


@dataclass(frozen=True, slots=True)
class _Bracket:
    """An opening bracket.

    Attributes:
        name: the name before it; empty without one.
        is_macro: it has the arguments of a macro, which are evaluated for each item.
        is_literal: it begins a list or a map of values.
    """

    name: str
    is_macro: bool
    is_literal: bool

    @property
    def is_inner(self) -> bool:
        return self.is_macro or self.is_literal


def _tokens(text: str) -> Iterator[str | _Bracket]:
    """Yield names, brackets and other characters outside of strings; a string yields its quote."""
    quote, word, before = "", "", ""
    for character in [*text, " "]:
        if quote:
            quote = "" if character == quote else quote
            continue
        if character.isalnum() or character == "_":
            word += character
            continue
        if word:
            yield f".{word}" if before == "." else word  # a field is no variable
            before, word = word, ""
        if character in "'\"":
            quote = before = character
            yield character
        elif character in "([{":
            follows = before[-1:].isalnum() or before[-1:] in ("_", ")", "]", "'", '"')
            is_call = character == "("
            yield _Bracket(before, is_call and before in _MACROS, not is_call and not follows)
            before = character
        elif not character.isspace():
            yield character
            before = character


def _bound(text: str) -> set[str]:
    """Return the variables that macros bind, as in ``exists(c, ...)``."""
    pieces = (piece.partition(",") for piece in text.split("(")[1:])
    return {name.strip() for name, comma, _ in pieces if comma and name.strip() != "status"}
