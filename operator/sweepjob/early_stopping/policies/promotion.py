"""Promotion in successive halving: which paused trial continues."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from ...objective import Goal
from ..policy import PausedTrial, Policy, Resumption, count_trials, unit_of
from ..rankings import IntervalRanking, Rankings
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


@dataclass(frozen=True, slots=True)
class Group:
    """Trials that are compared with each other at a rung.

    Attributes:
        rungs: their rungs.
        ranking: the trials.
    """

    rungs: Rungs
    ranking: IntervalRanking


GroupsAt = Callable[[int], Iterable[Group]]


def choose_promotion(
    policy: Policy,
    goal: Goal,
    paused: Set[int],
    rankings: Rankings,
    groups_at: GroupsAt,
    *,
    must_complete: bool,
) -> Resumption | None:
    """Choose the best promotable trial of the highest rung that has one.

    A trial waits at the highest rung that it has reached. It is promotable in the top of its group there,
    or at any place when nothing else is left to run. One that has reached no rung, since the policy was
    changed, waits for nothing.

    Source: Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, algorithm 2,
    ``get_job``.

    Args:
        policy: the policy that chooses.
        goal: which values are better.
        paused: the indices of the paused trials.
        rankings: all trials at each rung.
        groups_at: returns the groups of trials at an interval; none where it is no rung.
        must_complete: nothing else is left to run, and no trial has succeeded.
    """
    ranked: set[int] = set()
    found = _find_promotion(paused, rankings, groups_at, ranked, any_place=False)
    if found is None:
        unranked = first_unranked(paused, ranked)
        if unranked is not None:
            return resume_unranked(policy, unranked)
    if found is None and must_complete:
        found = _find_promotion(paused, rankings, groups_at, set(), any_place=True)
    if found is None:
        return None
    promotion, rungs = found
    return promotion.resumption(policy, goal, f"is in {rungs.describe_top(promotion.count)}")


def waiting(paused: Mapping[int, PausedTrial], rungs: Rungs, budget_parameter: str) -> Set[int]:
    """Return the paused trials that may continue: not those that have had the largest budget.

    Such trials there are where the policy was changed after they were paused.

    Args:
        paused: the paused trials by index.
        rungs: the rungs.
        budget_parameter: the parameter that gives the script its budget; empty for none.
    """
    largest = rungs.maximum if budget_parameter else None
    if largest is None:
        return paused.keys()
    return {trial for trial, found in paused.items() if found.interval < largest}


def first_unranked(paused: Set[int], ranked: Set[int]) -> int | None:
    """Return the first paused trial that is at no rung; None where there is none.

    Args:
        paused: the indices of the paused trials.
        ranked: the indices of those that are at a rung.
    """
    return min((trial for trial in paused if trial not in ranked), default=None)


def resume_unranked(policy: Policy, trial: int) -> Resumption:
    """Return the decision to continue a trial that waits at no rung.

    Args:
        policy: the policy that continues it.
        trial: the trial's index.
    """
    why = "it has reached no rung of the policy, which was changed after it was paused"
    return Resumption(trial, f"{policy.name} continued it: {why}")


def _find_promotion(
    paused: Set[int],
    rankings: Rankings,
    groups_at: GroupsAt,
    higher: set[int],
    *,
    any_place: bool,
) -> tuple[Promotion[ScoredTrial], Rungs] | None:
    """Return the promotion of a trial, and its rungs; enter those of the rungs seen into ``higher``."""
    for rung in reversed(rankings.intervals()):
        found = []
        groups = list(groups_at(rung))
        for group in groups:
            promotion = _promotion_in(group, rung, paused, higher, any_place=any_place)
            if promotion is not None:
                found.append((promotion, group.rungs))
        if found:
            return max(found, key=lambda each: _rank_of(each[0]))
        for group in groups:
            higher.update(group.ranking.trials)
    return None


def _rank_of(promotion: Promotion[ScoredTrial]) -> tuple[float, int]:
    return promotion.candidate.score, -promotion.candidate.trial


def _promotion_in(
    group: Group, rung: int, paused: Set[int], higher: Set[int], *, any_place: bool
) -> Promotion[ScoredTrial] | None:
    """Return the promotion of the best trial of a group that waits at a rung; None without one."""
    rungs, scores, trials = group.rungs, group.ranking.scores, group.ranking.trials
    count = len(trials)
    top = rungs.top_size(count)
    for place in range(count if any_place else top):
        position = count - 1 - place
        trial, score = trials[position], scores[position]
        if trial in paused and trial not in higher and math.isfinite(score):
            return Promotion(ScoredTrial(trial, score), rung, count, place < top, rungs.place)
    return None
