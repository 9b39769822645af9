"""The mathematics of the bayesian sampler against plain recomputation and finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import norm, yeojohnson
from sweepjob.search.gaussian_process.acquisition import log_h
from sweepjob.search.gaussian_process.fitting import Hyperparameters, NegativeLogPosterior, fit
from sweepjob.search.gaussian_process.regression import GaussianProcess
from sweepjob.search.gaussian_process.target_transforms import (
    Warp,
    candidate_warps,
    standardise,
    winsorize,
    yeo_johnson,
)

GENERATOR = np.random.default_rng(1)
# Five features of four parameters: the last two belong to one.
OWNER = np.array([0, 1, 2, 3, 3])
FEATURES = GENERATOR.random((30, 5))
OUTCOMES = standardise(np.sin(5 * FEATURES[:, 0]) + FEATURES[:, 1] * FEATURES[:, 4])
HYPER = Hyperparameters(np.array([0.4, 0.7, 1.5, 0.9]), 0.8, 0.5, 1e-3, 0.0)


def covariance(a: np.ndarray, b: np.ndarray, hyper: Hyperparameters) -> float:
    """The formula of the kernel's docstring, term by term."""

    def matern(r: float) -> float:
        return (1 + math.sqrt(5) * r + 5 / 3 * r * r) * math.exp(-math.sqrt(5) * r)

    scales = len(hyper.lengths)
    squares = np.array([((a - b)[scale == OWNER] ** 2).sum() for scale in range(scales)])
    joint = matern(math.sqrt((squares / hyper.lengths**2).sum()))
    alone = [
        matern(math.sqrt(s) / (length / math.sqrt(scales)))
        for s, length in zip(squares, hyper.lengths, strict=True)
    ]
    return hyper.joint * joint + hyper.additive * sum(alone) / scales


def plain_posterior(point: np.ndarray, hyper: Hyperparameters) -> tuple[float, float]:
    gram = np.array([[covariance(a, b, hyper) for b in FEATURES] for a in FEATURES])
    gram += hyper.noise * np.eye(len(gram))
    cross = np.array([covariance(point, b, hyper) for b in FEATURES])
    mean = cross @ np.linalg.solve(gram, OUTCOMES)
    return float(mean), float(
        covariance(point, point, hyper) - cross @ np.linalg.solve(gram, cross)
    )


@pytest.mark.parametrize("additive", [0.0, 0.5])
def test_the_posterior_equals_the_closed_form(additive: float) -> None:
    hyper = Hyperparameters(HYPER.lengths, 0.8, additive, 1e-3, 0.0)
    process = GaussianProcess(FEATURES, OUTCOMES, OWNER, hyper)
    for point in GENERATOR.random((5, 5)):
        mean, deviation = (float(x[0]) for x in process.predict(point[None, :]))
        assert (mean, deviation**2) == pytest.approx(
            plain_posterior(point, hyper), rel=1e-6, abs=1e-9
        )


def test_the_gradient_of_the_fit_equals_finite_differences() -> None:
    posterior = NegativeLogPosterior(FEATURES, OUTCOMES, OWNER, 4)
    for _ in range(5):
        logs = GENERATOR.normal(-1, 0.7, 7)
        error = check_grad(lambda x: posterior(x)[0], lambda x: posterior(x)[1], logs)
        assert error < 1e-4 * np.abs(posterior(logs)[1]).max()


def test_the_value_of_the_fit_equals_the_log_density() -> None:
    posterior, logs = (
        NegativeLogPosterior(FEATURES, OUTCOMES, OWNER, 4),
        GENERATOR.normal(-1, 0.5, 7),
    )
    lengths, (joint, additive, noise) = np.exp(logs[:4]), np.exp(logs[4:])
    hyper = Hyperparameters(lengths, joint, additive, noise, 0.0)
    gram = np.array([[covariance(a, b, hyper) for b in FEATURES] for a in FEATURES])
    gram += (noise + 1e-10) * np.eye(30)
    expected = 0.5 * OUTCOMES @ np.linalg.solve(gram, OUTCOMES) + 0.5 * np.linalg.slogdet(gram)[1]
    assert posterior(logs)[0] - posterior._prior(logs, lengths)[0] == pytest.approx(expected)


