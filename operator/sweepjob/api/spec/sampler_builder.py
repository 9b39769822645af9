"""Builds the sampler of a spec from its seed."""

from __future__ import annotations

import hashlib

from ...search.initial_points import InitialPointsSampler
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
    """Return the sampler of a sweep, which proposes its initial points first.

    Args:
        spec: of the sweep.
        seed: the same seed gives the same proposals.

    Raises:
        InvalidSpec: another distribution declares the sampler, and its ``build`` raises an error or
            returns no sampler.
    """
    name = spec.sampler.name
    try:
        sampler = spec.sampler.build(spec.space, seed, spec.outcomes)
        _check_interface(sampler)
    except Exception as error:
        distribution = SAMPLERS.distribution_of(name)
        if not distribution:
            raise
        message = f"the plug-in of {distribution} failed: {error!r}"
        raise InvalidSpec([Problem("spec.samplingAlgorithm.type", name, message)]) from error
    if not spec.initial_points:
        return sampler
    return InitialPointsSampler(sampler, spec.space, seed, spec.initial_points)


def proposal_source(spec: SweepSpec, seed: int, index: int) -> str:
    """Return what proposed the configuration of a trial, such as ``bayesian seed 4``.

    Args:
        spec: of the sweep.
        seed: of the sampler.
        index: the trial's index.
    """
    sampler = f"{spec.sampler} seed {seed}"
    if index >= len(spec.initial_points):
        return sampler
    source = f"initialPoints[{index}]"
    is_complete = spec.initial_points[index].configuration is not None
    return source if is_complete else f"{source}, completed by {sampler}"


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
