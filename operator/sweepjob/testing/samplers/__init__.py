"""The contract of samplers.

A test class inherits ``SamplerContract``, sets ``declaration``, and defines ``make``; pytest runs the
suite.
"""

from .contract import SamplerContract, registered
from .observations import SEVERAL, observation, observation_of
from .spaces import CHOICES, DEEP, EVEN, EVERY, FINITE, HOSTILE, check_inside, space

__all__ = [
    "CHOICES",
    "DEEP",
    "EVEN",
    "EVERY",
    "FINITE",
    "HOSTILE",
    "SEVERAL",
    "SamplerContract",
    "check_inside",
    "observation",
    "observation_of",
    "registered",
    "space",
]
