"""ASHA by promotion: trials are paused at each rung, and the best of them continue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..rankings import Rank, Rankings
from .rungs import Rungs, last_resort, ordinal


@dataclass(frozen=True, slots=True)
class PromotingAshaPolicy:
    """At each rung, pause a trial whose best is not in the top 1 / reduction_factor.

    A free slot goes to a paused trial that is in the top of its rung, the highest rung first, else to a
    new trial. A trial that is in the top when it reaches the rung continues at once: it would be the one
    to be promoted. When nothing else is left to run and no trial is complete, the best of the highest
    rung continues, so that a sweep of any size has a complete trial.

    Source: Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, algorithm 2.

    Attributes:
        schedule: the rungs.
    """

    name: ClassVar[str] = "asha"
    reason: ClassVar[str] = "Asha"
    statistic: ClassVar[Statistic] = Statistic.BEST
    schedule: Rungs

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Pause the trial when it is not in the rung's top.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the rung.
            goal: which values are better.
        """
        count = rank.other_count + 1
        top = count // self.schedule.reduction_factor
        in_top = math.isfinite(rank.score) and rank.worse_count >= count - top
        if top == 0:
            threshold, why = None, self._too_few(count)
        else:
            threshold = goal.reported(rank.other_score(rank.other_count - top))
            why = f"is {'' if in_top else 'not '}in {self._share(count)}"
        if top and not in_top:
            why += f"; the last of these has {threshold:.6g}"
        return Decision.of(
            self,
            interval,
            rank,
            goal,
            stop=False,
            pause=not in_top,
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
        """Choose the best promotable trial of the highest rung that has one.

        Args:
            paused: the paused trials by index.
            rankings: all trials at each rung.
            goal: which values are better.
            must_complete: nothing else is left to run, and no trial has succeeded.
        """
        higher: set[int] = set()  # trials that have reached a higher rung
        for rung in reversed(rankings.intervals()):
            ranking = rankings.at(rung)
            count = len(ranking.trials)
            top = count if must_complete else count // self.schedule.reduction_factor
            waiting = (paused.keys() & set(ranking.trials[count - top :])) - higher
            for position in range(count - 1, count - top - 1, -1) if waiting else ():
                trial, score = ranking.trials[position], ranking.scores[position]
                if trial in waiting and math.isfinite(score):
                    return self._resumption(trial, rung, goal.reported(score), count, position)
            higher.update(ranking.trials)
        return None

    def _resumption(
        self, trial: int, rung: int, value: float, count: int, position: int
    ) -> Resumption:
        if position >= count - count // self.schedule.reduction_factor:
            why = f"is in {self._share(count)}"
        else:
            why = last_resort(count)
        message = f"{self.name} continued it after interval {rung}: its best {value:.6g} {why}"
        return Resumption(trial, message)

    def _share(self, count: int) -> str:
        factor = self.schedule.reduction_factor
        return f"the top {count // factor} of {count} trials at this rung (1/{factor})"

    def _too_few(self, count: int) -> str:
        factor = self.schedule.reduction_factor
        return f"is the {ordinal(count)} trial at this rung; promotions begin with {factor} trials"
