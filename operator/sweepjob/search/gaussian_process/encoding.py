"""The encoding of a search space for the model.

A configuration has two representations. Its *point* has a coordinate of the unit cube for each
parameter, nested ones included, live or not; expressions map coordinates to values. Its *features*
are the input of the model. They are made from the value that a trial gets, so that all points of one
configuration have the same features (Garrido-Merchan and Hernandez-Lobato 2020).

A parameter is *live* in a configuration that has it: all the choices above it take its branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..hashing import RESOLUTION
from ..space import Assignment, Branch, Choice, Expression, Path, Space
from .arrays import Array
from .scales import Scale, scale_of

# The features of a parameter that is not live: the middle of its range. Two configurations without the
# parameter are then equal in it (Levesque et al. 2017, imputation).
_NOT_LIVE = 0.5
_EDGE = 2.0**-RESOLUTION


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter of the space.

    Attributes:
        path: the path of the parameter in the space.
        expression: the distribution of its values.
        scale: how a coordinate becomes features.
        columns: the columns of its features; empty for a parameter with a single value.
        parent: the axis of the choice it is nested in, None at the top.
        branch: the position of the value of that choice that makes it live.
    """

    path: Path
    expression: Expression
    scale: Scale
    columns: slice
    parent: int | None
    branch: int


class Encoding:
    """Converts between configurations, points and features of a space.

    Attributes:
        axes: parents before children.
        width: number of features.
        owner: for each feature, the index of its length scale; shape (width,).
        scales: the number of length scales: one for each parameter that has features.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.axes: list[Axis] = []
        self._number: dict[Path, int] = {}
        owner: list[int] = []
        for path, expression in space.expressions():
            scale = scale_of(expression)
            parent, branch = self._parent(path)
            columns = slice(len(owner), len(owner) + scale.width)
            self._number[path] = len(self.axes)
            self.axes.append(Axis(path, expression, scale, columns, parent, branch))
            owner += [owner[-1] + 1 if owner else 0] * scale.width
        self.owner = np.array(owner, dtype=int)
        self.width = len(owner)
        self.scales = owner[-1] + 1 if owner else 0

    def _parent(self, path: Path) -> tuple[int | None, int]:
        if len(path) == 1:
            return None, 0
        branch = path[-2]
        assert isinstance(branch, int)
        return self._number[path[:-2]], branch

    def live(self, points: Array) -> Array:
        """Return which parameters are live at points; shape (n, axes) to boolean (n, axes)."""
        found = np.ones(points.shape, dtype=bool)
        for number, axis in enumerate(self.axes):
            if axis.parent is not None:
                parent = self.axes[axis.parent]
                chosen = parent.scale.positions(points[:, axis.parent])
                found[:, number] = found[:, axis.parent] & (chosen == axis.branch)
        return found

    def features(self, points: Array) -> Array:
        """Return the features of points; shape (n, axes) to (n, width)."""
        live = self.live(points)
        features = np.full((len(points), self.width), _NOT_LIVE)
        for number, axis in enumerate(self.axes):
            rows = live[:, number]
            if axis.scale.width and rows.any():
                features[rows, axis.columns] = axis.scale.features(points[rows, number])
        return features

    def assignment(self, point: Array) -> Assignment:
        """Return the configuration at a point of shape (axes,)."""
        inside = np.clip(point, _EDGE, 1 - _EDGE)
        return self.space.at(lambda path: float(inside[self._number[path]]))

    def point(self, assignment: Assignment) -> list[float] | None:
        """Return a point of a configuration.

        Args:
            assignment: the configuration, possibly of another sweep.

        Returns:
            a coordinate for each axis, 0.5 where it is not live; None outside the space.
        """
        point = [0.5] * len(self.axes)
        return point if self._place(self.space.parameters, (), assignment, point) else None

    def _place(self, branch: Branch, path: Path, values: Any, point: list[float]) -> bool:
        if not isinstance(values, dict) or not branch.entries.keys() <= values.keys():
            return False
        return all(
            self._place_one(entry, (*path, name), values[name], point)
            for name, entry in branch.entries.items()
        )

    def _place_one(self, entry: Any, path: Path, value: Any, point: list[float]) -> bool:
        if path not in self._number:  # a constant
            return _equal(entry, value)
        number = self._number[path]
        if isinstance(entry, Choice):
            return self._place_choice(entry, path, value, point)
        unit = self.axes[number].scale.unit(value)
        if unit is None:
            return False
        point[number] = unit
        return True

    def _place_choice(self, choice: Choice, path: Path, value: Any, point: list[float]) -> bool:
        for position, candidate in enumerate(choice.values):
            if isinstance(candidate, Branch):
                found = self._place(candidate, (*path, position), value, point)
            else:
                found = _equal(candidate, value)
            if found:
                point[self._number[path]] = (position + 0.5) / len(choice.values)
                return True
        return False


def _equal(a: Any, b: Any) -> bool:
    """Return whether a trial cannot distinguish two values: 3 equals 3.0, but not "3" or True."""
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