def test_the_fit_finds_which_parameters_matter() -> None:
    hyper = fit(FEATURES, OUTCOMES, OWNER, 4)
    assert hyper.lengths[0] < hyper.lengths[2]
    assert hyper.noise < 0.01


@pytest.mark.parametrize("z", [-1e6, -1e4, -50.0, -5.0, -1.0, -0.9, 0.0, 3.0, 40.0])
def test_the_log_of_expected_improvement_is_exact_everywhere(z: float) -> None:
    from fractions import Fraction

    value = float(log_h(np.array([z]))[0])
    if z > -8:
        assert value == pytest.approx(math.log(norm.pdf(z) + z * norm.cdf(z)), rel=1e-6, abs=1e-12)
    else:  # phi(z) / z^2 (1 - 3 / z^2 + 15 / z^4 - ...)
        square = Fraction(z) ** 2
        series = 1 - 3 / square + 15 / square**2 - 105 / square**3
        expected = (
            -float(square) / 2
            - 0.5 * math.log(2 * math.pi)
            - math.log(float(square))
            + math.log(series)
        )
        assert value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-9])
def test_nearly_equal_points_are_handled(gap: float) -> None:
    twins = np.concatenate([FEATURES, FEATURES + gap])
    outcomes = standardise(np.concatenate([OUTCOMES, OUTCOMES + 1e-3]))
    hyper = fit(twins, outcomes, OWNER, 4)
    means, deviations = GaussianProcess(twins, outcomes, OWNER, hyper).predict(twins)
    assert np.isfinite(means).all()
    assert np.abs(means - outcomes).max() < 0.1
    assert (deviations > 0).all()


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12, 1e300])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_standardised_scores_do_not_depend_on_their_scale(scale: float, shift: float) -> None:
    scores = np.array([1.0, 2.0, 4.0, 8.0])
    assert standardise((scores + shift) * scale) == pytest.approx(standardise(scores), rel=1e-6)


def test_small_differences_of_large_scores_are_kept() -> None:
    scores = 1e12 + np.array([0.0, 0.125, 0.25])
    assert standardise(scores) == pytest.approx(standardise(np.arange(3.0)), rel=1e-3)


def test_equal_scores_standardize_to_zero() -> None:
    assert (standardise(np.full(4, 7.0)) == 0).all()


def test_low_outliers_are_winsorized() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0, 5.0, -1e12, 1e6])
    winsorized = winsorize(scores)
    assert (winsorized[[2, 3, 4, 6]] == scores[[2, 3, 4, 6]]).all()
    assert 1.0 > winsorized[5] > -1e3
    assert np.isfinite(winsorized).all()


SKEWED = standardise(np.exp(GENERATOR.normal(size=200)))


@pytest.mark.parametrize("values", [SKEWED, -SKEWED], ids=["up", "down"])
def test_warps_keep_the_order_and_their_gain_is_the_slope(values: np.ndarray) -> None:
    for warp in candidate_warps(values):
        moved = warp(values)
        order = np.argsort(values)
        slopes = np.diff(moved[order]) / np.diff(values[order])
        assert (slopes > 0).all()
        assert warp.log_jacobian(values) == pytest.approx(
            np.log(slopes).sum() * 200 / 199, rel=0.1, abs=5
        )


def test_the_power_transform_reduces_skew() -> None:
    moved = candidate_warps(SKEWED)[1](SKEWED)
    assert abs(float((moved**3).mean())) < 0.3  # the skewness was above 2


def test_a_warp_of_equal_scores_is_ruled_out() -> None:
    assert Warp(0.5).log_jacobian(np.zeros(5)) == -math.inf


def test_the_power_transform_is_scipys() -> None:
    for exponent in (-2.0, -0.5, 0.0, 0.3, 1.0, 2.0, 3.7):
        values = standardise(GENERATOR.standard_t(3, 80))
        assert yeo_johnson(values, exponent) == pytest.approx(
            yeojohnson(values, lmbda=exponent), abs=1e-9
        )
