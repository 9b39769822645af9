"""Pareto dominance, and the expected gain in the volume that trials dominate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sweepjob.search.gaussian_process.acquisition import LogExpectedImprovement
from sweepjob.search.gaussian_process.expected_hypervolume import (
    LogExpectedHypervolumeImprovement,
)
from sweepjob.search.gaussian_process.kernel import quick_sum_of_each, sum_of_each
from sweepjob.search.gaussian_process.pareto import (
    compromises,
    dominators,
    non_dominated_boxes,
    spread_out,
)

# Few different values: ties are common.
FRONTS = st.integers(2, 4).flatmap(
    lambda objectives: arrays(
        float, st.tuples(st.integers(0, 12), st.just(objectives)), elements=st.integers(-1, 4)
    )
)


def shell(count: int, objectives: int, seed: int = 1) -> np.ndarray:
    """Points of a sphere, none of which dominates another."""
    points = np.abs(np.random.default_rng(seed).normal(size=(count, objectives)))
    found: np.ndarray = points / np.linalg.norm(points, axis=1)[:, None]
    return found


def gained(front: np.ndarray, reference: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The volume that each of the new points adds; by the boxes that it covers of what is left."""
    lower, upper = non_dominated_boxes(front, reference)
    covered = np.minimum(new[:, None], upper) - lower
    volumes: np.ndarray = np.maximum(covered, 0.0).prod(2).sum(1)
    return volumes


@given(FRONTS)
@settings(deadline=None)
def test_boxes_cover_what_is_not_dominated_exactly_once(front: np.ndarray) -> None:
    objectives = front.shape[1]
    lower, upper = non_dominated_boxes(front, np.zeros(objectives))
    points = np.random.default_rng(3).uniform(-1, 6, (400, objectives))
    inside = ((points[:, None] > lower) & (points[:, None] < upper)).all(2).sum(1)
    dominated = (front >= points[:, None]).all(2).any(1) | (points < 0).any(1)
    assert (inside == ~dominated).all()


@given(FRONTS)
@settings(deadline=None)
def test_the_pareto_set_is_what_nothing_dominates(front: np.ndarray) -> None:
    rows = front.tolist()
    expected = [
        sum(all(a >= b for a, b in zip(other, row, strict=True)) and other != row for other in rows)
        for row in rows
    ]
    assert dominators(front).tolist() == expected


def test_many_points_are_compared_in_pieces() -> None:
    points = np.random.default_rng(1).random((700, 3))
    better = (points >= points[:, None]).all(2).sum(1) - 1
    assert (dominators(points) == better).all()


@pytest.mark.parametrize(("objectives", "most"), [(2, 51), (3, 101), (4, 400)])
def test_the_number_of_boxes_stays_small(objectives: int, most: int) -> None:
    lower, _ = non_dominated_boxes(shell(50, objectives), np.zeros(objectives))
    assert len(lower) <= most


@pytest.mark.parametrize("objectives", [2, 3, 4])
@pytest.mark.parametrize("count", [0, 1, 9])
def test_the_expected_gain_is_that_of_random_outcomes(objectives: int, count: int) -> None:
    generator = np.random.default_rng(2)
    front, reference = shell(count, objectives), np.full(objectives, -0.1)
    means = generator.uniform(0.0, 1.2, (6, objectives))
    deviations = generator.uniform(0.1, 0.5, (6, objectives))
    exact = np.exp(LogExpectedHypervolumeImprovement(front, reference).value(means, deviations))
    for mean, deviation, value in zip(means, deviations, exact, strict=True):
        gains = gained(front, reference, generator.normal(mean, deviation, (20_000, objectives)))
        assert value == pytest.approx(
            gains.mean(), abs=1e-4 + 5 * gains.std() / math.sqrt(len(gains))
        )


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_a_certain_outcome_gains_the_volume_it_adds(objectives: int) -> None:
    front, reference = shell(20, objectives), np.zeros(objectives)
    means = np.random.default_rng(4).uniform(0.5, 1.5, (30, objectives))
    expected = gained(front, reference, means)
    acquisition = LogExpectedHypervolumeImprovement(front, reference)
    found = np.exp(acquisition.value(means, np.full(means.shape, 1e-7)))
    assert found == pytest.approx(expected, abs=1e-5)


def test_one_point_is_the_product_of_improvements() -> None:
    """Above a reference that nothing exceeds, the gain is a product over objectives."""
    reference, nothing = np.array([0.3, -0.2]), np.empty((0, 2))
    means, deviations = np.array([[0.1, 0.5], [-3.0, 9.0]]), np.array([[0.4, 0.2], [0.1, 3.0]])
    several = LogExpectedHypervolumeImprovement(nothing, reference).value(means, deviations)
    singly = [
        LogExpectedImprovement(level).value(mean, deviation)
        for level, mean, deviation in zip(reference, means.T, deviations.T, strict=True)
    ]
    assert several == pytest.approx(sum(singly))


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_hopeless_outcomes_are_still_ordered(objectives: int) -> None:
    """Where the gain underflows, the better mean and the larger uncertainty are still worth more."""
    acquisition = LogExpectedHypervolumeImprovement(shell(15, objectives), np.zeros(objectives))
    means = np.linspace(-60, -20, 40)[:, None].repeat(objectives, 1)
    found = acquisition.value(means, np.full(means.shape, 0.5))
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0).all()
    deviations = np.linspace(0.1, 0.9, 40)[:, None].repeat(objectives, 1)
    assert (np.diff(acquisition.value(np.full(means.shape, -20.0), deviations)) > 0).all()


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_a_front_of_many_points_is_thinned_where_they_are_close(objectives: int) -> None:
    front = np.concatenate(
        [shell(100, objectives), np.tile(shell(1, objectives, seed=2), (300, 1))]
    )
    kept = spread_out(front * 10.0 ** np.arange(objectives), 40) / 10.0 ** np.arange(objectives)
    assert len(kept) == 40
    apart = np.abs(front[:, None] - kept).max(2).min(1)
    assert apart.max() < 0.25
    assert (spread_out(front, 500) == front).all()


@given(
    st.integers(1, 3).flatmap(
        lambda d: st.lists(st.tuples(*[st.integers(-5, 5)] * d), min_size=1, max_size=8)
    )
)
def test_compromises_are_what_no_other_point_nearly_dominates(rows: list[tuple[int, ...]]) -> None:
    front = np.array(rows, dtype=float)
    expected = [
        p
        for p in rows
        if not any(
            all(b >= a - 1 for a, b in zip(p, other, strict=True))
            and any(b >= a + 3 for a, b in zip(p, other, strict=True))
            for other in rows
        )
    ]
    assert compromises(front, 1.0).tolist() == [list(p) for p in expected or rows]


@pytest.mark.parametrize("spread", [1.0, 50.0, 1e4])
def test_the_quick_sum_of_kernels_is_the_same_but_for_rounding(spread: float) -> None:
    """Also for so wide a range that exponentials would overflow, and for several columns of a parameter."""
    generator = np.random.default_rng(2)
    a, b = spread * generator.random((300, 4)), spread * generator.random((20, 4)) - 3.0
    for starts in (np.arange(4), np.array([0, 2, 3])):
        found, exact = quick_sum_of_each(a, b, starts), sum_of_each(a, b, starts)
        assert found == pytest.approx(exact, abs=1e-12)
    assert quick_sum_of_each(a[:0], b, np.arange(4)).shape == (0, 20)
