"""Auto with checkpoints: trials are paused often, and those with the best forecasts continue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..prospect import ForecastEntry, completeness, forecast_all
from ..rankings import Rank, Rankings
from .promotion import find_promotion
from .rungs import Rungs


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
        if complete := completeness(rank.rankings, interval, self.max_reports):
            why = f"is that of a complete trial: {complete}"
            return Decision.of(
                self, interval, rank, goal, stop=False, threshold=None, explanation=why
            )
        ranked, trial = list[ForecastEntry](), rank.trial
        if rank.rankings is not None and trial is not None:
            ranked = forecast_all(rank.rankings, interval, self.max_reports)
        top = self.schedule.top_size(len(ranked))
        place = next((n for n, found in enumerate(ranked) if found.trial == trial), 0)
        in_top = place < top and math.isfinite(rank.score)
        threshold = None
        if top == 0:
            start = self.schedule.describe_start(rank.other_count + 1, "promotions")
            why = f"is that of {start}"
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

        def ranked(rung: int) -> list[ForecastEntry]:
            return forecast_all(rankings, rung, self.max_reports)

        found = find_promotion(
            self.schedule, paused.keys(), rankings, ranked, must_complete=must_complete
        )
        if found is None:
            return None
        why = self._explain(found.candidate, True, found.count, goal)
        return found.resumption(self, goal, why)

    def _explain(self, found: ForecastEntry, in_top: bool, count: int, goal: Goal) -> str:
        return (
            f"leads to {goal.reported(found.forecast):.6g} at its end, which is "
            f"{'' if in_top else 'not '}in {self.schedule.describe_top(count)}"
        )
