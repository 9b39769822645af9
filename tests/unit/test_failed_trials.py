"""What the bayesian sampler learns from trials that fail, or that report nonsense."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.search.gaussian_process.failures import FailureModel
from sweepjob.search.gaussian_process.target_transforms import is_failure
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.testing.samplers import space

CUBE = space({name: {"type": "uniform", "minValue": 0, "maxValue": 1} for name in "xyz"})
ENCODING = Encoding(CUBE)
POINTS = np.random.default_rng(5).random((80, 3))
ELSEWHERE = ENCODING.features(np.random.default_rng(6).random((500, 3)))

Report = Callable[[dict[str, Any], float], float | None]


def bowl(found: dict[str, Any]) -> float:
    return -sum((found[name] - 0.4) ** 2 for name in "xyz")


def search(report: Report, count: int, seed: int) -> list[Observation]:
    sampler, known = BayesianSampler(CUBE, seed), list[Observation]()
    for index in range(count):
        found = sampler.propose(index, known)
        assert found is not None
        known.append(Observation(index, found, report(found, bowl(found)), ended=True))
    return known


def regret(report: Report, count: int = 30) -> float:
    """Median over seeds, of the best true value among the trials with a score."""
    found = [
        max(bowl(o.parameters) for o in search(report, count, seed) if o.score is not None)
        for seed in range(3)
    ]
    return -float(np.median(found))


def by_chance(rate: float, instead: float | None) -> Report:
    chance = np.random.default_rng(7)
    return lambda found, value: instead if chance.random() < rate else value


def test_without_failures_there_is_no_model_of_them() -> None:
    assert FailureModel(ENCODING).infer(POINTS, np.zeros(80, dtype=bool)) is None


@pytest.mark.parametrize("seed", range(5))
def test_failures_by_chance_do_not_depend_on_the_configuration(seed: int) -> None:
    failed = np.random.default_rng(seed).random(80) < 0.25
    success = FailureModel(ENCODING).infer(POINTS, failed)
    assert success is not None
    chance = np.exp(success.log(ELSEWHERE))
    assert np.quantile(chance, 0.05) > 0.5
    assert np.median(chance) == pytest.approx(0.75, abs=0.1)


def test_failures_of_a_region_are_learned() -> None:
    success = FailureModel(ENCODING).infer(POINTS, POINTS[:, 0] > 0.7)
    assert success is not None
    inside = ENCODING.features(np.array([[0.9, 0.2, 0.5], [0.95, 0.7, 0.1]]))
    outside = ENCODING.features(np.array([[0.3, 0.2, 0.5], [0.1, 0.7, 0.1]]))
    assert (np.exp(success.log(inside)) < 0.2).all()
    assert (np.exp(success.log(outside)) > 0.9).all()


def test_one_failure_among_successes_is_outvoted() -> None:
    near = 0.5 + np.random.default_rng(1).normal(0.0, 0.02, (12, 3))
    failed = np.arange(12) == 5
    success = FailureModel(ENCODING).infer(near, failed)
    assert success is not None
    assert (np.exp(success.log(ENCODING.features(near))) > 0.8).all()


@pytest.mark.parametrize("instead", [None, math.nan, -1e30], ids=["failed", "NaN", "absurd"])
def test_failures_by_chance_cost_the_search_little(instead: float | None) -> None:
    assert regret(by_chance(0.3, instead)) < 1e-3


def test_a_region_that_fails_is_left_alone() -> None:
    def fails(found: dict[str, Any], value: float) -> float | None:
        return None if found["x"] > 0.45 else value

    known = search(fails, 40, seed=1)
    assert sum(o.score is None for o in known[20:]) <= 4
    assert regret(fails) < 1e-3


def test_one_absurdly_good_report_does_not_hide_the_others() -> None:
    reported: list[float] = []

    def once(found: dict[str, Any], value: float) -> float:
        reported.append(value)
        return 1e30 if len(reported) % 30 == 10 else value

    assert regret(once) < 1e-3


@given(arrays(float, st.integers(1, 30), elements=st.integers(-1000, 1000)), st.integers(-40, 40))
def test_what_is_absurd_does_not_depend_on_the_scale(scores: np.ndarray, power: int) -> None:
    assert (is_failure(scores) == is_failure(scores * 2.0**power)).all()
    assert (is_failure(scores) == is_failure(scores + 2.0**20)).all()


@pytest.mark.parametrize(
    "scores",
    [[0.5] * 9 + [0.1], [0.0] * 9 + [-1.0], [1.0, 2.0, -50.0], [3.0], [0.5] * 5],
)
def test_bad_scores_are_results(scores: list[float]) -> None:
    assert not is_failure(np.array(scores)).any()


def test_two_outstanding_scores_confirm_one_another() -> None:
    scores = np.array([0.1, 0.2, 0.15, 0.3, 0.12, 1e9, 1.1e9])
    assert not is_failure(scores).any()
    assert is_failure(scores[:-1]).tolist() == [False] * 5 + [True]
