"""Learning curves of configurations that were never trained: a forest over those that were."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ..search.ours import Ours
from ..search.spaces import space_of
from .networks import Array, Config
from .record import CONFIGURATIONS, FILE
from .tasks import TASKS, Task

_TREES = 40
_PROBED = 4000  # configurations of which the median is the reference
# The optimum is climbed to from the best of them and of those that were trained.
_CLIMBERS, _STEPS, _MOVED = 40, 150, 0.25


@dataclass(frozen=True)
class Forest:
    """Trees side by side: a configuration descends all of them at once."""

    left: Array
    right: Array
    feature: Array
    threshold: Array
    leaves: Array
    values: Array

    def predict(self, points: Array) -> Array:
        """The mean over trees; shape (n, width) to (n, outputs)."""
        node = np.zeros((len(points), len(self.left)), int)
        trees, rows = np.arange(len(self.left))[None], np.arange(len(points))[:, None]
        while True:
            feature = self.feature[trees, node]
            inner = feature >= 0
            if not inner.any():
                break
            goes_left = points[rows, np.maximum(feature, 0)] <= self.threshold[trees, node]
            below = np.where(goes_left, self.left[trees, node], self.right[trees, node])
            node = np.where(inner, below, node)
        mean: Array = self.values[self.leaves[trees, node]].mean(1)
        return mean


def _grow(points: Array, targets: Array) -> Forest:
    from sklearn.ensemble import ExtraTreesRegressor

    model = ExtraTreesRegressor(_TREES, min_samples_leaf=1, random_state=3, max_features=0.5)
    trees = [found.tree_ for found in model.fit(points, targets).estimators_]
    most, values = max(tree.node_count for tree in trees), []
    packed = {name: np.zeros((_TREES, most)) for name in ("left", "right", "feature", "threshold")}
    leaves, used = np.zeros((_TREES, most), int), 0
    for row, tree in enumerate(trees):
        count = tree.node_count
        for name, found in (
            ("left", tree.children_left),
            ("right", tree.children_right),
            ("feature", tree.feature),
            ("threshold", tree.threshold),
        ):
            packed[name][row, :count] = found
        leaves[row, :count] = np.arange(used, used + count)
        values.append(tree.value[:, :, 0])
        used += count
    whole = {name: packed[name].astype(int) for name in ("left", "right", "feature")}
    threshold = packed["threshold"]
    return Forest(**whole, threshold=threshold, leaves=leaves, values=np.concatenate(values))


class Surrogate:
    """A task whose curves are known everywhere.

    Attributes:
        best: the best value that any configuration is known to report.
        typical: the median over configurations of the best value that each reports.
        seconds: the mean seconds of a full trial.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        space, self._shifts = space_of(task.space)
        from sweepjob.search.gaussian_process.encoding import Encoding

        self._encoding = Encoding(space)
        recorded = np.load(FILE)
        curves, seconds = recorded[f"{task.name}.curves"], recorded[f"{task.name}.seconds"]
        points = np.array([self._point(c) for c in Ours(task.space, 11, "sobol").ask(len(curves))])
        self._forest = _grow(points, np.column_stack([curves, np.log(seconds)]))
        assert len(curves) == CONFIGURATIONS
        probed = Ours(task.space, 12, "random").ask(_PROBED)
        somewhere = np.array([self._point(c) for c in probed])
        found = self._forest.predict(somewhere)
        self.typical = task.sign * float(np.median((task.sign * found[:, :-1]).max(1)))
        self.best = task.sign * self._climb(np.concatenate([points, somewhere]))
        self.seconds = float(np.exp(found[:, -1]).mean() * (found.shape[1] - 1))

    def _climb(self, points: Array) -> float:
        """Return the best score that is found from some points by moving coordinates."""

        def scores(points: Array) -> Array:
            best: Array = (self.task.sign * self._forest.predict(points)[:, :-1]).max(1)
            return best

        generator, known = np.random.default_rng(4), scores(points)
        best = np.argsort(-known)[:_CLIMBERS]
        climbers, known = points[best], known[best]
        for _ in range(_STEPS):
            moved = generator.random(climbers.shape) < _MOVED
            tried = np.where(moved, generator.random(climbers.shape), climbers)
            value = scores(tried)
            better = value > known
            climbers[better], known[better] = tried[better], value[better]
        return float(known.max())

    def _point(self, config: Config) -> Array:
        plain = {
            n: v - self._shifts.get(n, 0) if n in self._shifts else v for n, v in config.items()
        }
        point = self._encoding.point(plain)
        assert point is not None
        return np.asarray(point)

    def curve(self, config: Config) -> tuple[list[float], float]:
        """The values after each epoch, and the seconds of each epoch."""
        found = self._forest.predict(self._point(config)[None])[0]
        return found[:-1].tolist(), float(np.exp(found[-1]))

    def regret(self, value: float) -> float:
        """0 is the best known value, 1 that of a typical configuration."""
        return max((value - self.best) / (self.typical - self.best), 0.0)


@functools.cache
def surrogate(name: str) -> Surrogate:
    """The surrogate of a task."""
    return Surrogate(next(task for task in TASKS if task.name == name))
