"""The declaration of a sampler."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...plugins.parameters import Note, ParameterDeclaration, Section
from ..outcomes import Outcomes
from ..sampler import Sampler
from ..space import Space


def _log_base(section: Section) -> float:
    if section.data["logbase"] == "e":
        return math.e
    base = section.number("logbase")
    if base <= 0 or base == 1:
        section.note("logbase", base, 'must be "e" or a number above 0 other than 1')
        return math.e
    return base


# The keys of ``samplingAlgorithm`` that belong to every type.
SEED = ParameterDeclaration(
    "seed",
    "integer",
    "The same seed gives the same proposals. Drawn once and kept in the status when absent.",
    schema={"format": "int64"},
)
LOG_BASE = ParameterDeclaration(
    "logbase",
    "",
    'Base of the logarithmic expressions of type random: "e" (default) or a number.',
    default=math.e,
    schema={"x-kubernetes-preserve-unknown-fields": True},
    read_with=_log_base,
)
COMMON_PARAMETERS = (SEED, LOG_BASE)


def any_space(space: Space, arguments: Mapping[str, Any], note: Note) -> Space:
    """Return the space unchanged: for samplers that search every space."""
    return space


@dataclass(frozen=True, slots=True)
class SamplerDeclaration:
    """A sampler's name, its parameters, and how it is built.

    Attributes:
        name: the value of ``samplingAlgorithm.type``; small letters, digits and ``_``.
        summary: a few words for the reference.
        build: makes the sampler from the space, the seed, and the values of the parameters by name.
            What takes long to import is imported there, not by the module: declarations are read
            wherever a SweepJob is checked.
        parameters: the keys besides ``type`` and ``COMMON_PARAMETERS``.
        prepare: the space as the sampler searches it; records, by a path below ``spec``, what it
            cannot search.
        is_seeded: whether proposals depend on the seed.
        uses_observations: whether proposals depend on the results of earlier trials; the same as that
            of the samplers it builds.
        build_for: makes the sampler of a sweep that has several objectives or constraints. None for a
            sampler that cannot use them.
        proposal_timeout: seconds that one proposal may take in the operator, if another distribution
            declares the sampler. After that the sweep has the reason ``SamplerFailed``.
    """

    name: str
    summary: str
    build: Callable[[Space, int, Mapping[str, Any]], Sampler]
    parameters: tuple[ParameterDeclaration, ...] = ()
    prepare: Callable[[Space, Mapping[str, Any], Note], Space] = any_space
    is_seeded: bool = True
    uses_observations: bool = False
    build_for: Callable[[Space, int, Mapping[str, Any], Outcomes], Sampler] | None = None
    proposal_timeout: float = 60.0

    def __post_init__(self) -> None:
        if not self.summary:
            raise ValueError(f"sampler {self.name}: needs a summary")
        if not self.proposal_timeout > 0:
            raise ValueError(f"sampler {self.name}: proposal_timeout must be above 0")
        for parameter in self.parameters:
            if parameter.name in {common.name for common in COMMON_PARAMETERS}:
                raise ValueError(f"sampler {self.name}: {parameter.name} belongs to every sampler")

    def supports(self, outcomes: Outcomes) -> bool:
        """Return whether the sampler can search for these objectives and constraints.

        A sampler whose proposals do not depend on results can search for any.
        """
        return outcomes.is_single or not self.uses_observations or self.build_for is not None
