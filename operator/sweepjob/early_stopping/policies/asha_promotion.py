"""ASHA by promotion: trials are paused at each rung, and the best of them continue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..rankings import Rank, Rankings
from .promotion import ScoredTrial, find_promotion
from .rungs import Rungs


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
        top = self.schedule.top_size(count)
        in_top = math.isfinite(rank.score) and rank.worse_count >= count - top
        if top == 0:
            threshold, why = None, f"is {self.schedule.describe_start(count, 'promotions')}"
        else:
            threshold = goal.reported(rank.other_score(rank.other_count - top))
            why = f"is {'' if in_top else 'not '}in {self.schedule.describe_top(count)}"
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

        def ranked(rung: int) -> Iterator[ScoredTrial]:
            ranking = rankings.at(rung)
            return map(ScoredTrial, reversed(ranking.trials), reversed(ranking.scores))

        found = find_promotion(
            self.schedule, paused.keys(), rankings, ranked, must_complete=must_complete
        )
        if found is None:
            return None
        return found.resumption(self, goal, f"is in {self.schedule.describe_top(found.count)}")
