"""Auto with checkpoints: trials are paused often, and those with the best forecasts continue."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..activity import Activity
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..prospect import ForecastEntry, forecast_all, why_complete
from ..rankings import Rank, Rankings
from .promotion import Promotion, first_unranked, resume_unranked
from .rungs import Rungs, RungsAndNext
from .scouts import WHY_SCOUT, is_scout
from .standing import RungCount, count_rung, standing_of


@dataclass(frozen=True, slots=True)
class PausingAutoPolicy:
    """From each rung, 1 / reduction_factor of the trials continue: those with the best forecasts.

    It is successive halving by promotion (``PromotingAshaPolicy``) with two differences.

    Forecasts are compared instead of values: a slow starter that still gains much is ahead of a fast one
    that has converged.

    The number of trials that continue is bounded. In ASHA a trial continues if it is in the top of those
    that reached the rung before it. With a sampler that learns, most new trials are: nearly all
    continue, and time for new ones is short. Here a trial continues only as long as fewer than
    1 / reduction_factor of those that reached the rung have; others wait, and the best of them is next.

    One trial in four is a scout: it passes the first two rungs whatever others reach, and is not compared
    there. Otherwise, where fast starters converge to bad values, a sampler would see no other results.

    Source: Li et al. (2022), Hyper-Tune, delayed promotion in asynchronous successive halving (D-ASHA).

    Attributes:
        rungs: the rungs.
        max_reports: the number of reports of a complete trial; None when it is not known.
    """

    name: ClassVar[str] = "auto"
    reason: ClassVar[str] = "Auto"
    statistic: ClassVar[Statistic] = Statistic.BEST
    compares_curves: ClassVar[bool] = True
    rungs: Rungs
    max_reports: int | None = None

    @property
    def schedule(self) -> RungsAndNext:
        """When the policy is applied: at each rung, and one report later to see who continued."""
        return RungsAndNext(self.rungs)

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Pause the trial if others should continue in its place.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the rung.
            goal: which values are better.
        """
        trial, rankings = rank.trial, rank.rankings
        if why := why_complete(rank, interval, self.max_reports):
            return self._continue(interval, rank, goal, why)
        if trial is None or rankings is None or not self.rungs.applies(interval):
            return self._continue(interval, rank, goal, "is that of a trial beyond the rung")
        if is_scout(self.rungs, trial, interval):
            return self._continue(interval, rank, goal, WHY_SCOUT)
        count = count_rung(self.rungs, rankings, interval, rankings.activity_of, judged=trial)
        found = standing_of(trial, self._forecasts(rankings, interval), count, self.rungs)
        continues = found.place < found.free and math.isfinite(rank.score)
        threshold, why = None, self._explain(found.own, count, goal)
        if found.last is not None:
            # To continue, it has to be ahead of this one of the others.
            threshold = goal.reported(found.last.forecast - found.own.gain)
            if not continues:
                why += (
                    f"; the last that may leads to {goal.reported(found.last.forecast):.6g}, for which "
                    f"it would have to be {threshold:.6g} by now"
                )
        return Decision.of(
            self,
            interval,
            rank,
            goal,
            stop=False,
            pause=not continues,
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
        """Choose the paused trial with the best forecast of the highest rung from which one may continue.

        Args:
            paused: the paused trials by index.
            rankings: all trials at each rung.
            goal: which values are better.
            must_complete: nothing else is left to run, and no trial has succeeded.
        """

        def activity(trial: int) -> Activity:
            if trial in paused:
                return Activity.WAITING
            return rankings.activity_of(trial) or Activity.RUNNING

        ranked: set[int] = set()
        for rung in filter(self.rungs.applies, reversed(rankings.intervals())):
            count = count_rung(self.rungs, rankings, rung, activity)
            is_free = count.free(self.rungs) > 0
            waiting = count.waiting & paused.keys() if is_free or must_complete else frozenset()
            found = self._best(rankings, rung, waiting)
            if found is not None:
                why = self._explain(found, count, goal)
                reached = len(count.reached)
                return Promotion(found, rung, reached, is_free).resumption(self, goal, why)
            ranked.update(rankings.at(rung).trials)
        unranked = first_unranked(paused.keys(), ranked)
        return None if unranked is None else resume_unranked(self, unranked)

    def _best(self, rankings: Rankings, rung: int, waiting: Set[int]) -> ForecastEntry | None:
        """Return the trial with the best forecast of those that wait at a rung; None without one."""
        ranked = self._forecasts(rankings, rung) if waiting else []
        return next((f for f in ranked if f.trial in waiting and math.isfinite(f.score)), None)

    def _forecasts(self, rankings: Rankings, rung: int) -> list[ForecastEntry]:
        """Return all trials at a rung, that with the best forecast first.

        They are learnt from the rungs alone: one report more says next to nothing of what follows.
        """
        return forecast_all(rankings, rung, self.max_reports, self.rungs.applies)

    def _continue(self, interval: int, rank: Rank, goal: Goal, why: str) -> Decision:
        return Decision.of(self, interval, rank, goal, stop=False, threshold=None, explanation=why)

    def _explain(self, found: ForecastEntry, count: RungCount, goal: Goal) -> str:
        reached, continued = len(count.reached), len(count.continued)
        allowed = self.rungs.top_size(reached)
        if not allowed:
            return f"is that of {self.rungs.describe_start(reached, 'promotions')}"
        return (
            f"leads to {goal.reported(found.forecast):.6g} at its end; {allowed} of {reached} trials at "
            f"this rung may continue (1/{self.rungs.reduction_factor}), and {continued} "
            f"ha{'s' if continued == 1 else 've'} already"
        )
