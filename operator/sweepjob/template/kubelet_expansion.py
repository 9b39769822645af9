"""``$(NAME)`` and ``$$`` in a container's command, arguments and variables, as the kubelet expands them.

What the user has written in a template is expanded. What a parameter or an input stands for is not: it
is written so that the kubelet makes the value of it, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .references import Reference, pieces, settle_optional

# A dollar that the kubelet would not leave alone: before 1.35 it also broke up the character behind
# one, where that is not ASCII.
_ACTIVE = re.compile(r"\$(?=[$(]|[^\x00-\x7f]|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_MARK = "\0"  # stands for a value in a text; no text of a spec has one


class Variable(str):
    """``$(NAME)`` that the user has written."""

    __slots__ = ()


def expand(text: str, variables: Mapping[str, str]) -> str:
    """The text as the kubelet hands it to a container. A name that is not known stays as it is."""
    made = []
    for kind, part in _tokens(text):
        if kind == "(":
            made.append(variables.get(part, f"$({part})"))
        else:
            made.append(part)
    return "".join(made)


def literal(text: str) -> str:
    """What has to be written for a container to get this text."""
    return _ACTIVE.sub("$$", text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text of a template with its references replaced, for a place that the kubelet expands.

    A ``$(`` whose ``)`` comes only behind a reference is no variable, and stays as it is written.
    """
    return replaced(pieces(settle_optional(text, values)), values)


def replaced(found: Sequence[str | Reference], values: Mapping[str, str]) -> str:
    """The same of a text in pieces. Without references it stays as it is written."""
    if any(isinstance(piece, Reference) for piece in found):
        return written(decoded(found), values)
    return "".join(map(str, found))


def decoded(found: Sequence[str | Reference]) -> list[str | Reference]:
    """What the kubelet would make of a text, references and variables still in it."""
    waiting = iter([piece for piece in found if isinstance(piece, Reference)])
    made: list[str | Reference] = []

    def keep(text: str) -> None:
        for number, part in enumerate(text.split(_MARK)):
            made.extend(([next(waiting)] if number else []) + ([part] if part else []))

    for kind, part in _tokens("".join(p if isinstance(p, str) else _MARK for p in found)):
        if kind == "(" and _NAME.fullmatch(part):
            made.append(Variable(f"$({part})"))
        else:
            keep(f"$({part})" if kind == "(" else part)
    return made


def written(found: Sequence[str | Reference], values: Mapping[str, str]) -> str:
    """The opposite of ``decoded``, with values in place of references."""
    made, run = [], list[str]()
    for piece in found:
        if isinstance(piece, Variable):
            made += [literal("".join(run)), piece]
            run.clear()
        else:
            run.append(values[piece.name] if isinstance(piece, Reference) else piece)
    return "".join([*made, literal("".join(run))])


def _tokens(text: str) -> list[tuple[str, str]]:
    """Stretches of a text, each with its kind: ``(`` for a variable, of which it is the name."""
    found, done, close = [], 0, 0
    while (start := text.find("$", done)) >= 0:
        found.append(("", text[done:start]))
        follows = text[start + 1 : start + 2]
        if follows == "(" and 0 <= close < start + 2:
            close = text.find(")", start + 2)
        if follows == "(" and close >= 0:
            found.append(("(", text[start + 2 : close]))
            done = close + 1
        elif follows == "$":
            found.append(("", "$"))
            done = start + 2
        else:
            # What follows is not looked at again, unless it is a value.
            done = start + (1 if follows == _MARK else 2)
            found.append(("", text[start:done]))
    return [*found, ("", text[done:])]
