"""Search spaces: the ten expressions, nested choices, and the map from the unit cube to values."""

from .choice import Branch, Choice
from .continuous import LogNormal, LogUniform, Normal, Uniform
from .expressions import Expression, Randint, Scalar
from .quantized import Quantized, exact
from .tree import Assignment, Path, Space, canonical, leaves

__all__ = [
    "Assignment",
    "Branch",
    "Choice",
    "Expression",
    "LogNormal",
    "LogUniform",
    "Normal",
    "Path",
    "Quantized",
    "Randint",
    "Scalar",
    "Space",
    "Uniform",
    "canonical",
    "exact",
    "leaves",
]
