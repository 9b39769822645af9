"""Builds the sampler of a spec from its seed."""

from __future__ import annotations

import hashlib

from ...search.sampler import Sampler
from ...search.samplers.registry import SAMPLERS
from ..parsing.problem import InvalidSpec, Problem
from .sweep_spec import SweepSpec


def seed_of(spec: SweepSpec, uid: str) -> int:
    """Return the seed of a sweep. If its spec has none, it is derived from the uid and never changes."""
    if spec.seed is not None:
        return spec.seed
    return int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4], "big")


def build_sampler(spec: SweepSpec, seed: int) -> Sampler:
    """Return the sampler of a sweep.

    Args:
        spec: of the sweep.
        seed: the same seed gives the same proposals.

    Raises:
        InvalidSpec: another distribution declares the sampler, and its ``build`` raises an error or
            returns no sampler.
    """
    name = spec.sampler.name
    try:
        sampler = spec.sampler.build(spec.space, seed)
        _check_interface(sampler)
    except Exception as error:
        distribution = SAMPLERS.distribution_of(name)
        if not distribution:
            raise
        message = f"the plug-in of {distribution} failed: {error!r}"
        raise InvalidSpec([Problem("spec.samplingAlgorithm.type", name, message)]) from error
    return sampler


def check_plugin_sampler(spec: SweepSpec, seed: int) -> None:
    """Build the sampler if another distribution declares it.

    The package's own samplers are not built: their declarations check all of the spec, and the light
    installation lacks what bayesian imports.

    Args:
        spec: of the sweep.
        seed: of the sampler.

    Raises:
        InvalidSpec: the sampler cannot be built.
    """
    if SAMPLERS.distribution_of(spec.sampler.name):
        build_sampler(spec, seed)


def _check_interface(sampler: Sampler) -> None:
    """Read what the operator reads of a sampler.

    Raises:
        AttributeError: it is missing.
        TypeError: ``propose`` is no method.
    """
    bool(sampler.uses_observations)
    if not callable(sampler.propose):
        raise TypeError("propose is no method")
