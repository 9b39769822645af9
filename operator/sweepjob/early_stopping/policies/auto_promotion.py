"""Auto with checkpoints: trials are paused often, and those with the best forecasts continue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..prospect import ForecastEntry, forecast_all
from ..rankings import Rank, Rankings
from .rungs import Rungs, last_resort, ordinal


@dataclass(frozen=True, slots=True)
class PausingAutoPolicy:
    """At each rung, pause a trial whose forecast is not in the top 1 / reduction_factor.

    It is successive halving by promotion (``PromotingAshaPolicy``) with forecasts instead of values: a
    slow starter that still gains much is ahead of a fast one that has converged. A free slot goes to a
    paused trial whose forecast is in the top of its rung by now, the highest rung first, else to a new
    trial. When nothing else is left to run and no trial is complete, the best of the highest rung
    continues.

    Attributes:
        schedule: the rungs.
        max_reports: the number of reports of a complete trial; None when it is not known.
    """

    name: ClassVar[str] = "auto"
    reason: ClassVar[str] = "Auto"
    statistic: ClassVar[Statistic] = Statistic.BEST
    compares_curves: ClassVar[bool] = True
    schedule: Rungs
    max_reports: int | None = None

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Pause the trial when its forecast is not in the rung's top.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the rung.
            goal: which values are better.
        """
        ranked, trial = list[ForecastEntry](), rank.trial
        if rank.rankings is not None and trial is not None:
            ranked = forecast_all(rank.rankings, interval, self.max_reports)
        top = len(ranked) // self.schedule.reduction_factor
        place = next((n for n, found in enumerate(ranked) if found.trial == trial), 0)
        in_top = place < top and math.isfinite(rank.score)
        threshold = None
        if top == 0:
            why = (
                f"is that of the {ordinal(rank.other_count + 1)} trial at this rung; promotions begin "
                f"with {self.schedule.reduction_factor} trials"
            )
        else:
            # To be in the top, it has to be ahead of this one of the others.
            others = [found for found in ranked if found.trial != trial]
            last = others[top - 1].forecast
            threshold = goal.reported(last - ranked[place].gain)
            why = self._explain(ranked[place], in_top, len(ranked), goal)
            if not in_top:
                why += (
                    f"; the last of these leads to {goal.reported(last):.6g}, for which it would have "
                    f"to be {threshold:.6g} by now"
                )
        return Decision.of(
            self,
            interval,
            rank,
            goal,
            stop=False,
            pause=trial is not None and not in_top,
            threshold=threshold,
            explanation=why,
        )

    def choose(
        self,
        paused: Mapping[int, PausedTrial],
        rankings: Rankings,
        goal: Goal,
        *,
        must_complete: bool,
    ) -> Resumption | None:
        """Choose the paused trial with the best forecast of the highest rung that has one to promote.

        Args:
            paused: the paused trials by index.
            rankings: all trials at each rung.
            goal: which values are better.
            must_complete: nothing else is left to run, and no trial has succeeded.
        """
        higher: set[int] = set()  # trials that have reached a higher rung
        for rung in reversed(rankings.intervals()):
            reached = set(rankings.at(rung).trials)
            waiting, count = (paused.keys() & reached) - higher, len(reached)
            top = count if must_complete else count // self.schedule.reduction_factor
            ranked = forecast_all(rankings, rung, self.max_reports) if waiting and top else []
            for place, found in enumerate(ranked[:top]):
                if found.trial in waiting and math.isfinite(found.score):
                    return self._resumption(found, rung, goal, count, place)
            higher |= reached
        return None

    def _resumption(
        self, found: ForecastEntry, rung: int, goal: Goal, count: int, place: int
    ) -> Resumption:
        why = self._explain(found, True, count, goal)
        if place >= count // self.schedule.reduction_factor:
            why = last_resort(count)
        best = goal.reported(found.score)
        message = f"{self.name} continued it after interval {rung}: its best {best:.6g} {why}"
        return Resumption(found.trial, message)

    def _explain(self, found: ForecastEntry, in_top: bool, count: int, goal: Goal) -> str:
        factor = self.schedule.reduction_factor
        return (
            f"leads to {goal.reported(found.forecast):.6g} at its end, which is "
            f"{'' if in_top else 'not '}in the top {count // factor} of {count} trials at this rung "
            f"(1/{factor})"
        )
