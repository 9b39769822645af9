"""The ingredients of the bayesian sampler that the ablation takes away, by what is left without each.

What is taken away stays away as long as the process lives.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sweepjob.domain.sampling.bayesian import candidates, model, sampler, scales, search
from sweepjob.domain.sampling.bayesian.fitting import Prior

_FIRST, _SECOND = sampler.PORTFOLIO
_WARPS, _SCALE = model.warps, scales._of_choice


def _one(strategy: sampler.Strategy) -> None:
    sampler.PORTFOLIO = (strategy, strategy)


def _jointly() -> None:
    second = sampler.Strategy(Prior(_SECOND.prior.rate), _SECOND.acquisition)
    sampler.PORTFOLIO = (_FIRST, second)


def _same_prior() -> None:
    middle = Prior(rate=6.0, additive=True)
    sampler.PORTFOLIO = tuple(sampler.Strategy(middle, s.acquisition) for s in (_FIRST, _SECOND))


def _without_powers() -> None:
    model.warps = lambda values: _WARPS(values)[:1]  # type: ignore[assignment] # one of the two is taken away


def _unordered() -> None:
    def scale(choice: scales.Choice) -> scales.Scale:
        found = _SCALE(choice)
        return scales.Unordered(len(choice.values)) if isinstance(found, scales.Ordered) else found

    scales._of_choice = scale


def _without_climbing() -> None:
    search._ROUNDS = 0


def _without_neighbours() -> None:
    candidates._PARENTS = 0


def _untamed() -> None:
    model.tame = lambda scores: np.where(
        np.isfinite(scores), scores, scores[np.isfinite(scores)].min()
    )


INGREDIENTS: dict[str, Callable[[], None]] = {
    "upper bound with short lengths only": lambda: _one(_FIRST),
    "expected improvement with sums only": lambda: _one(_SECOND),
    "no sums of functions of one parameter": _jointly,
    "the same prior for both strategies": _same_prior,
    "outcomes as they are": _without_powers,
    "numbers in a choice have no order": _unordered,
    "no local search": _without_climbing,
    "no candidates near good trials": _without_neighbours,
    "bad scores not pulled in": _untamed,
}


def take_away(ingredient: str) -> None:
    """Sample without an ingredient from now on; all other names change nothing."""
    INGREDIENTS.get(ingredient, lambda: None)()
