"""Checks the precondition of a transition."""

from __future__ import annotations


def require(holds: bool, violation: str) -> None:
    """Check a transition's precondition.

    Raises:
        ValueError: it does not hold; the message says what is violated.
    """
    if not holds:
        raise ValueError(violation)
