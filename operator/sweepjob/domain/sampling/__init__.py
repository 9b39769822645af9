"""Samplers: what to try next. One sampler a file; the registry says what exists."""

from .bayesian import BayesianSampler
from .grid import GridSampler
from .interface import Observation, Sampler
from .random import RandomSampler
from .registry import SAMPLERS, make_sampler
from .sobol import SobolSampler

__all__ = [
    "SAMPLERS",
    "BayesianSampler",
    "GridSampler",
    "Observation",
    "RandomSampler",
    "Sampler",
    "SobolSampler",
    "make_sampler",
]
