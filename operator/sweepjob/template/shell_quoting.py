"""Values in a shell's text: each is written so that the shell makes of it what it is, to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from .here_documents import Line, changes, lines_of
from .kubelet_expansion import Variable
from .references import Reference
from .shell_contexts import MARK, Context, Place
from .shell_scanner import places

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


class Impossible(ValueError):
    """A value cannot stand where it is referred to."""


def filled(found: Sequence[str | Reference], values: Mapping[str, str]) -> list[str]:
    """A shell's text with its references replaced.

    Args:
        found: the text in its order; a ``Variable`` is left as it is.

    Raises:
        Impossible: a value cannot be written in its place.
    """
    made: list[str] = []
    waiting = iter(_places(_text(found)))
    for piece in found:
        if isinstance(piece, str):
            made.append(piece)
            continue
        place, line = next(waiting)
        if place.before:
            # A dollar before a value is one; a backslash would quote what is quoted anyway.
            made[-1] = made[-1][:-1] + ("\\$" if place.before == "$" else "")
        made.append(_quoted(values[piece.name], place, line))
    return made


def refusals(
    found: Sequence[str | Reference], possible: Callable[[str], Iterable[str]]
) -> list[tuple[str, str]]:
    """Each reference to which something is to be said, and what.

    Args:
        possible: values that a reference may stand for.
    """
    said = []
    names = [piece.name for piece in found if isinstance(piece, Reference)]
    for name, (place, line) in zip(names, _places(_text(found)), strict=True):
        reasons = (_reason(value, place, line) for value in possible(name))
        if reason := next(filter(None, reasons), ""):
            remedy = _ENVIRONMENT.format(name=name.removeprefix("search_space.").partition(".")[0])
            said.append((name, f"cannot stand there: {reason}; {remedy}"))
    return said


def _reason(value: str, place: Place, line: Line) -> str:
    """Why a value cannot stand there, empty when it can."""
    if place.refusal and (place.before or not _PLAIN.fullmatch(value)):
        return place.refusal
    if place.context is Context.ARITHMETIC and not _WHOLE.fullmatch(value):
        return f"arithmetic of a shell has whole numbers, and one of its values is {value[:40]!r}"
    if place.document is not None and changes(value, place.document, line):
        return f"{value[:40]!r}, one of its values, could end the here-document or lose tabs there"
    return ""


def _quoted(value: str, place: Place, line: Line) -> str:
    """The value as it is written there.

    Raises:
        Impossible: it cannot be.
    """
    if reason := _reason(value, place, line):
        raise Impossible(f"{value[:40]!r} cannot be written into the command: {reason}")
    if place.refusal:
        return value  # which no shell takes for anything else, wherever it stands
    made = _QUOTING[place.context](value)
    if place.context is Context.WORD and not _is_plain(value, place):
        made = _single(value)
    for _ in range(place.back_quotes):
        made = re.sub(r"([\\`$])", r"\\\1", made)
    return made


def _is_plain(value: str, place: Place) -> bool:
    """Whether a shell takes it for what it is without quotes."""
    if not _PLAIN.fullmatch(value) or value in _KEYWORDS:
        return False
    return not (place.is_redirected and value.isdigit())


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
    # Nobody reads it; it must not end.
    Context.COMMENT: lambda value: re.sub(r"[^A-Za-z0-9_@%+=:,./ -]", "_", value),
    Context.ARITHMETIC: lambda value: f"({value})" if value.startswith("-") else value,
}


@lru_cache(maxsize=32)  # every trial of a sweep has the same text
def _places(text: str) -> tuple[tuple[Place, Line], ...]:
    return tuple(zip(places(text), lines_of(text), strict=True)) if MARK in text else ()


def _text(found: Sequence[str | Reference]) -> str:
    # A variable of the kubelet's is one word to the shell, whatever it stands for.
    texts = ("v" * len(p) if isinstance(p, Variable) else p for p in found)
    return "".join(MARK if isinstance(piece, Reference) else piece for piece in texts)
