"""The rungs of successive halving: the reports at which trials are compared."""

from __future__ import annotations

from dataclasses import dataclass

from ..policy import count_trials


@dataclass(frozen=True, slots=True)
class Rungs:
    """The intervals grace, grace * factor, grace * factor**2, ... below the maximum.

    Attributes:
        reduction_factor: at least 2.
        grace_period: the first rung, at least 1.
        maximum: the number of reports of a full run, from which on there is no rung; None for no
            limit.
    """

    reduction_factor: int
    grace_period: int = 1
    maximum: int | None = None

    def applies(self, interval: int) -> bool:
        """Return whether the interval is a rung."""
        if self.maximum is not None and interval >= self.maximum:
            return False
        multiple, rest = divmod(interval, self.grace_period)
        while rest == 0 and multiple > 1:
            multiple, rest = divmod(multiple, self.reduction_factor)
        return rest == 0 and multiple == 1


def ordinal(number: int) -> str:
    """Return a number as a place: ``1st``, ``22nd``, ``13th``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"


def last_resort(count: int) -> str:
    """Return why a trial continues that is not in the top of its rung.

    Args:
        count: trials at the rung.
    """
    return (
        f"is the best that waits of {count_trials(count)} at this rung; no trial is complete, and "
        "nothing else is left to run"
    )
