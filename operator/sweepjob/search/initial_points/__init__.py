"""Initial points: configurations that users give, and that are tried before the sampler's own."""

from .point import InitialPoint
from .sampler import InitialPointsSampler

__all__ = ["InitialPoint", "InitialPointsSampler"]
