"""Which parameters matter: functional analysis of variance on a forest."""

from .analysis import Importance, Main, Pair, analyse
from .bins import Bin, BinnedAxis, binned_axes

__all__ = ["Bin", "BinnedAxis", "Importance", "Main", "Pair", "analyse", "binned_axes"]
