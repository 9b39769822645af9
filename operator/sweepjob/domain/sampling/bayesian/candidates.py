"""Where the next configuration is looked for: anywhere, and near what was good."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .encoding import Encoding

_ANYWHERE = 512
# The best trials, and so many neighbours of each kind of each at each radius, in units of the cube.
_PARENTS = 6
_NEIGHBOURS = 11
_RADII = (0.2, 0.05, 0.01)
# A neighbour differs in so many parameters at most, in the mean (Regis and Shoemaker 2013), or in a few.
_MANY, _FEW = 20, 2
# What neighbours there are: by a step of many numbers, by one of few, with a few parameters drawn anew.
_KINDS = ("many", "few", "anew")


def draw(encoding: Encoding, incumbents: Array, generator: np.random.Generator) -> Array:
    """Points of the unit cube: random ones, and neighbours of good ones; shape (n, axes).

    Args:
        incumbents: good points, best first; shape (m, axes).
    """
    found = [generator.random((_ANYWHERE, len(encoding.axes)))]
    for parent in incumbents[:_PARENTS]:
        points = np.tile(parent, (_NEIGHBOURS, 1))
        for radius in _RADII:
            found += [_near(encoding, points, radius, kind, generator) for kind in _KINDS]
    return np.concatenate(found)


def _near(
    encoding: Encoding, points: Array, radius: float, kind: str, generator: np.random.Generator
) -> Array:
    """Neighbours. Parameters that are no numbers, or are rounded, are drawn anew in every kind."""
    many = _some(points.shape, _MANY, generator)
    share = max(radius, 1.0 / min(_MANY, points.shape[1]))
    anew = many & (generator.random(points.shape) < share)
    drawn = np.where(anew, generator.random(points.shape), points)
    if kind == "anew":
        return drawn
    changed = many if kind == "many" else _some(points.shape, _FEW, generator)
    stepped = np.abs(points + changed * generator.normal(0.0, radius, points.shape))
    stepped = 1.0 - np.abs(1.0 - stepped)  # reflected at both ends
    continuous = np.array([axis.scale.continuous for axis in encoding.axes])
    inside: Array = np.clip(np.where(continuous, stepped, drawn), 0.0, 1.0)
    return inside


def _some(shape: tuple[int, ...], many: float, generator: np.random.Generator) -> Array:
    """Of each point, so many parameters in the mean, and one at least; boolean, shape (n, axes)."""
    count, axes = shape
    chosen: Array = generator.random(shape) < many / axes
    chosen[np.arange(count), generator.integers(axes, size=count)] = True
    return chosen
