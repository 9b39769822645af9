"""The ingredients of the bayesian sampler that the ablation takes away, by what is left without each.

What is taken away stays away as long as the process lives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from sweepjob.search.gaussian_process import candidates, fitting, scales
from sweepjob.search.gaussian_process import posterior as model
from sweepjob.search.gaussian_process.arrays import Array
from sweepjob.search.samplers import bayesian_sampler as sampler
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.space import Space

_WARPS, _SCALE, _BELIEVE = model.candidate_warps, scales._of_choice, model.SurrogateModel.infer


def _jointly() -> None:
    fitting._ADDITIVE_WORK = 0


def _shorter(times: float) -> None:
    fitting._RATE *= times


def _few() -> None:
    fitting._FEW = 1000


def _random_start() -> None:
    def start(space: Space, seed: int) -> SimpleNamespace:
        return SimpleNamespace(draw=RandomSampler(space, seed).propose)

    sampler.SobolSampler = start  # type: ignore[assignment,misc] # another start


def _unaware() -> None:
    def infer(
        self: model.SurrogateModel, points: Array, scores: Array, pending: Array
    ) -> model.Posterior:
        return _BELIEVE(self, points, scores, pending[:0])

    model.SurrogateModel.infer = infer  # type: ignore[method-assign] # it is told less


def _without_powers() -> None:
    model.candidate_warps = lambda values: _WARPS(values)[:1]  # type: ignore[assignment] # one of the two is taken away


def _unordered() -> None:
    def scale(choice: scales.Choice) -> scales.Scale:
        found = _SCALE(choice)
        return (
            scales.UnorderedScale(len(choice.values))
            if isinstance(found, scales.OrderedScale)
            else found
        )

    scales._of_choice = scale


def _without_neighbours() -> None:
    candidates._PARENTS = 0


def _every_step_of(*many: int) -> None:
    # As many neighbours as before.
    candidates._NEIGHBOURS = candidates._NEIGHBOURS * len(candidates._KINDS) // len(many)
    candidates._KINDS = many


def _certain() -> None:
    def infer(
        self: model.SurrogateModel, points: Array, scores: Array, pending: Array
    ) -> model.Posterior:
        posterior = _BELIEVE(self, points, scores, pending)
        means = posterior.process.predict(self.encoding.features(posterior.points[:1]))[0]
        return replace(posterior, best=float(means[0]))

    model.SurrogateModel.infer = infer  # type: ignore[method-assign] # it is sure of the best


def _untamed() -> None:
    model.winsorize = lambda scores: np.where(
        np.isfinite(scores), scores, scores[np.isfinite(scores)].min()
    )


INGREDIENTS: dict[str, Callable[[], None]] = {
    "no sums of functions of one parameter": _jointly,
    "length scales half as long": lambda: _shorter(2.0),
    "length scales twice as long": lambda: _shorter(0.5),
    "length scales that do not grow with the parameters": _few,
    "outcomes as they are": _without_powers,
    "numbers in a choice have no order": _unordered,
    "no candidates near good trials": _without_neighbours,
    "every step of many numbers": lambda: _every_step_of(20),
    "every step of a few": lambda: _every_step_of(2),
    "bad scores not pulled in": _untamed,
    "no doubt about the best": _certain,
    "a random start": _random_start,
    "pending trials unknown": _unaware,
}


def take_away(ingredient: str) -> None:
    """Sample without an ingredient from now on; all other names change nothing."""
    INGREDIENTS.get(ingredient, lambda: None)()
