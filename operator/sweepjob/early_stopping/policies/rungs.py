"""The rungs of successive halving: the reports at which trials are compared."""

from __future__ import annotations

from dataclasses import dataclass

AT_THIS_RUNG = "at this rung"


@dataclass(frozen=True, slots=True)
class Rungs:
    """The intervals grace, grace * factor, grace * factor**2, ... below the maximum.

    The top of a rung is the best 1 / factor of the trials that have reached it.

    Attributes:
        reduction_factor: at least 2.
        grace_period: the first rung, at least 1.
        maximum: the number of reports of a full run, from which on there is no rung; None for no
            limit.
        place: which rung a message is about, in words.
    """

    reduction_factor: int
    grace_period: int = 1
    maximum: int | None = None
    place: str = AT_THIS_RUNG

    def applies(self, interval: int) -> bool:
        """Return whether the interval is a rung."""
        if self.maximum is not None and interval >= self.maximum:
            return False
        multiple, rest = divmod(interval, self.grace_period)
        while rest == 0 and multiple > 1:
            multiple, rest = divmod(multiple, self.reduction_factor)
        return rest == 0 and multiple == 1

    def next_budget(self, done: int) -> int | None:
        """Return the first rung, or the maximum, beyond a budget; None beyond the maximum.

        Args:
            done: the budget; 0 for the first rung.
        """
        rung = self.grace_period
        while rung <= done:
            rung *= self.reduction_factor
        found = rung if self.applies(rung) else self.maximum
        return found if found is not None and found > done else None

    def top_size(self, count: int) -> int:
        """Return how many trials are in the top of a rung.

        Args:
            count: trials that have reached the rung.
        """
        return count // self.reduction_factor

    def describe_top(self, count: int) -> str:
        """Return the top of a rung in words: ``the top 2 of 7 trials at this rung (1/3)``.

        Args:
            count: trials that have reached the rung.
        """
        return (
            f"the top {self.top_size(count)} of {count} trials {self.place} "
            f"(1/{self.reduction_factor})"
        )

    def describe_start(self, count: int, what: str) -> str:
        """Return in words that the top is empty: ``the 2nd trial at this rung; decisions begin with 3``.

        Args:
            count: trials that have reached the rung, fewer than the factor.
            what: what begins with more trials, such as ``decisions``.
        """
        return (
            f"the {_ordinal(count)} trial {self.place}; {what} begin with {self.reduction_factor} "
            "trials"
        )


@dataclass(frozen=True, slots=True)
class RungsAndNext:
    """The rungs, and the report after each: who has made it has continued beyond the rung.

    Attributes:
        rungs: the rungs.
    """

    rungs: Rungs

    def applies(self, interval: int) -> bool:
        """Return whether the interval is a rung, or the one after it."""
        return self.rungs.applies(interval) or (interval > 1 and self.rungs.applies(interval - 1))


def _ordinal(number: int) -> str:
    """Return a number as a place: ``1st``, ``22nd``, ``13th``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"
