"""Expansion of ``$(NAME)`` and ``$$`` in a container's command, arguments and variables by the kubelet.

The kubelet expands what the user wrote in a template. Values of parameters and inputs are escaped, so
that the container gets them literally.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .references import Reference, resolve_optional, split_references

# A dollar that the kubelet would change. Before 1.35 it also split a non-ASCII character after a dollar.
_ACTIVE = re.compile(r"\$(?=[$(]|[^\x00-\x7f]|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_MARK = "\0"  # represents a value in a text; no string of a spec contains it


class Variable(str):
    """A ``$(NAME)`` that the user wrote."""

    __slots__ = ()


def expand_variables(text: str, variables: Mapping[str, str]) -> str:
    """Expand a text as the kubelet does. References to unknown variables stay as they are.

    Args:
        text: the text in the pod.
        variables: the container's variables.
    """
    made = []
    for kind, part in _tokens(text):
        if kind == "(":
            made.append(variables.get(part, f"$({part})"))
        else:
            made.append(part)
    return "".join(made)


def referenced_names(text: str) -> set[str]:
    """Return the names in the ``$(NAME)`` of a text."""
    return {part for kind, part in _tokens(text) if kind == "("}


def escape_text(text: str) -> str:
    """Return a text escaped so that the kubelet passes it to the container unchanged."""
    return _ACTIVE.sub("$$", text)


def fill_references(text: str, values: Mapping[str, str]) -> str:
    """Replace the references of a text in a field that the kubelet expands.

    A ``$(`` whose ``)`` comes after a reference is not a variable, and stays as it is.

    Args:
        text: the text of the template.
        values: the values of the references.
    """
    return fill_pieces(split_references(resolve_optional(text, values)), values)


def fill_pieces(found: Sequence[str | Reference], values: Mapping[str, str]) -> str:
    """Fill in a text that is already split; a text without references is returned unchanged.

    Args:
        found: the text, from ``split_references``.
        values: the values of the references.
    """
    if any(isinstance(piece, Reference) for piece in found):
        return escape(unescape(found), values)
    return "".join(map(str, found))


def unescape(found: Sequence[str | Reference]) -> list[str | Reference]:
    """Return a split text as the kubelet expands it; references and variables stay in it."""
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


def escape(found: Sequence[str | Reference], values: Mapping[str, str]) -> str:
    """Reverse ``unescape``, with values in place of references."""
    made, run = [], list[str]()
    for piece in found:
        if isinstance(piece, Variable):
            made += [escape_text("".join(run)), piece]
            run.clear()
        else:
            run.append(values[piece.name] if isinstance(piece, Reference) else piece)
    return "".join([*made, escape_text("".join(run))])


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return the pieces of a text: ``(`` with the name of a variable, an empty string with other text."""
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
            # The kubelet skips the character after a dollar; a value is scanned.
            done = start + (1 if follows == _MARK else 2)
            found.append(("", text[start:done]))
    return [*found, ("", text[done:])]
