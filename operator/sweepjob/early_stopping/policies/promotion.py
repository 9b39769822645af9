"""Promotion in successive halving: which paused trial continues."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

from ...objective import Goal
from ..policy import Policy, Resumption, count_trials, unit_of
from ..rankings import Rankings
from .rungs import AT_THIS_RUNG, Rungs


class Candidate(Protocol):
    """A trial at a rung."""

    @property
    def trial(self) -> int:
        """The trial's index."""
        ...

    @property
    def score(self) -> float:
        """Its best score at the rung."""
        ...


class ScoredTrial(NamedTuple):
    """A trial at a rung that is ranked by its score.

    Attributes:
        trial: the trial's index.
        score: its best score at the rung.
    """

    trial: int
    score: float


C = TypeVar("C", bound=Candidate)


@dataclass(frozen=True, slots=True)
class Promotion(Generic[C]):
    """A paused trial that continues.

    Attributes:
        candidate: the trial.
        rung: the highest rung that it has reached.
        count: trials that have reached the rung.
        in_top: whether it is in the top of the rung; False where it continues because nothing else is
            left to run.
        place: which rung that is, in words.
    """

    candidate: C
    rung: int
    count: int
    in_top: bool
    place: str = AT_THIS_RUNG

    def resumption(self, policy: Policy, goal: Goal, explanation: str) -> Resumption:
        """Return the decision with its sentence.

        Args:
            policy: the policy that decides.
            goal: which values are better.
            explanation: how the trial is in the top; the subject is its best value.
        """
        value = goal.reported(self.candidate.score)
        why = explanation if self.in_top else self._last_resort()
        where = f"after {unit_of(policy)} {self.rung}"
        message = f"{policy.name} continued it {where}: its best {value:.6g} {why}"
        return Resumption(self.candidate.trial, message)

    def _last_resort(self) -> str:
        return (
            f"is the best that waits of {count_trials(self.count)} {self.place}; no trial is complete, "
            "and nothing else is left to run"
        )


def find_promotion(
    rungs: Rungs,
    paused: Set[int],
    rankings: Rankings,
    ranked: Callable[[int], Iterable[C]],
    *,
    must_complete: bool,
) -> Promotion[C] | None:
    """Return the best promotable trial of the highest rung that has one.

    A trial waits at the highest rung that it has reached. It is promotable in the top of that rung, or at
    any place when nothing else is left to run.

    Source: Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, algorithm 2,
    ``get_job``.

    Args:
        rungs: the rungs.
        paused: the indices of the paused trials.
        rankings: all trials at each rung.
        ranked: returns all trials at a rung, the best first.
        must_complete: nothing else is left to run, and no trial has succeeded.
    """
    higher: set[int] = set()  # trials that have reached a higher rung
    for rung in reversed(rankings.intervals()):
        reached = set(rankings.at(rung).trials)
        count, waiting = len(reached), (paused & reached) - higher
        top = rungs.top_size(count)
        promotable = count if must_complete else top
        candidates = islice(ranked(rung), promotable) if waiting and promotable else ()
        for place, candidate in enumerate(candidates):
            if candidate.trial in waiting and math.isfinite(candidate.score):
                return Promotion(candidate, rung, count, place < top, rungs.place)
        higher |= reached
    return None


def find_promotion_by_score(
    rungs: Rungs, paused: Set[int], rankings: Rankings, *, must_complete: bool
) -> Promotion[ScoredTrial] | None:
    """Return the promotion of the trial with the best score; see ``find_promotion``.

    Args:
        rungs: the rungs.
        paused: the indices of the paused trials.
        rankings: all trials at each rung.
        must_complete: nothing else is left to run, and no trial has succeeded.
    """

    def ranked(rung: int) -> Iterator[ScoredTrial]:
        ranking = rankings.at(rung)
        return map(ScoredTrial, reversed(ranking.trials), reversed(ranking.scores))

    return find_promotion(rungs, paused, rankings, ranked, must_complete=must_complete)
