"""Where the bayesian sampler looks: anywhere, and near good trials, in two ways."""

from __future__ import annotations

import numpy as np
import pytest
from sweepjob.search.gaussian_process import candidates
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.testing.samplers import EVERY, space

UNIT = {"type": "uniform", "minValue": 0, "maxValue": 1}


def near(encoding: Encoding, parent: np.ndarray) -> np.ndarray:
    """The candidates near one good trial; shape (radii, kinds, neighbours, axes)."""
    found = candidates.draw_candidates(encoding, parent[None, :], np.random.default_rng(1))
    shape = len(candidates._RADII), len(candidates._KINDS), candidates._NEIGHBOURS, len(parent)
    return found[candidates._ANYWHERE :].reshape(shape)


def middle(count: int) -> tuple[Encoding, np.ndarray]:
    """Numbers, and the middle of all of them."""
    return Encoding(space({f"x{n}": UNIT for n in range(count)})), np.full(count, 0.5)


def test_candidates_are_in_the_cube_near_few_trials() -> None:
    encoding = Encoding(space(EVERY))
    good = np.random.default_rng(2).random((50, len(encoding.axes)))
    found = candidates.draw_candidates(encoding, good, np.random.default_rng(3))
    each = near(encoding, good[0]).size // len(encoding.axes)
    assert found.shape == (candidates._ANYWHERE + candidates._PARENTS * each, len(encoding.axes))
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("kind", [0, 1], ids=["many", "few"])
def test_steps_are_as_long_as_their_radius(kind: int) -> None:
    encoding, parent = middle(8)
    moved = near(encoding, parent)[:, kind] - parent
    for radius, steps in zip(candidates._RADII, moved, strict=True):
        assert steps[steps != 0].std() == pytest.approx(radius, rel=0.4)


@pytest.mark.parametrize(("count", "many"), [(10, 10), (100, 20)])
def test_a_neighbour_differs_in_as_many_parameters_as_its_kind_says(count: int, many: int) -> None:
    encoding, parent = middle(count)
    changed = (near(encoding, parent) != parent).sum(3)
    by_many, by_few = changed.mean((0, 2))
    assert by_many == pytest.approx(many, rel=0.1)
    assert 1.5 < by_few < 4
    assert changed.min() >= 1


def test_a_choice_is_kept_or_drawn_anew_and_never_moved_by_a_step() -> None:
    choices = {f"c{n}": {"type": "choice", "values": ["a", "b", "c"]} for n in range(5)}
    encoding, parent = Encoding(space(choices)), np.full(5, 0.5)
    moved = np.abs(near(encoding, parent) - parent)
    # Uniform over the whole range, not near the parent.
    assert moved[moved > 0].mean() == pytest.approx(0.25, abs=0.03)
    # With the largest radius, which is of five parameters the fifth, one in the mean; so with the others.
    assert (moved > 0).sum(axis=3).mean((1, 2)) == pytest.approx([1, 1, 1], abs=0.4)
