"""The configuration of highest acquisition: random points, then local search, then gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from .acquisition import Acquisition
from .encoding import Encoding
from .process import Process
from .scales import Array

_RANDOM = 512
_NEAR = 48  # neighbours of each of the best points observed
_PARENTS = 6
_RADII = (0.2, 0.05, 0.01)
_STARTS = 4
_ROUNDS = 3
_STEPS = 25
# In a space of many parameters, a neighbour differs in so many of them (Regis and Shoemaker 2013).
_MOVED = 20


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
        acquisition: Acquisition,
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
        candidates = self._candidates(incumbents)
        values = self.value(candidates)
        order = np.argsort(-values, kind="stable")
        climbed = [self._climb(candidates[n], values[n]) for n in self._spread(candidates, order)]
        climbed.sort(key=lambda found: -found[1])
        for point, _ in climbed:
            if is_new(point):
                return point
        return next((candidates[n] for n in order if is_new(candidates[n])), None)

    def _candidates(self, incumbents: Array) -> Array:
        axes = len(self.encoding.axes)
        around = [self.generator.random((_RANDOM, axes))]
        share = min(1.0, _MOVED / axes)
        for parent in incumbents[:_PARENTS]:
            for radius in _RADII:
                moved = self._moved(np.tile(parent, (_NEAR // len(_RADII), 1)), radius, share)
                around.append(moved)
        return np.concatenate(around)

    def _moved(self, points: Array, radius: float, share: float) -> Array:
        """Neighbours: continuous parameters by a normal step, others drawn anew now and then."""
        generator, shape = self.generator, points.shape
        chosen = generator.random(shape) < share
        chosen[np.arange(shape[0]), generator.integers(shape[1], size=shape[0])] = True
        moved = points + chosen * generator.normal(0.0, radius, shape)
        moved = np.abs(moved)
        moved = 1.0 - np.abs(1.0 - moved)  # reflected at both ends
        for number, axis in enumerate(self.encoding.axes):
            if not axis.scale.continuous:
                anew = chosen[:, number] & (
                    generator.random(shape[0]) < max(radius, 1.0 / shape[1])
                )
                moved[:, number] = np.where(anew, generator.random(shape[0]), points[:, number])
        return np.clip(moved, 0.0, 1.0)

    def _spread(self, candidates: Array, order: Array) -> list[int]:
        """The best candidates, the later ones at some distance from those before."""
        chosen: list[int] = []
        features = self.encoding.features(candidates[order[:64]]) / 0.05
        for position, number in enumerate(order[:64].tolist()):
            apart = [
                np.abs(features[position] - features[p]).max() > 1.0
                for p, _ in self._ranked(chosen, order)
            ]
            if all(apart):
                chosen.append(number)
            if len(chosen) == _STARTS:
                break
        return chosen

    @staticmethod
    def _ranked(chosen: list[int], order: Array) -> list[tuple[int, int]]:
        places = {number: position for position, number in enumerate(order[:64].tolist())}
        return [(places[number], number) for number in chosen]

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
