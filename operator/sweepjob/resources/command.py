"""``spec.trial.command``: with a shell or without, decided by what is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from .placeholders import OPTIONAL, PLACEHOLDER, settle_optional, substitute

_SHELL_SYNTAX = re.compile(r"[|&;<>()$`*?#~!\\\n\[\]{}]")


def syntax_error(command: str) -> str | None:
    """What is wrong with a command that is to be split into words, None when nothing is."""
    if _needs_shell(command):
        return None  # the shell will say
    try:
        shlex.split(_plain(command))
    except ValueError as error:
        return (
            f"cannot be split into words ({str(error).lower()}); close the quote, or write a list"
        )
    return None


def _plain(command: str) -> str:
    """Without placeholders, and with all that is optional."""
    return PLACEHOLDER.sub("", OPTIONAL.sub(r"\1", command))


def _needs_shell(command: str) -> bool:
    return _SHELL_SYNTAX.search(_plain(command)) is not None


def words_of(command: str) -> list[str] | None:
    """The words of a command, references still in them; None where only a shell could split it, or
    where something of it may be left out."""
    if _needs_shell(command) or OPTIONAL.search(command):
        return None
    compact = PLACEHOLDER.sub(lambda match: f"${{{{{match[1]}}}}}", command)
    return shlex.split(compact)


def resolve(command: str | Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The argument vector of a command with its placeholders filled in.

    A list is taken as it is; only a word that is optional as a whole is split, or left out. A text
    without shell syntax is split into words first and filled in afterwards: a value with spaces or
    quotes stays one argument, no shell has to be in the image, and signals reach the script itself.
    A text with shell syntax goes to ``/bin/sh -c``, values quoted.
    """
    if not isinstance(command, str):
        return [word for given in command for word in _words(given, values)]
    if _needs_shell(command):
        return ["/bin/sh", "-c", substitute(command, values, shlex.quote)]
    return _split(settle_optional(command, values), values)


def _words(given: str, values: Mapping[str, str]) -> list[str]:
    if OPTIONAL.fullmatch(given):
        return _split(settle_optional(given, values), values)
    return [substitute(given, values)]


def _split(text: str, values: Mapping[str, str]) -> list[str]:
    # Placeholders may contain blanks; hide them from the splitting.
    compact = PLACEHOLDER.sub(lambda match: f"${{{{{match[1]}}}}}", text)
    return [substitute(word, values) for word in shlex.split(compact)]
