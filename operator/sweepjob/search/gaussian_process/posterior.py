"""From trials to what is believed of the objective."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from .arrays import Array
from .encoding import Encoding
from .fitting import Hyperparameters, fit
from .outcomes import Warp, standardise, warps, winsorize
from .regression import GaussianProcess

# Hyperparameters are fitted to at most so many trials, and predictions made from at most so many:
# the cost of the one grows with the cube, of the other with the square.
_FITTED, _MODELLED = 150, 400
# Fits that are remembered; what they are of is the same after a restart.
_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is believed.

    Attributes:
        process: the posterior.
        points: of the trials, those with the best posterior mean first; shape (n, axes).
        best: what to improve on: the best posterior mean of any trial, and its standard deviation more.
            With noise, the best that was observed is luck, and the best mean is too little: the
            best of several uncertain values is expected above the best of their means (Letham et al.
            2019, who integrate over them). Without noise all three are the same.
    """

    process: GaussianProcess
    points: Array
    best: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is known of an objective's nature.

    Attributes:
        hyper: of the process.
        warp: the way to look at outcomes.
    """

    hyper: Hyperparameters
    warp: Warp


@dataclass(slots=True)
class Model:
    """A Gaussian process over the features of a space."""

    encoding: Encoding
    _fitted: OrderedDict[bytes, Fitted] = field(default_factory=OrderedDict)

    def believe(self, points: Array, scores: Array, pending: Array) -> Posterior:
        """The belief given trials.

        Args:
            points: of trials that ended, in the order of their indices; shape (n, axes).
            scores: larger is better, minus infinity for failed ones; shape (n,).
            pending: points of trials that go on, shape (m, axes).
        """
        first = milestone(len(scores))
        fitted = self._fit(points[:first], scores[:first])
        keep = subset(scores, _MODELLED)
        points, features = points[keep], self.encoding.features(points[keep])
        outcomes = fitted.warp(standardise(winsorize(scores)[keep]))
        process = GaussianProcess(features, outcomes, self.encoding.owner, fitted.hyper)
        if len(pending):
            waiting = self.encoding.features(pending)
            outcomes = np.concatenate([outcomes, process.predict(waiting)[0]])
            points, features = (
                np.concatenate([points, pending]),
                np.concatenate([features, waiting]),
            )
            process = GaussianProcess(features, outcomes, self.encoding.owner, fitted.hyper)
        means, deviations = process.predict(features)
        order = np.argsort(-means, kind="stable")
        top = order[0]
        return Posterior(process, points[order], float(means[top] + deviations[top]))

    def _fit(self, points: Array, scores: Array) -> Fitted:
        """Hyperparameters under the way to look at outcomes that the data is most probable under
        (Snelson, Rasmussen and Ghahramani 2004, warped Gaussian processes).
        """
        keep = subset(scores, _FITTED)
        outcomes = standardise(winsorize(scores)[keep])
        data = points[keep].tobytes() + outcomes.tobytes()
        key = hashlib.blake2b(data).digest()
        if key not in self._fitted:
            features = self.encoding.features(points[keep])
            tried = []
            for warp in warps(outcomes):
                gain = warp.gain(outcomes)
                if math.isfinite(gain):
                    values = warp(outcomes)
                    hyper = fit(features, values, self.encoding.owner, self.encoding.scales)
                    tried.append((hyper.evidence + gain, Fitted(hyper, warp)))
            self._fitted[key] = max(tried, key=lambda found: found[0])[1]
            if len(self._fitted) > _REMEMBERED:
                self._fitted.popitem(last=False)
        return self._fitted[key]


def milestone(count: int) -> int:
    """How many of the first trials hyperparameters are fitted to: all of a few, then every twentieth
    part more. What is known of an objective's nature changes slowly, and a fit is the dear part.
    """
    return count - count % max(1, count // 20)


def subset(scores: Array, most: int) -> Array:
    """Which trials to use when there are too many: the best and the newest, half each."""
    count = len(scores)
    if count <= most:
        return np.arange(count)
    best = np.argsort(-scores, kind="stable")[: most // 2]
    rest = np.setdiff1d(np.arange(count), best)
    return np.sort(np.concatenate([best, rest[-(most - len(best)) :]]))
