"""What the bayesian sampler believes of trials, and what it wants to improve on."""

from __future__ import annotations

import numpy as np
import pytest
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.search.gaussian_process.posterior import Posterior, SurrogateModel
from sweepjob.testing.samplers import space

ENCODING = Encoding(
    space({name: {"type": "uniform", "minValue": 0, "maxValue": 1} for name in "xy"})
)
POINTS = np.random.default_rng(2).random((40, 2))
VALUES = -((POINTS - 0.4) ** 2).sum(1)


def believed(noise: float) -> tuple[Posterior, np.ndarray]:
    """With the posterior means of all trials."""
    scores = VALUES + np.random.default_rng(3).normal(0.0, noise, len(VALUES))
    posterior = SurrogateModel(ENCODING).infer(POINTS, scores, POINTS[:0])
    return posterior, posterior.process.predict(ENCODING.features(posterior.points))[0]


def test_without_noise_the_incumbent_is_the_best_observation() -> None:
    posterior, means = believed(0.0)
    assert posterior.best == pytest.approx(means.max(), abs=0.01)
    assert posterior.points[0] == pytest.approx(POINTS[VALUES.argmax()])


def test_with_noise_the_incumbent_is_above_the_best_posterior_mean() -> None:
    """The best of the trials' true values is expected to be above the best of their means."""
    posterior, means = believed(0.1)
    assert means.max() + 0.05 < posterior.best < means.max() + 1.0


def test_trials_are_ordered_by_posterior_mean() -> None:
    _, means = believed(0.1)
    assert (np.diff(means) <= 0).all()
