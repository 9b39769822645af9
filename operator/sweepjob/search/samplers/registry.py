"""Which samplers this version has, by the names users write."""

from __future__ import annotations

from collections.abc import Callable

from ..sampler import Sampler
from ..space import Space
from .grid import GridSampler
from .random import RandomSampler
from .sobol import SobolSampler


def _bayesian(space: Space, seed: int) -> Sampler:
    # Only where it is used: it needs scipy, which takes longer to load than all the rest.
    from .bayesian import BayesianSampler

    return BayesianSampler(space, seed)


# (type, rule) as in samplingAlgorithm; a rule belongs to type random only.
SAMPLERS: dict[tuple[str, str], Callable[..., Sampler]] = {
    ("random", "random"): RandomSampler,
    ("random", "sobol"): SobolSampler,
    ("grid", "random"): GridSampler,
    ("bayesian", "random"): _bayesian,
}


def make_sampler(kind: str, rule: str, space: Space, seed: int) -> Sampler:
    """The sampler of that name.

    Raises:
        KeyError: this version has no such sampler.
    """
    return SAMPLERS[kind, rule](space, seed)
