"""Where the next configuration is looked for: anywhere, and near what was good."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .encoding import Encoding

_ANYWHERE = 512
# The best trials, and so many neighbours of each kind of each at each radius, in units of the cube.
_PARENTS = 6
_NEIGHBOURS = 16
_RADII = (0.2, 0.05, 0.01)
# A step moves so many numbers in the mean, if there are as many (Regis and Shoemaker 2013), or few.
_MANY = 20
_KINDS = (_MANY, 2)


def draw(encoding: Encoding, incumbents: Array, generator: np.random.Generator) -> Array:
    """Points of the unit cube: random ones, and neighbours of good ones; shape (n, axes).

    Args:
        incumbents: good points, best first; shape (m, axes).
    """
    found = [generator.random((_ANYWHERE, len(encoding.axes)))]
    for parent in incumbents[:_PARENTS]:
        points = np.tile(parent, (_NEIGHBOURS, 1))
        for radius in _RADII:
            found += [_near(encoding, points, radius, many, generator) for many in _KINDS]
    return np.concatenate(found)


def _near(
    encoding: Encoding, points: Array, radius: float, many: int, generator: np.random.Generator
) -> Array:
    """Neighbours: a step of many numbers, or of few. Parameters that are no numbers, or are rounded, are
    drawn anew, the fewer the smaller the radius.
    """
    shape = points.shape
    moved = _some(shape, many, generator) * generator.normal(0.0, radius, shape)
    stepped = 1.0 - np.abs(1.0 - np.abs(points + moved))  # reflected at both ends
    share = max(radius * min(_MANY, shape[1]), 1.0) / shape[1]
    anew = generator.random(shape) < share
    drawn = np.where(anew, generator.random(shape), points)
    continuous = np.array([axis.scale.continuous for axis in encoding.axes])
    inside: Array = np.clip(np.where(continuous, stepped, drawn), 0.0, 1.0)
    return inside


def _some(shape: tuple[int, ...], many: float, generator: np.random.Generator) -> Array:
    """Of each point, so many parameters in the mean, and one at least; boolean, shape (n, axes)."""
    count, axes = shape
    chosen: Array = generator.random(shape) < many / axes
    chosen[np.arange(count), generator.integers(axes, size=count)] = True
    return chosen
