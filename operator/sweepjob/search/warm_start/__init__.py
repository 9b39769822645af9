"""Warm start: how the trials of earlier sweeps and of other tools fit into a search space."""

from .differences import Differences
from .fit import Fit, fit, parameter_names

__all__ = ["Differences", "Fit", "fit", "parameter_names"]
