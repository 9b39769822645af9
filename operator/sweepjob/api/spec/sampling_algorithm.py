"""Converts ``spec.samplingAlgorithm`` to a sampler with its arguments."""

from __future__ import annotations

from dataclasses import dataclass

from ...plugins.parameters import read_all
from ...search.samplers.declaration import COMMON_PARAMETERS, SamplerDeclaration
from ...search.samplers.registry import SAMPLERS, SamplerSpec
from ...search.space import Space
from ..parsing.reader import Reader
from ..parsing.suggestions import did_you_mean

DEFAULT_ALGORITHM = "random"  # of a spec without the section


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How trials are proposed.

    Attributes:
        sampler: the sampler and its arguments.
        seed: None when the operator is to draw one.
        log_base: the base of the logarithmic expressions.
    """

    sampler: SamplerSpec
    seed: int | None
    log_base: float


def parse_algorithm(reader: Reader) -> Algorithm:
    """Return the algorithm that a section describes; mistakes are recorded in the reader."""
    name = reader.text("type")
    declaration = SAMPLERS.get(name)
    common = read_all(COMMON_PARAMETERS, reader)
    if declaration is None:
        if name:
            reader.note("type", name, SAMPLERS.unknown(did_you_mean(name, SAMPLERS.names())))
        sampler = SamplerSpec(DEFAULT_ALGORITHM)
    else:
        _check_keys(reader, declaration)
        sampler = SamplerSpec(name, read_all(declaration.parameters, reader))
    return Algorithm(sampler, common["seed"], common["logbase"])


def _check_keys(reader: Reader, declaration: SamplerDeclaration) -> None:
    """Record unknown keys, and keys of other samplers with the sampler that they belong to."""
    own = {"type", *(p.name for p in (*COMMON_PARAMETERS, *declaration.parameters))}
    others = {p.name: other.name for other in SAMPLERS.declarations() for p in other.parameters}
    reader.known({*own, *others})
    for key in reader.data:
        if key in others and key not in own and reader.data[key] != []:
            reader.note(key, reader.data[key], f"belongs to type {others[key]}; remove it")


def prepare_space(space: Space, algorithm: Algorithm, reader: Reader) -> Space:
    """Return the space as the sampler searches it.

    Args:
        space: the space as it is written.
        algorithm: how trials are proposed.
        reader: the whole spec; what the sampler cannot search is recorded there.
    """
    sampler = algorithm.sampler
    try:
        return sampler.declaration.prepare(space, sampler.arguments, reader.note)
    except Exception as error:
        distribution = SAMPLERS.distribution_of(sampler.name)
        if not distribution:
            raise
        message = f"the plug-in of {distribution} failed: {error!r}"
        reader.note("samplingAlgorithm.type", sampler.name, message)
        return space
