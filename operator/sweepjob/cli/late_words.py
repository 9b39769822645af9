"""Words of a command behind its flags. It is imported by ``--help``, so that it imports little."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def accept_late_words(parser: argparse.ArgumentParser, name: str) -> None:
    """Let the words of an argument that takes any number of them also come behind flags.

    Args:
        parser: the parser of the command.
        name: the argument.
    """
    parser.set_defaults(late_words=name)


def add_late_words(args: argparse.Namespace, rest: Sequence[str]) -> bool:
    """Add what argparse has left over to the words of a command; return whether they are words.

    Where a command takes any number of words, argparse takes none of those behind a flag (CPython issue
    15112, mended in Python 3.13).

    Args:
        args: the command line.
        rest: what is left over.
    """
    name = getattr(args, "late_words", None)
    words = list(rest)
    if "--" in words:  # what follows are words, also with a dash
        words.remove("--")
        end = rest.index("--")
    else:
        end = len(words)
    if name is None or any(word.startswith("-") and word != "-" for word in words[:end]):
        return False
    getattr(args, name).extend(words)
    return True
