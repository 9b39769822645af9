"""Where the next configuration is looked for: anywhere, and near what was good."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .encoding import Encoding

_ANYWHERE = 512
# The best trials, and so many neighbours of each at each radius, in units of the cube.
_PARENTS = 6
_NEIGHBOURS = 32
_RADII = (0.2, 0.05, 0.01)
# The share of neighbours whose numbers move by a step; of the others a few parameters are drawn anew.
_STEPPED = 0.5
# In a space of many parameters, a neighbour differs in so many of them (Regis and Shoemaker 2013).
_MOVED = 20


def draw(encoding: Encoding, incumbents: Array, generator: np.random.Generator) -> Array:
    """Points of the unit cube: random ones, and neighbours of good ones; shape (n, axes).

    Args:
        incumbents: good points, best first; shape (m, axes).
    """
    found = [generator.random((_ANYWHERE, len(encoding.axes)))]
    for parent in incumbents[:_PARENTS]:
        parents = np.tile(parent, (_NEIGHBOURS, 1))
        found += [_near(encoding, parents, radius, generator) for radius in _RADII]
    return np.concatenate(found)


def _near(
    encoding: Encoding, points: Array, radius: float, generator: np.random.Generator
) -> Array:
    """Neighbours: a few parameters are drawn anew, or continuous ones moved by a normal step."""
    count, axes = points.shape
    rate = min(1.0, _MOVED / axes)
    chosen = generator.random(points.shape) < rate
    chosen[np.arange(count), generator.integers(axes, size=count)] = True
    anew = chosen & (generator.random(points.shape) < max(radius, 1.0 / (rate * axes)))
    drawn = np.where(anew, generator.random(points.shape), points)
    stepped = np.abs(points + chosen * generator.normal(0.0, radius, points.shape))
    stepped = 1.0 - np.abs(1.0 - stepped)  # reflected at both ends
    continuous = np.array([axis.scale.continuous for axis in encoding.axes])
    rows = (np.arange(count) < _STEPPED * count)[:, None]
    inside: Array = np.clip(np.where(rows & continuous, stepped, drawn), 0.0, 1.0)
    return inside
