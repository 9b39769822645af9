"""Which trials have continued beyond a rung, which wait there, and where one of these stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from ..activity import Activity
from ..prospect import ForecastEntry
from ..rankings import Rankings
from .rungs import Rungs
from .scouts import is_scout


@dataclass(frozen=True, slots=True)
class RungCount:
    """The trials that have reached a rung, as far as they may take a place there.

    Attributes:
        reached: those that have reached it, those that ended there among them.
        continued: those that have made a report beyond it, or are about to.
        waiting: those that the policy may continue from it.
    """

    reached: Set[int]
    continued: Set[int]
    waiting: Set[int]

    def free(self, rungs: Rungs) -> int:
        """Return how many more may continue; below 0 where more have than may."""
        return rungs.top_size(len(self.reached)) - len(self.continued)


def count_rung(
    rungs: Rungs,
    rankings: Rankings,
    rung: int,
    activity: Callable[[int], Activity | None],
    judged: int | None = None,
) -> RungCount:
    """Return which trials have continued beyond a rung, and which wait there.

    Trials of other sweeps are left out, and those of this one that continue without the policy. So are
    scouts, unless they wait.

    Args:
        rungs: the rungs.
        rankings: all trials at each rung, and one report later.
        rung: the rung.
        activity: what a trial does; None where it is not known, so that its reports alone count.
        judged: a trial that has just reached the rung; it waits until it is decided about.
    """
    here, beyond = rankings.at(rung).trials, set(rankings.at(rung + 1).trials)
    higher = set(rankings.at(rung * rungs.reduction_factor).trials)
    reached, continued, waiting = set(), set(), set()
    for trial in here:
        does = Activity.WAITING if trial == judged else activity(trial)
        # A paused trial may have made a few reports until its pod had ended.
        waits = does is Activity.WAITING and trial not in higher
        is_left_out = trial in rankings.not_decided_on and does is not Activity.WAITING
        if trial < 0 or is_left_out or (is_scout(rungs, trial, rung) and not waits):
            continue
        reached.add(trial)
        if waits or (does is None and trial not in beyond):
            waiting.add(trial)
        elif trial in beyond or trial in higher or does is Activity.RUNNING:
            continued.add(trial)
    return RungCount(reached, continued, waiting)


@dataclass(frozen=True, slots=True)
class Standing:
    """A trial among those that wait at a rung.

    Attributes:
        own: the trial.
        place: how many of them have a better forecast.
        last: the last of the others that may continue; None where all may, or none.
        free: how many of them may continue.
    """

    own: ForecastEntry
    place: int
    last: ForecastEntry | None
    free: int


def standing_of(
    trial: int, ranked: Sequence[ForecastEntry], count: RungCount, rungs: Rungs
) -> Standing:
    """Return where a trial stands when it reaches a rung.

    Args:
        trial: the trial's index.
        ranked: the trials that have reached the rung, by their forecasts, the best one first.
        count: which of them wait, the trial among them.
        rungs: the rungs.
    """
    waiting = [found for found in ranked if found.trial in count.waiting]
    free = count.free(rungs)
    place = next(n for n, found in enumerate(waiting) if found.trial == trial)
    others = waiting[:place] + waiting[place + 1 :]
    last = others[free - 1] if 0 < free <= len(others) else None
    return Standing(waiting[place], place, last, free)
