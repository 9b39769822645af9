"""ASHA by promotion: trials are paused at each rung, and the best of them continue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..rankings import Rank, Rankings
from .halving import decide_to_pause
from .promotion import Group, choose_promotion, waiting
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
        budget_parameter: the parameter that gives the script its budget, where trials are run again
            instead of being continued; empty for none.
    """

    name: ClassVar[str] = "asha"
    reason: ClassVar[str] = "Asha"
    statistic: ClassVar[Statistic] = Statistic.BEST
    schedule: Rungs
    budget_parameter: str = ""

    def next_budget(self, trial: int, done: int) -> int | None:
        """Return the budget of a trial's next execution; None after the largest one.

        Args:
            trial: the trial's index.
            done: the budget of the execution before; 0 before the first.
        """
        return self.schedule.next_budget(done)

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Pause the trial when it is not in the rung's top.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the rung.
            goal: which values are better.
        """
        return decide_to_pause(self, self.schedule, interval, rank, goal)

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
        may_continue = waiting(paused, self.schedule, self.budget_parameter)
        return choose_promotion(
            *(self, goal, may_continue, rankings),
            lambda rung: self._groups_at(rung, rankings),
            must_complete=must_complete,
        )

    def _groups_at(self, rung: int, rankings: Rankings) -> Iterator[Group]:
        if self.schedule.applies(rung):
            yield Group(self.schedule, rankings.at(rung))
