"""Samplers: what to try next. One sampler a file; the registry says what exists."""

from .interface import Observation, Sampler
from .random import RandomSampler
from .registry import SAMPLERS, make_sampler

__all__ = ["SAMPLERS", "Observation", "RandomSampler", "Sampler", "make_sampler"]
