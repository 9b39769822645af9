"""The configuration of highest acquisition: random points, then local search, then gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from .acquisition import LogExpectedImprovement
from .arrays import Array
from .candidates import draw
from .encoding import Encoding
from .process import Process

# Local search begins at so many of the best candidates, at least so far from each other.
_STARTS, _RANKED, _APART = 4, 64, 0.05
_ROUNDS = 3
_STEPS = 25


class Search:
    """The acquisition over a space, and its maximisation.

    Attributes:
        encoding: of the space.
        process: what is believed.
        acquisition: what is wanted.
        generator: for the points where the search begins.
    """

    def __init__(
        self,
        encoding: Encoding,
        process: Process,
        acquisition: LogExpectedImprovement,
        generator: np.random.Generator,
    ) -> None:
        self.encoding = encoding
        self.process = process
        self.acquisition = acquisition
        self.generator = generator

    def value(self, points: Array) -> Array:
        """The acquisition at points; shapes (n, axes) to (n,)."""
        return self.acquisition.value(*self.process.predict(self.encoding.features(points)))

    def best(self, incumbents: Array, is_new: Callable[[Array], bool]) -> Array | None:
        """The best point found that is new; None when none is.

        Args:
            incumbents: good points to look around, best first; shape (n, axes).
            is_new: whether a point may be proposed.
        """
        candidates = draw(self.encoding, incumbents, self.generator)
        values = self.value(candidates)
        order = np.argsort(-values, kind="stable")
        climbed = [self._climb(candidates[n], values[n]) for n in self._spread(candidates, order)]
        climbed.sort(key=lambda found: -found[1])
        for point, _ in climbed:
            if is_new(point):
                return point
        return next((candidates[n] for n in order if is_new(candidates[n])), None)

    def _spread(self, candidates: Array, order: Array) -> list[int]:
        """The best candidates, the later ones at some distance from those before."""
        ranked = order[:_RANKED]
        features, chosen = self.encoding.features(candidates[ranked]), list[int]()
        for position in range(len(ranked)):
            near = (np.abs(features[position] - features[other]).max() for other in chosen)
            if all(distance > _APART for distance in near):
                chosen.append(position)
            if len(chosen) == _STARTS:
                break
        return [int(ranked[position]) for position in chosen]

    def _climb(self, point: Array, value: float) -> tuple[Array, float]:
        """Alternately the continuous parameters by gradients and the others by trying them out."""
        for _ in range(_ROUNDS):
            before = value
            point, value = self._slide(point, value)
            point, value = self._step(point, value)
            if value <= before + 1e-9:
                break
        return point, value

    def _slide(self, point: Array, value: float) -> tuple[Array, float]:
        live = self.encoding.live(point[None, :])[0]
        axes = [
            number
            for number, axis in enumerate(self.encoding.axes)
            if axis.scale.continuous and live[number]
        ]
        if not axes:
            return point, value
        columns = [self.encoding.axes[number].columns.start for number in axes]
        features = self.encoding.features(point[None, :])[0]

        def cost(moving: Array) -> tuple[float, Array]:
            features[columns] = moving
            mean, deviation, by_mean, by_deviation = self.process.slopes(features)
            value = self.acquisition.value(np.array([mean]), np.array([deviation]))[0]
            weights = self.acquisition.slopes(mean, deviation)
            gradient = weights[0] * by_mean[columns] + weights[1] * by_deviation[columns]
            return -float(value), -gradient

        bounds = [self.encoding.axes[number].scale.bounds for number in axes]
        start = features[columns].copy()
        found = minimize(
            cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
        )
        if not -found.fun > value:
            return point, value
        moved = point.copy()
        for number, feature in zip(axes, found.x, strict=True):
            moved[number] = self.encoding.axes[number].scale.units_of(np.asarray(feature))
        return moved, -float(found.fun)

    def _step(self, point: Array, value: float) -> tuple[Array, float]:
        live = self.encoding.live(point[None, :])[0]
        tried = []
        for number, axis in enumerate(self.encoding.axes):
            if live[number] and not axis.scale.continuous:
                for unit in axis.scale.neighbours(float(point[number])):
                    moved = point.copy()
                    moved[number] = unit
                    tried.append(moved)
        if not tried:
            return point, value
        neighbours = np.array(tried)
        values = self.value(neighbours)
        best = int(np.argmax(values))
        return (neighbours[best], float(values[best])) if values[best] > value else (point, value)
