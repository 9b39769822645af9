"""What keeps a command from being done."""

from __future__ import annotations


class Unusable(Exception):
    """A file that cannot be read or holds no sweep, a cluster that cannot be reached, a thing that is not
    there; the message says why, and what to do.
    """
