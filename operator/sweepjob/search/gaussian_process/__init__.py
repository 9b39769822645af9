"""Gaussian-process regression over a search space: the surrogate model of the bayesian sampler."""
