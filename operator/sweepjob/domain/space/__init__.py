"""Search spaces: the ten expressions, nested choices, and points of the unit cube to values."""

from .expressions import (
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
from .tree import Assignment, Branch, Space, leaves

__all__ = [
    "Assignment",
    "Branch",
    "Choice",
    "Expression",
    "LogNormal",
    "LogUniform",
    "Normal",
    "Quantized",
    "Randint",
    "Scalar",
    "Space",
    "Uniform",
    "leaves",
]
