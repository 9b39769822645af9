"""What the bayesian sampler does with what it is told."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.search.gaussian_process.selection import fitted_count, select_trials
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.space import canonical
from sweepjob.testing.samplers import DEEP, EVERY, HOSTILE, space

UNIT = {"type": "uniform", "minValue": 0, "maxValue": 1}
PLANE = {"x": UNIT, "y": UNIT}


def bowl(found: dict[str, Any]) -> float:
    return -((found["x"] - 0.31) ** 2) - (found["y"] - 0.77) ** 2


def search(data: dict[str, Any], count: int, score: Any, seed: int = 1) -> list[Observation]:
    """A sweep of one trial at a time; ``score`` may give None for a failed trial."""
    sampler, known = BayesianSampler(space(data), seed), list[Observation]()
    for index in range(count):
        found = sampler.propose(index, known)
        if found is None:
            break
        known.append(Observation(index, found, score(found), ended=True))
    return known


def best(known: list[Observation]) -> float:
    return max(o.score for o in known if o.score is not None and math.isfinite(o.score))


def test_the_maximum_of_a_quadratic_is_found_in_fifteen_trials() -> None:
    assert best(search(PLANE, 15, bowl)) > -1e-4


@pytest.mark.parametrize(
    "told",
    [
        lambda f: bowl(f) * 1e12,
        lambda f: bowl(f) * 1e-12,
        lambda f: bowl(f) + 1e6,
        lambda f: bowl(f) if f["x"] < 0.6 else -1e15,
        lambda f: bowl(f) if f["x"] < 0.6 else None,
        lambda f: bowl(f) if f["x"] < 0.6 else math.nan,
        lambda f: -math.exp(-30 * bowl(f)),
    ],
    ids=["huge", "tiny", "far from 0", "outliers", "failures", "NaN", "skewed"],
)
def test_the_scale_of_scores_and_failed_trials_do_not_matter(told: Any) -> None:
    reached = [max(bowl(o.parameters) for o in search(PLANE, 25, told, n)) for n in range(3)]
    assert np.median(reached) > -2e-3


@pytest.mark.parametrize("constant", [0.0, 5.0, -math.inf, None])
def test_equal_scores_still_give_distinct_proposals(constant: float | None) -> None:
    known = search(PLANE, 20, lambda _: constant)
    assert len({canonical(o.parameters) for o in known}) == 20


def test_noise_is_not_modelled_as_signal() -> None:
    """The true value of the last proposals, not the best that was observed by luck."""
    noise = random.Random(3)
    known = search(PLANE, 40, lambda found: bowl(found) + noise.gauss(0, 0.05))
    assert np.mean([bowl(o.parameters) for o in known[-10:]]) > -0.05


def test_proposals_avoid_pending_trials() -> None:
    known = search(PLANE, 6, bowl)
    sampler = BayesianSampler(space(PLANE), 1)
    points = []
    for index in range(6, 10):
        found = sampler.propose(index, known)
        assert found is not None
        known.append(Observation(index, found, None, ended=False))
        points.append([found["x"], found["y"]])
    distances = [
        np.linalg.norm(np.subtract(a, b)) for n, a in enumerate(points) for b in points[:n]
    ]
    assert min(distances) > 0.02


def test_observations_of_another_sweep_are_used() -> None:
    """Ten given trials replace the start: the first proposal knows of them."""
    other = RandomSampler(space(PLANE), 5)
    given = [(other.propose(index) or {}) for index in range(10)]
    known = [Observation(None, found, bowl(found), ended=True) for found in given]
    sampler = BayesianSampler(space(PLANE), 1)
    first = sampler.propose(0, known)
    assert first is not None
    assert bowl(first) > np.median([*map(bowl, given)])


def test_the_order_in_which_trials_are_given_does_not_matter() -> None:
    known = search(PLANE, 14, bowl)
    for seed in range(3):
        mixed = random.Random(seed).sample(known, len(known))
        again = BayesianSampler(space(PLANE), 1).propose(14, mixed)
        assert again == BayesianSampler(space(PLANE), 1).propose(14, known)


def test_a_nested_branch_is_searched_where_it_is_good() -> None:
    data = {
        "m": {
            "type": "choice",
            "values": [
                {"kind": "a", "x": UNIT},
                {"kind": "b", "y": UNIT, "z": UNIT},
                {"kind": "c"},
            ],
        }
    }

    def score(found: dict[str, Any]) -> float:
        model = found["m"]
        if model["kind"] == "b":
            return 1 - (model["y"] - 0.2) ** 2 - (model["z"] - 0.9) ** 2
        return 0.5 if model["kind"] == "c" else 0.6 - (model["x"] - 0.5) ** 2

    assert best(search(data, 30, score)) > 0.999


def test_ten_thousand_points_are_not_needed_for_a_large_grid() -> None:
    """A finite space too large to list, with an interaction: the top is one of 10,000."""
    data = {n: {"type": "randint", "upper": 10} for n in "abcd"}
    known = search(
        data, 60, lambda f: -sum((f[n] - t) ** 2 for n, t in zip("abcd", (7, 2, 5, 0), strict=True))
    )
    assert best(known) == 0
    assert len({canonical(o.parameters) for o in known}) == 60


def test_a_hundred_parameters_of_which_five_matter() -> None:
    data = {f"p{n}": UNIT for n in range(100)}

    def score(found: dict[str, Any]) -> float:
        return -float(sum((found[f"p{n}"] - 0.2 * n) ** 2 for n in range(5)))

    known = search(data, 60, score)
    luck = RandomSampler(space(data), 1)
    assert best(known) > 2 * max(score(luck.propose(n) or {}) for n in range(60)) / 3


@settings(max_examples=60, deadline=None)
@given(
    data=st.sampled_from([EVERY, {"k": DEEP, "a": UNIT}, *HOSTILE.values()]),
    seed=st.integers(0, 99),
)
def test_a_configuration_maps_to_a_point_and_back(data: dict[str, Any], seed: int) -> None:
    """Whatever a space proposes has a point, and the point gives the same configuration."""
    parsed = space(data)
    encoding, found = Encoding(parsed), RandomSampler(parsed, seed).propose(0)
    assert found is not None
    point = encoding.point(found)
    assert point is not None
    again = encoding.assignment(np.array(point))
    for name, value in again.items():
        if isinstance(value, float) and abs(value) < 1e300:
            assert value == pytest.approx(found[name], rel=1e-4, abs=1e-9)
    features = encoding.features(np.array([point, point]))
    assert features.shape == (2, encoding.width)
    assert np.isfinite(features).all()


def test_subsets_keep_the_best_and_the_newest() -> None:
    scores = np.arange(100.0)[::-1]
    assert select_trials(scores, 10).tolist() == [0, 1, 2, 3, 4, 95, 96, 97, 98, 99]
    assert select_trials(scores, 100).tolist() == list(range(100))


def test_all_of_few_observations_are_fitted_and_then_steps_of_a_twentieth() -> None:
    assert [fitted_count(n) for n in (3, 39, 40, 41, 60, 61, 199, 200)] == [
        3,
        39,
        40,
        40,
        60,
        60,
        198,
        200,
    ]
