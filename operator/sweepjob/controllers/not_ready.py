"""A sweep that cannot begin yet, though nothing is wrong with its spec."""

from __future__ import annotations


class NotReady(Exception):
    """Something that the sweep needs is not there, or not usable; it is looked for again.

    Args:
        reason: the reason of the condition.
        message: what it needs, and the remedy.
        waits: it may come by itself; False: somebody has to mend it.
    """

    def __init__(self, reason: str, message: str, *, waits: bool = True) -> None:
        super().__init__(message)
        self.reason = reason
        self.waits = waits
