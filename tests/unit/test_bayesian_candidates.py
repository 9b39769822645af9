"""Where the bayesian sampler looks: anywhere, and near good trials, in three ways."""

from __future__ import annotations

import numpy as np
import pytest
from sweepjob.domain.sampling.bayesian import candidates
from sweepjob.domain.sampling.bayesian.encoding import Encoding

from tests.contracts.sampler import EVERY, space

UNIT = {"type": "uniform", "minValue": 0, "maxValue": 1}


def near(encoding: Encoding, parent: np.ndarray) -> np.ndarray:
    """The candidates near one good trial; shape (radii, neighbours, axes)."""
    found = candidates.draw(encoding, parent[None, :], np.random.default_rng(1))
    return found[candidates._ANYWHERE :].reshape(len(candidates._RADII), -1, len(parent))


def middle(count: int) -> tuple[Encoding, np.ndarray]:
    """Numbers, and the middle of all of them."""
    return Encoding(space({f"x{n}": UNIT for n in range(count)})), np.full(count, 0.5)


def test_candidates_are_in_the_cube_and_near_no_more_than_a_few_trials() -> None:
    encoding = Encoding(space(EVERY))
    good = np.random.default_rng(2).random((50, len(encoding.axes)))
    found = candidates.draw(encoding, good, np.random.default_rng(3))
    each = len(candidates._RADII) * candidates._NEIGHBOURS
    assert found.shape == (candidates._ANYWHERE + candidates._PARENTS * each, len(encoding.axes))
    assert ((found >= 0) & (found <= 1)).all()


def test_half_of_the_neighbours_of_a_point_are_steps_of_each_radius() -> None:
    encoding, parent = middle(4)
    found = near(encoding, parent)
    half = found.shape[1] // 2
    for radius, neighbours in zip(candidates._RADII, found[:, :half], strict=True):
        assert (neighbours != parent).all()
        assert (neighbours - parent).std() == pytest.approx(radius, rel=0.3)


def test_of_the_other_half_a_few_parameters_are_anywhere() -> None:
    encoding, parent = middle(10)
    drawn = near(encoding, parent)[:, candidates._NEIGHBOURS // 2 :]
    changed = drawn != parent
    assert 0.5 < changed.sum(2).mean() < 3
    # Uniform over the whole range, not near the parent.
    assert np.abs(drawn[changed] - 0.5).mean() == pytest.approx(0.25, abs=0.04)


def test_a_neighbour_in_a_wide_space_differs_in_some_parameters_only() -> None:
    encoding, parent = middle(100)
    changed = (near(encoding, parent) != parent).sum(2)
    half = changed.shape[1] // 2
    assert changed[:, :half].mean() == pytest.approx(candidates._MOVED, rel=0.15)
    assert 0.5 < changed[1:, half:].mean() < 3
    assert changed.max() < 45


def test_a_choice_is_kept_or_drawn_anew_and_never_moved_by_a_step() -> None:
    choices = {f"c{n}": {"type": "choice", "values": ["a", "b", "c"]} for n in range(5)}
    encoding, parent = Encoding(space(choices)), np.full(5, 0.5)
    moved = np.abs(near(encoding, parent) - parent)
    assert (moved[moved > 0] > 0.05).mean() > 0.8
    assert (moved > 0).any(axis=2).mean() > 0.5
