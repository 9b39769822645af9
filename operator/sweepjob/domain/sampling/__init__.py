"""Samplers: what to try next. One sampler a file; the registry says what exists."""

from .evidence import Evidence
from .grid import GridSampler
from .interface import Observation, Sampler
from .random import RandomSampler
from .registry import SAMPLERS, make_sampler
from .sobol import SobolSampler

__all__ = [
    "SAMPLERS",
    "Evidence",
    "GridSampler",
    "Observation",
    "RandomSampler",
    "Sampler",
    "SobolSampler",
    "make_sampler",
]
