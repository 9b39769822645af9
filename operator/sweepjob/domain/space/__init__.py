"""Search spaces: the ten expressions, nested choices, and points of the unit cube to values."""

from .expressions import (
    Branch,
    Choice,
    Expression,
    LogNormal,
    LogUniform,
    Normal,
    Quantized,
    Randint,
    Scalar,
    Uniform,
)
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
    "leaves",
]
