"""Scouts: trials that pass the first rungs whatever others reach, to find slow starters."""

from __future__ import annotations

from .rungs import Rungs

_SCOUTS = 4  # one trial in so many is a scout
WHY_SCOUT = (
    f"is that of one in {_SCOUTS} trials that pass the first rungs whatever others reach, so that "
    "slow starters show what they become"
)


def is_scout(rungs: Rungs, trial: int, rung: int) -> bool:
    """Return whether a trial passes a rung whatever others reach: one in four, at the first two.

    Not so late that it would be most of a complete trial.

    Args:
        rungs: the rungs.
        trial: the trial's index.
        rung: one of the rungs.
    """
    passed, maximum = rungs.reduction_factor**2, rungs.maximum
    is_early = rung < rungs.grace_period * passed
    is_short = maximum is None or rung * passed < maximum
    return is_early and is_short and trial % _SCOUTS == _SCOUTS - 1
