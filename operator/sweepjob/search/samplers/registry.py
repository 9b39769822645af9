"""The samplers, by the names that users write.

Another distribution registers its own by an entry point in the group ``sweepjob.samplers``, whose value
is a ``SamplerDeclaration``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...plugins.registry import Registry
from ..outcomes import SINGLE_OBJECTIVE, Outcomes
from ..sampler import Sampler
from ..space import Space
from . import bayesian, grid, random
from .declaration import SamplerDeclaration

SAMPLERS: Registry[SamplerDeclaration] = Registry(
    "sampler", "sweepjob.samplers", SamplerDeclaration
)
SAMPLERS.register(random.DECLARATION)
SAMPLERS.register(grid.DECLARATION)
SAMPLERS.register(bayesian.DECLARATION)


@dataclass(frozen=True, slots=True)
class SamplerSpec:
    """A sampler that a sweep asks for.

    Attributes:
        name: the name of a registered sampler.
        arguments: the values of its parameters by name.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def declaration(self) -> SamplerDeclaration:
        """The sampler's declaration.

        Raises:
            KeyError: there is no such sampler.
        """
        found = SAMPLERS.get(self.name)
        if found is None:
            raise KeyError(self.name)
        return found

    @property
    def uses_observations(self) -> bool:
        """Whether proposals depend on the results of earlier trials."""
        return self.declaration.uses_observations

    def build(self, space: Space, seed: int, outcomes: Outcomes = SINGLE_OBJECTIVE) -> Sampler:
        """Return the sampler.

        Args:
            space: the search space.
            seed: the same seed gives the same proposals.
            outcomes: the objectives and constraints of the sweep.

        Raises:
            KeyError: there is no such sampler.
            ValueError: it does not support these objectives and constraints.
        """
        declaration = self.declaration
        if not declaration.supports(outcomes):
            raise ValueError(f"sampler {self.name} supports one objective without constraints only")
        if outcomes.is_single or declaration.build_for is None:
            return declaration.build(space, seed, self.arguments)
        return declaration.build_for(space, seed, self.arguments, outcomes)

    def __str__(self) -> str:
        """Return the name, with the rule of random where it is not independent draws."""
        rule = self.arguments.get("rule", self.name)
        return " ".join(dict.fromkeys((self.name, str(rule))))
