"""Quotes values in a shell's text for their contexts, so that the shell reads them literally.

``shlex.quote`` quotes for one context only, a word outside of quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from .here_documents import ReferenceLine, reference_lines, would_change
from .kubelet_expansion import Variable
from .references import Reference
from .shell_contexts import MARK, Context, ShellPosition
from .shell_scanner import find_positions

_PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./-]+")
_KEYWORDS = {
    *("case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in"),
    *("select", "then", "time", "until", "while"),
}
_WHOLE = re.compile(r"-?[0-9]+")
_ENVIRONMENT = (
    'pass it through the environment instead: "$AZUREML_SWEEP_{name}" for a parameter, or a variable in '
    "env for anything else"
)


class UnquotableValue(ValueError):
    """A value cannot be quoted where it is referred to."""


def fill_references(found: Sequence[str | Reference], values: Mapping[str, str]) -> list[str]:
    """Replace the references of a shell's text.

    Args:
        found: the split text; a ``Variable`` of the kubelet's stays as it is.
        values: the values of the references, by name.

    Raises:
        UnquotableValue: a value cannot be quoted in its context.
    """
    made: list[str] = []
    waiting = iter(_positions(_text(found)))
    for piece in found:
        if isinstance(piece, str):
            made.append(piece)
            continue
        position, line = next(waiting)
        if position.before:
            # A dollar before a value is literal; a backslash would escape what is quoted anyway.
            made[-1] = made[-1][:-1] + ("\\$" if position.before == "$" else "")
        made.append(_quoted(values[piece.name], position, line))
    return made


def find_refusals(
    found: Sequence[str | Reference], possible: Callable[[str], Iterable[str]]
) -> list[tuple[str, str]]:
    """Return each reference that cannot be where it is, with the reason and the remedy.

    Args:
        found: the split text.
        possible: returns the values that a reference can have.
    """
    said = []
    names = [piece.name for piece in found if isinstance(piece, Reference)]
    for name, (position, line) in zip(names, _positions(_text(found)), strict=True):
        reasons = (_reason(value, position, line) for value in possible(name))
        if reason := next(filter(None, reasons), ""):
            remedy = _ENVIRONMENT.format(name=name.removeprefix("search_space.").partition(".")[0])
            said.append((name, f"cannot be used there: {reason}; {remedy}"))
    return said


def _reason(value: str, position: ShellPosition, line: ReferenceLine) -> str:
    """Return why a value cannot be quoted at a position; empty when it can."""
    if position.refusal and (position.before or not _PLAIN.fullmatch(value)):
        return position.refusal
    if position.context is Context.ARITHMETIC and not _WHOLE.fullmatch(value):
        return f"shell arithmetic takes whole numbers only, and one of its values is {value[:40]!r}"
    if position.here_document is not None and would_change(value, position.here_document, line):
        return f"{value[:40]!r}, one of its values, could end the here-document or lose tabs there"
    return ""


def _quoted(value: str, position: ShellPosition, line: ReferenceLine) -> str:
    """Quote a value for its position.

    Raises:
        UnquotableValue: it cannot be quoted there.
    """
    if reason := _reason(value, position, line):
        raise UnquotableValue(f"{value[:40]!r} cannot be written into the command: {reason}")
    if position.refusal:
        return value  # plain: no shell reads it as anything else, in any context
    made = _QUOTING[position.context](value)
    if position.context is Context.WORD and not _is_plain(value, position):
        made = _single(value)
    for _ in range(position.back_quotes):
        made = re.sub(r"([\\`$])", r"\\\1", made)
    return made


def _is_plain(value: str, position: ShellPosition) -> bool:
    """Return whether a shell reads a value literally without quotes."""
    if not _PLAIN.fullmatch(value) or value in _KEYWORDS:
        return False
    return not (position.is_redirected and value.isdigit())


def _single(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _escaped(characters: str) -> Callable[[str], str]:
    pattern = re.compile(f"([{re.escape(characters)}])")
    return lambda value: pattern.sub(r"\\\1", value)


_QUOTING: dict[Context, Callable[[str], str]] = {
    Context.WORD: str,
    Context.SINGLE: lambda value: value.replace("'", "'\"'\"'"),
    Context.DOUBLE: _escaped('\\"$`'),
    Context.DOLLAR: lambda value: f"'{_single(value)}$'",
    Context.BRACES: _escaped('\\"$`}'),
    Context.DOCUMENT: _escaped("\\$`"),
    Context.LITERAL: str,
    # Not executed; the comment must not end.
    Context.COMMENT: lambda value: re.sub(r"[^A-Za-z0-9_@%+=:,./ -]", "_", value),
    Context.ARITHMETIC: lambda value: f"({value})" if value.startswith("-") else value,
}


@lru_cache(maxsize=32)  # every trial of a sweep has the same text
def _positions(text: str) -> tuple[tuple[ShellPosition, ReferenceLine], ...]:
    return (
        tuple(zip(find_positions(text), reference_lines(text), strict=True)) if MARK in text else ()
    )


def _text(found: Sequence[str | Reference]) -> str:
    # A variable of the kubelet's is one word to the shell, whatever its value.
    texts = ("v" * len(p) if isinstance(p, Variable) else p for p in found)
    return "".join(MARK if isinstance(piece, Reference) else piece for piece in texts)
