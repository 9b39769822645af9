"""From trials to what is believed of the objective."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from .encoding import Encoding
from .fitting import Hyperparameters, fit
from .outcomes import power_transform, standardise
from .process import Process
from .scales import Array

# Hyperparameters are fitted to at most so many trials, and predictions made from at most so many:
# the cost of the one grows with the cube, of the other with the square.
_FITTED, _MODELLED = 150, 400


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed.

    Attributes:
        process: the posterior.
        points: of the trials, those with the best posterior mean first; shape (n, axes).
        best: the best posterior mean of any trial. With noise, the best that was observed is luck.
    """

    process: Process
    points: Array
    best: float


@dataclass(slots=True)
class Model:
    """A Gaussian process over the features of a space."""

    encoding: Encoding
    _fitted: dict[bytes, tuple[Hyperparameters, bool]] = field(default_factory=dict)

    def believe(self, points: Array, scores: Array, pending: Array) -> Belief:
        """The belief given trials.

        Args:
            points: of trials that ended, shape (n, axes).
            scores: finite, larger is better, shape (n,).
            pending: points of trials that go on, shape (m, axes).
        """
        keep = subset(scores, _MODELLED)
        points, features = points[keep], self.encoding.features(points[keep])
        hyper, outcomes = self._fit(features, standardise(scores[keep]))
        process = Process(features, outcomes, self.encoding.owner, hyper)
        if len(pending):
            waiting = self.encoding.features(pending)
            outcomes = np.concatenate([outcomes, process.predict(waiting)[0]])
            points, features = (
                np.concatenate([points, pending]),
                np.concatenate([features, waiting]),
            )
            process = Process(features, outcomes, self.encoding.owner, hyper)
        means = process.predict(features)[0]
        order = np.argsort(-means, kind="stable")
        return Belief(process, points[order], float(means[order[0]]))

    def _fit(self, features: Array, outcomes: Array) -> tuple[Hyperparameters, Array]:
        """Hyperparameters, and the outcomes as they are or made more normal by a power, whichever
        the data is more probable under."""
        moved, log_jacobian = power_transform(outcomes)
        keep = subset(outcomes, _FITTED)
        key = hashlib.blake2b(features[keep].tobytes() + outcomes[keep].tobytes()).digest()
        if key not in self._fitted:
            owner, scales = self.encoding.owner, self.encoding.scales
            plain = fit(features[keep], outcomes[keep], owner, scales)
            warped = fit(features[keep], moved[keep], owner, scales)
            gain = log_jacobian * len(keep) / len(outcomes)
            is_warped = warped.evidence + gain > plain.evidence
            # The last one is all that a repeated question needs.
            self._fitted = {key: (warped if is_warped else plain, is_warped)}
        hyper, is_warped = self._fitted[key]
        return hyper, moved if is_warped else outcomes


def subset(scores: Array, most: int) -> Array:
    """Which trials to use when there are too many: the best and the newest, half each."""
    count = len(scores)
    if count <= most:
        return np.arange(count)
    best = np.argsort(-scores, kind="stable")[: most // 2]
    rest = np.setdiff1d(np.arange(count), best)
    return np.sort(np.concatenate([best, rest[-(most - len(best)) :]]))
