"""Where a trial stands at a rung from which a bounded number of trials continues."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from ..prospect import ForecastEntry
from .rungs import Rungs


@dataclass(frozen=True, slots=True)
class Standing:
    """A trial among those that wait at a rung.

    Attributes:
        own: the trial.
        place: how many of them have a better forecast.
        last: the last of the others that may continue; None where all may, or none.
        free: how many of them may continue.
        count: trials that have reached the rung.
        continued: how many of these have continued.
    """

    own: ForecastEntry
    place: int
    last: ForecastEntry | None
    free: int
    count: int
    continued: int


def standing_of(
    trial: int, ranked: Sequence[ForecastEntry], continued: Set[int], rungs: Rungs
) -> Standing:
    """Return where a trial stands when it reaches a rung.

    Args:
        trial: the trial's index.
        ranked: the trials that have reached the rung, that with the best forecast first.
        continued: those that have continued beyond it.
        rungs: the rungs.
    """
    waiting = [found for found in ranked if found.trial not in continued]
    free = rungs.top_size(len(ranked)) - len(continued)
    place = next(n for n, found in enumerate(waiting) if found.trial == trial)
    others = waiting[:place] + waiting[place + 1 :]
    last = others[free - 1] if 0 < free <= len(others) else None
    return Standing(waiting[place], place, last, free, len(ranked), len(continued))
