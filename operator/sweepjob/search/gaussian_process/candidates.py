"""Candidates for the next configuration: random points, and neighbours of good trials."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .encoding import Encoding

_ANYWHERE = 512
# The number of good trials, the neighbours of each kind of each at each radius, and the radii in units
# of the unit cube.
_PARENTS = 6
_NEIGHBOURS = 16
_RADII = (0.2, 0.05, 0.01)
# A step moves this many numbers on average (Regis and Shoemaker 2013), or few.
_MANY = 20
_KINDS = (_MANY, 2)


def draw_candidates(encoding: Encoding, incumbents: Array, generator: np.random.Generator) -> Array:
    """Return points of the unit cube: random ones, and neighbours of good ones.

    Args:
        encoding: the encoding of the space.
        incumbents: good points, best first; shape (m, axes).
        generator: the random number generator.

    Returns:
        shape (n, axes).
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
    """Return one neighbour of each point: a step of ``many`` numbers on average.

    Parameters that are not continuous are redrawn, the fewer the smaller the radius.

    Args:
        encoding: the encoding of the space.
        points: shape (n, axes).
        radius: the standard deviation of a step, in units of the unit cube.
        many: numbers that a step moves on average.
        generator: the random number generator.

    Returns:
        shape (n, axes).
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
    """Return a choice of parameters for each point, ``many`` on average and at least one.

    Args:
        shape: (n, axes).
        many: the average number of parameters.
        generator: the random number generator.

    Returns:
        boolean, shape (n, axes).
    """
    count, axes = shape
    chosen: Array = generator.random(shape) < many / axes
    chosen[np.arange(count), generator.integers(axes, size=count)] = True
    return chosen
