"""Dominance between trials, and the Pareto front: the trials that no other one dominates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import ge

Scores = tuple[float, ...]


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A trial of the front.

    Attributes:
        scores: one for each objective; larger is better whatever the goal. All are finite.
        index: the trial's index.
    """

    scores: Scores
    index: int


Front = tuple[Member, ...]


def dominates(scores: Scores, others: Scores) -> bool:
    """Return whether scores are nowhere worse than others, and better somewhere.

    Args:
        scores: larger is better; shape (d,).
        others: those of another trial; shape (d,).
    """
    return all(map(ge, scores, others)) and scores != others


def with_member(front: Front, member: Member) -> Front:
    """Return the front of its members and one more trial, in the order of ``ordered``.

    The result does not depend on the order in which trials are added. Trials with equal scores are all
    members. With two objectives, the cost is a bisection; with more, a comparison for each member.

    Args:
        front: a front in that order.
        member: another trial.

    Returns:
        The same object if the trial is dominated.
    """
    place = bisect_left(front, _order(member), key=_order)
    if len(member.scores) == 2:
        return _with_member_of_two(front, member, place)
    if any(dominates(known.scores, member.scores) for known in front[:place]):
        return front
    rest = (k for k in front[place:] if not dominates(member.scores, k.scores))
    return (*front[:place], member, *rest)


def _with_member_of_two(front: Front, member: Member, place: int) -> Front:
    # The second score rises along the front: before the place, its last value is the highest one.
    if place and dominates(front[place - 1].scores, member.scores):
        return front
    end = place
    while end < len(front) and front[end].scores == member.scores:
        end += 1
    equal = front[place:end]
    while end < len(front) and dominates(member.scores, front[end].scores):
        end += 1
    return (*front[:place], member, *equal, *front[end:])


def _order(member: Member) -> tuple[list[float], int]:
    return [-score for score in member.scores], member.index


def pareto_front(members: Iterable[Member]) -> Front:
    """Return the trials that no other one dominates, best in the first objective first."""
    front: Front = ()
    for member in members:
        front = with_member(front, member)
    return front


def ordered(front: Iterable[Member]) -> Front:
    """Return members with the best in the first objective first; ties by the next ones, then by index."""
    return tuple(sorted(front, key=_order))


def representatives(front: Sequence[Member], most: int) -> Front:
    """Return at most ``most`` members that show the extent of a front.

    They are the best ones in each objective, and others at even distances in the order of the first one.

    Args:
        front: a front.
        most: at least the number of objectives plus two.
    """
    whole = ordered(front)
    if len(whole) <= most:
        return whole
    objectives = range(len(whole[0].scores))
    extremes = {max(whole, key=lambda member: member.scores[n]) for n in objectives}
    places = most - len(extremes) - 1
    even = {whole[round(n * (len(whole) - 1) / places)] for n in range(places + 1)}
    return ordered(extremes | even)
