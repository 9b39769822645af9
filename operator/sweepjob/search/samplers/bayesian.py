"""The sampler ``bayesian``: a Gaussian process of the objective says what to try next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..outcomes import Outcomes
from ..sampler import Sampler
from ..space import Space
from .declaration import SamplerDeclaration


def _build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    # Imported on demand: scipy takes longer to load than all the rest, and the light installation
    # has none.
    from .bayesian_sampler import BayesianSampler

    return BayesianSampler(space, seed)


def _build_for(
    space: Space, seed: int, arguments: Mapping[str, Any], outcomes: Outcomes
) -> Sampler:
    from .bayesian_sampler import BayesianSampler

    return BayesianSampler(space, seed, outcomes)


DECLARATION = SamplerDeclaration(
    name="bayesian",
    summary="a model of the ended trials proposes the next parameters",
    build=_build,
    uses_observations=True,
    build_for=_build_for,
)
