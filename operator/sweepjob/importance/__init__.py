"""Parameter importance: functional analysis of variance (fANOVA) on a random forest."""

from .analysis import Importance, MainEffect, PairEffect, analyze_importance
from .bins import Bin, BinnedAxis, binned_axes

__all__ = [
    "Bin",
    "BinnedAxis",
    "Importance",
    "MainEffect",
    "PairEffect",
    "analyze_importance",
    "binned_axes",
]
