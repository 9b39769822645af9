"""The error of a command that cannot be carried out."""

from __future__ import annotations


class CommandError(Exception):
    """A command cannot be carried out.

    Examples: a file cannot be read or has no sweep, the cluster is unreachable, an object does not exist.
    The message has the cause and a remedy.
    """
