"""Hyperband by promotion: trials pause at each rung of their bracket, and the best of them continue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ...objective import Goal
from ..policy import Decision, PausedTrial, Resumption, Statistic
from ..rankings import Rank, Rankings
from .brackets import Brackets
from .halving import decide_in_bracket, decide_to_pause
from .promotion import Group, choose_promotion, waiting


@dataclass(frozen=True, slots=True)
class PromotingHyperbandPolicy:
    """At each rung of its bracket, pause a trial whose best is not in the top 1 / reduction_factor.

    A free slot goes to a paused trial that is in the top of its rung, the highest rung of any bracket
    first, and there to the best trial. When nothing else is left to run and no trial is complete, the
    best of the highest rung continues.

    Source: Li et al. (2018), Hyperband; Li et al. (2020), algorithm 2, for the promotions.

    Attributes:
        schedule: the brackets.
        budget_parameter: the parameter that gives the script its budget, where trials are run again
            instead of being continued; empty for none.
    """

    name: ClassVar[str] = "hyperband"
    reason: ClassVar[str] = "Hyperband"
    statistic: ClassVar[Statistic] = Statistic.BEST
    schedule: Brackets
    budget_parameter: str = ""

    def next_budget(self, trial: int, done: int) -> int | None:
        """Return the budget of a trial's next execution; None after the largest one.

        Args:
            trial: the trial's index.
            done: the budget of the execution before; 0 before the first.
        """
        return self.schedule.rungs_of(self.schedule.of(trial)).next_budget(done)

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Pause the trial when it is not in the top of a rung of its bracket.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among all that made as many.
            goal: which values are better.
        """
        return decide_in_bracket(self, self.schedule, interval, rank, goal, decide_to_pause)

    def choose(
        self,
        paused: Mapping[int, PausedTrial],
        rankings: Rankings,
        goal: Goal,
        *,
        must_complete: bool,
    ) -> Resumption | None:
        """Choose the best promotable trial of the highest rung of any bracket.

        Args:
            paused: the paused trials by index.
            rankings: all trials at each rung.
            goal: which values are better.
            must_complete: nothing else is left to run, and no trial has succeeded.
        """
        may_continue = waiting(paused, self.schedule.rungs, self.budget_parameter)
        return choose_promotion(
            *(self, goal, may_continue, rankings),
            lambda rung: self._groups_at(rung, rankings),
            must_complete=must_complete,
        )

    def _groups_at(self, rung: int, rankings: Rankings) -> Iterator[Group]:
        """Yield the trials of each bracket that has a rung there."""
        ranking = rankings.at(rung)
        for bracket in range(self.schedule.with_rung):
            rungs = self.schedule.rungs_of(bracket)
            if rungs.applies(rung):
                yield Group(rungs, self.schedule.members(ranking, bracket))
