"""Writes references of a shell's text as variables, so that any pod template can have the text.

``spec.trial.command`` quotes each value for its context. A container's ``command`` is an argument vector,
whose words get the values as they are, and a shell would read them again. A value in a variable is
never read again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .command import SHELL, normalize, split_words, syntax_error
from .references import Reference, has_optional_parts, split_references
from .shell_contexts import MARK, Context, ShellPosition
from .shell_scanner import find_positions

_IN_QUOTES = {
    Context.WORD: '"${{{}}}"',
    Context.SINGLE: "'\"${{{}}}\"'",
    Context.DOUBLE: "${{{}}}",
    Context.DOLLAR: "'\"${{{}}}\"$'",
    Context.BRACES: "${{{}}}",
    Context.DOCUMENT: "${{{}}}",
    Context.ARITHMETIC: "${{{}}}",
    Context.COMMENT: "",
}


class UnsupportedCommandError(ValueError):
    """A command cannot be written as an argument vector."""


def argument_vector(
    command: str | Sequence[str] | None,
) -> tuple[list[str], list[dict[str, str]]]:
    """Return a command as the argument vector of a container, and the variables that it needs.

    >>> argument_vector('cd /app && python train.py --name "${{inputs.name}}"')[0][2]
    'cd /app && python train.py --name "${VALUE_inputs_name}"'

    Args:
        command: a command line, or its words, which stay as they are.

    Raises:
        UnsupportedCommandError: the command has optional parts, a quote that stays open, or a reference
            where a shell expands no variable; the message has the remedy.
    """
    if command is None or not isinstance(command, str):
        return list(command or ()), []
    if has_optional_parts(command):
        raise UnsupportedCommandError("has optional parts, $[[...]]; remove them here")
    if (error := syntax_error(command)) is not None:
        raise UnsupportedCommandError(error)
    words = split_words(command)
    if words is not None:
        return words, []
    variables: dict[str, str] = {}
    text = normalize(command)
    pieces = split_references(text)
    positions = iter(
        find_positions("".join(p if isinstance(p, str) else MARK for p in pieces))
        if len(pieces) > 1 or not isinstance(pieces[0], str)
        else ()
    )
    made: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            made.append(piece)
            continue
        position = next(positions)
        if position.before:
            # A dollar before a value is literal; a backslash would escape what is quoted anyway.
            made[-1] = made[-1][:-1] + ("\\$" if position.before == "$" else "")
        name = re.sub(r"\W", "_", f"VALUE_{piece.name}")
        variables[name] = str(piece)
        made.append(_expansion(piece, position).format(name))
    entries = [{"name": name, "value": value} for name, value in variables.items()]
    return [*SHELL, "".join(made)], entries


def _expansion(reference: Reference, position: ShellPosition) -> str:
    if position.context in _IN_QUOTES and not position.back_quotes and not position.refusal:
        return _IN_QUOTES[position.context]
    where = "in back quotes" if position.back_quotes else position.context.value
    raise UnsupportedCommandError(
        f"has {reference} {where}, where a shell expands no variable; move it out of there"
    )
