"""Bayesian search: fewer trials than anyone."""

from .sampler import BayesianSampler

__all__ = ["BayesianSampler"]
