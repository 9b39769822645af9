"""Dominance, fronts, hypervolume, knee and feasibility, compared with their definitions."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.pareto.dominance import (
    Member,
    dominates,
    ordered,
    pareto_front,
    representatives,
    with_member,
)
from sweepjob.pareto.feasibility import Constraint, violated, violation
from sweepjob.pareto.hypervolume import hypervolume, worst_corner
from sweepjob.pareto.knee import knee

from tests.processor_time import assert_within

# Few values, so that ties and dominated trials are common.
_SCORES = st.integers(2, 4).flatmap(
    lambda d: st.lists(st.tuples(*[st.integers(-3, 3).map(float)] * d), min_size=1, max_size=12)
)
_MEMBERS = _SCORES.map(lambda rows: [Member(row, n) for n, row in enumerate(rows)])


@given(_MEMBERS, st.randoms(use_true_random=False))
def test_the_front_is_what_nothing_dominates_in_any_order(members, order) -> None:
    expected = {
        m for m in members if not any(dominates(other.scores, m.scores) for other in members)
    }
    shuffled = members[:]
    order.shuffle(shuffled)
    front = pareto_front(shuffled)
    assert set(front) == expected
    assert front == pareto_front(members)


@given(_MEMBERS)
def test_every_trial_off_the_front_is_dominated_by_a_member(members) -> None:
    front = pareto_front(members)
    for member in members:
        if member not in front:
            assert any(dominates(known.scores, member.scores) for known in front)
            assert with_member(front, member) is front


@given(_SCORES)
def test_dominance_is_a_strict_partial_order(rows) -> None:
    for a, b, c in product(rows, repeat=3):
        assert not dominates(a, a)
        assert not (dominates(a, b) and dominates(b, a))
        if dominates(a, b) and dominates(b, c):
            assert dominates(a, c)


def test_trials_of_equal_scores_are_all_members() -> None:
    assert pareto_front([Member((1.0, 2.0), 5), Member((1.0, 2.0), 3)]) == (
        Member((1.0, 2.0), 3),
        Member((1.0, 2.0), 5),
    )


@given(_SCORES)
def test_the_hypervolume_is_the_number_of_dominated_cells(rows) -> None:
    """With whole scores, the volume is the number of unit cells below some point."""
    reference = (-3.0,) * len(rows[0])
    cells = product(range(-3, 3), repeat=len(reference))
    count = sum(
        any(all(p > c for p, c in zip(row, cell, strict=True)) for row in rows) for cell in cells
    )
    assert hypervolume(rows, reference) == count


@given(_MEMBERS)
def test_the_hypervolume_depends_on_the_front_only(members) -> None:
    rows = [m.scores for m in members]
    reference = tuple(score - 1 for score in worst_corner(rows))
    front = [m.scores for m in pareto_front(members)]
    assert hypervolume(rows, reference) == pytest.approx(hypervolume(front, reference))


@given(_MEMBERS, st.integers(6, 8))
def test_representatives_keep_the_best_of_each_objective(members, most) -> None:
    front = pareto_front(members)
    shown = representatives(front, most)
    assert len(shown) <= most
    assert set(shown) <= set(front)
    assert list(shown) == list(ordered(shown))
    if len(front) <= most:
        assert shown == front
    for best, kept in zip(
        (max(column) for column in zip(*(m.scores for m in front), strict=True)),
        (max(column) for column in zip(*(m.scores for m in shown), strict=True)),
        strict=True,
    ):
        assert best == kept


@given(_MEMBERS, st.sampled_from([0.5, 2.0, 1024.0]), st.integers(-4, 4))
def test_the_knee_does_not_depend_on_units(members, factor, shift) -> None:
    front = pareto_front(members)
    moved = [
        Member((m.scores[0] * factor + shift * 8, *m.scores[1:]), m.index) for m in reversed(front)
    ]
    assert knee(moved).index == knee(front).index


def test_the_knee_is_the_member_farthest_beyond_the_ends() -> None:
    front = [Member((0.0, 10.0), 0), Member((9.0, 9.0), 1), Member((10.0, 0.0), 2)]
    assert knee(front).index == 1
    assert knee(front[:1]).index == 0
    huge = [Member((-1.7e308, 1.7e308), 0), Member((1.7e308, -1.7e308), 1)]
    assert knee(huge).index == 1  # equal sums: the best in the first objective


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_a_trial_is_feasible_exactly_within_the_bounds(bound, is_maximum, value) -> None:
    constraint = Constraint("m", bound, is_maximum)
    within = math.isfinite(value) and (value <= bound if is_maximum else value >= bound)
    found = violation([constraint], {"m": value})
    assert found is not None
    assert (found == 0.0) == within
    assert found >= 0.0
    assert violated([constraint], {"m": value}) == (() if within else (constraint,))


def test_violations_are_relative_to_their_bounds() -> None:
    size, accuracy = Constraint("size", 50.0, True), Constraint("accuracy", 0.8, False)
    assert violation([size, accuracy], {"size": 75.0, "accuracy": 0.6}) == pytest.approx(0.75)
    assert violation([size, accuracy], {"size": 75.0}) == 0.5, "whatever it lacks"
    assert violation([size, accuracy], {"size": 50.0}) is None
    assert violation([Constraint("x", 0.0, True)], {"x": 3.0}) == 3.0
    assert str(size) == "size <= 50"
    assert str(accuracy) == "accuracy >= 0.8"


def test_a_front_of_all_trials_is_kept_and_shown_in_seconds() -> None:
    """The end of a trial costs about the same with many trials on the front."""

    def keep_and_show() -> None:
        front: tuple[Member, ...] = ()
        for n in range(4000):
            front = with_member(front, Member((float(n), -float(n)), n))
        shown = representatives(front, 20)
        assert len(front) == 4000
        assert [shown[0].index, shown[-1].index] == [3999, 0]

    assert_within(3.0, keep_and_show)
