"""The chance that a trial fails, as a function of its configuration.

Trials fail for two reasons. A flaky node, an eviction or a full disk says nothing about the
configuration: to count such a trial as a bad one keeps the search away from where it happened to be.
Too little memory or a divergence says much. Which of the two it is follows from where trials fail: a
Gaussian process is fitted to whether they did. By chance, its noise explains all of it, and the chance
to succeed is the same everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from .arrays import Array
from .encoding import Encoding
from .fit_cache import FitCache
from .fitting import Priors
from .regression import GaussianProcess
from .selection import fitted_count, select_trials

# Trials that hyperparameters are fitted to, and that predictions are made from, at most.
_FITTED, _MODELLED = 100, 300
# Most failures are noise until several near one another say otherwise.
_PRIORS = Priors(centres=(-1.5, -1.5, -0.3), spreads=(1.5, 1.5, 0.5))
# A regression may predict a chance below 0. Nothing is excluded for good.
_LEAST = 0.02
# Labels are scaled by the standard deviation of the rate, but not by less: one failure among many
# successes would otherwise be an outlier that needs an explanation.
_LEAST_DEVIATION = 0.2


@dataclass(frozen=True, slots=True)
class SuccessProbability:
    """The chance of success, predicted by regression on labels.

    Source: Rasmussen and Williams (2006), section 6.5, least-squares classification. It needs no
    approximation of the posterior, and has the kernel of the objective's model.

    Attributes:
        process: the posterior of the scaled labels.
        rate: the share of trials that fail.
        deviation: the scale of the labels.
    """

    process: GaussianProcess
    rate: float
    deviation: float

    def log(self, features: Array) -> Array:
        """Return the logarithm of the chance of success; shape (n, width) to (n,)."""
        failing = self.rate + self.deviation * self.process.predict(features)[0]
        return np.log(np.clip(1.0 - failing, _LEAST, 1.0))


@dataclass(slots=True)
class FailureModel:
    """Infers the chance of success from trials.

    Attributes:
        encoding: the encoding of the space.
    """

    encoding: Encoding
    _fits: FitCache = field(init=False)

    def __post_init__(self) -> None:
        self._fits = FitCache(self.encoding, _PRIORS)

    def infer(self, points: Array, failed: Array) -> SuccessProbability | None:
        """Return the chance of success given trials; None when none has failed.

        Args:
            points: points of ended trials, in the order of their indices; shape (n, axes).
            failed: boolean, shape (n,).
        """
        if not failed.any():
            return None
        # Half a failure and half a success more: one failure among two trials is no certainty.
        rate = (float(failed.sum()) + 0.5) / (len(failed) + 1.0)
        deviation = max(math.sqrt(rate * (1.0 - rate)), _LEAST_DEVIATION)
        labels = (failed - rate) / deviation
        first = fitted_count(len(failed))
        fitted = select_trials(labels[:first], _FITTED)
        hyper = self._fits.fit(points[fitted], labels[fitted])
        keep = select_trials(labels, _MODELLED)
        features = self.encoding.features(points[keep])
        process = GaussianProcess(features, labels[keep], self.encoding.owner, hyper)
        return SuccessProbability(process, rate, deviation)
