"""What the bayesian sampler believes of trials, and what it wants to improve on."""

from __future__ import annotations

import numpy as np
import pytest
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.search.gaussian_process.joint_posterior import JointPosterior
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


def test_a_score_is_what_the_process_takes_it_as() -> None:
    """At trials, between them, and beyond them in the same order."""
    scores = -np.exp(-20 * VALUES)  # skewed, so that outcomes are warped
    given = SurrogateModel(ENCODING).condition(POINTS, scores, POINTS[:0], scores)
    assert [given.outcome(score) for score in scores] == pytest.approx(given.outcomes)
    asked = np.linspace(scores.min() - 5, scores.max() + 5, 50)
    assert (np.diff([given.outcome(score) for score in asked]) >= 0).all()
    assert given.outcome(scores.max() + 1) > given.outcomes.max()


def test_of_too_many_trials_predictions_are_made_from_those_of_the_best_standing() -> None:
    points = np.random.default_rng(4).random((900, 2))
    standing = -np.abs(np.arange(900.0) - 300)
    given = SurrogateModel(ENCODING).condition(points, points[:, 0], points[:3], standing)
    assert len(given.points) == 400 + 3
    assert (points[250:350, None] == given.points).all(2).any(1).all()


@pytest.mark.parametrize("given", [(), (None, None), (None, -0.02)])
def test_the_reference_is_what_the_user_gives_or_below_all_trials(
    given: tuple[float | None, ...],
) -> None:
    model, scores = SurrogateModel(ENCODING), np.stack([VALUES, POINTS[:, 0]], axis=1)
    both = [model.condition(POINTS, column, POINTS[:0], column) for column in scores.T]
    front = np.array([[-1.0, 0.5], [0.5, -1.0]])
    reference = JointPosterior(both).reference(given, front, is_far=True)
    below = [one.outcomes.min() - 0.5 for one in both]
    assert reference[0] == pytest.approx(below[0])
    near = JointPosterior(both).reference(given, front, is_far=False)
    assert (near >= reference).all()
    assert below[0] < near[0] < 0.5, "a little less than the worst on the front"
    assert reference[1] == pytest.approx(both[1].outcome(-0.02) if any(given) else below[1])
