"""Where the search for the next configuration begins: anywhere, and near what was good."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .encoding import Encoding

_ANYWHERE = 512
# The best trials, and so many neighbours of each at each radius, in units of the cube.
_PARENTS = 6
_NEIGHBOURS = 16
_RADII = (0.2, 0.05, 0.01)
# In a space of many parameters, a neighbour differs in so many of them (Regis and Shoemaker 2013).
_MOVED = 20


def draw(encoding: Encoding, incumbents: Array, generator: np.random.Generator) -> Array:
    """Points of the unit cube; shape (n, axes).

    Args:
        incumbents: good points, best first; shape (m, axes).
    """
    found = [generator.random((_ANYWHERE, len(encoding.axes)))]
    for parent in incumbents[:_PARENTS]:
        parents = np.tile(parent, (_NEIGHBOURS, 1))
        found += [_moved(encoding, parents, radius, generator) for radius in _RADII]
    return np.concatenate(found)


def _moved(
    encoding: Encoding, points: Array, radius: float, generator: np.random.Generator
) -> Array:
    """Neighbours: continuous parameters by a normal step, others drawn anew now and then."""
    count, axes = points.shape
    chosen = generator.random(points.shape) < min(1.0, _MOVED / axes)
    chosen[np.arange(count), generator.integers(axes, size=count)] = True
    moved = np.abs(points + chosen * generator.normal(0.0, radius, points.shape))
    moved = 1.0 - np.abs(1.0 - moved)  # reflected at both ends
    rarely = max(radius, 1.0 / axes)
    for number, axis in enumerate(encoding.axes):
        if not axis.scale.continuous:
            anew = chosen[:, number] & (generator.random(count) < rarely)
            moved[:, number] = np.where(anew, generator.random(count), points[:, number])
    inside: Array = np.clip(moved, 0.0, 1.0)
    return inside
