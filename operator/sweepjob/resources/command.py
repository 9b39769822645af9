"""``spec.trial.command``: with a shell or without, decided by what is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from .placeholders import PLACEHOLDER, substitute

_SHELL_SYNTAX = re.compile(r"[|&;<>()$`*?#~!\\\n\[\]{}]")


def syntax_error(command: str) -> str | None:
    """What is wrong with a command that is to be split into words, None when nothing is."""
    if _SHELL_SYNTAX.search(PLACEHOLDER.sub("", command)) is not None:
        return None  # the shell will say
    try:
        shlex.split(PLACEHOLDER.sub("", command))
    except ValueError as error:
        return (
            f"cannot be split into words ({str(error).lower()}); close the quote, or write a list"
        )
    return None


def resolve(command: str | Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The argument vector of a command with its placeholders filled in.

    A list is taken as it is. A text without shell syntax is split into words first and filled in
    afterwards: a value with spaces or quotes stays one argument, no shell has to be in the image, and
    signals reach the script itself. A text with shell syntax goes to ``/bin/sh -c``, values quoted.
    """
    if not isinstance(command, str):
        return [substitute(word, values.__getitem__) for word in command]
    if _SHELL_SYNTAX.search(PLACEHOLDER.sub("", command)) is None:
        # Placeholders may contain blanks; hide them from the splitting.
        compact = PLACEHOLDER.sub(lambda m: f"${{{{{m[1]}}}}}", command)
        return [substitute(word, values.__getitem__) for word in shlex.split(compact)]
    return ["/bin/sh", "-c", substitute(command, lambda name: shlex.quote(values[name]))]
