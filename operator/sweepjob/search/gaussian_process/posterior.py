"""The posterior of the objective, given trials."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .arrays import Array
from .encoding import Encoding
from .fitting import Hyperparameters, fit
from .kernel import SumOfEach, sum_of_each
from .regression import GaussianProcess, condition
from .selection import fitted_count, select_trials
from .target_transforms import Warp, candidate_warps, standardise, winsorize

# Hyperparameters are fitted to at most _FITTED trials, and predictions are made from at most _MODELLED:
# the cost of a fit grows with the cube of their number, that of a prediction with the square.
_FITTED, _MODELLED = 150, 400
# Fits that are cached. A fit depends on its trials alone, so it is the same after a restart.
_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of the objective.

    Attributes:
        process: the Gaussian process.
        points: the trials' points, in order of posterior mean, best first; shape (n, axes).
        best: the outcome to improve on: the best posterior mean of a trial plus its standard
            deviation. With noise, the best observed outcome is too high, and the best mean too low:
            the expected best of several uncertain values is above the best of their means (Letham et
            al. 2019, who integrate over them). Without noise all three are equal.
    """

    process: GaussianProcess
    points: Array
    best: float


@dataclass(frozen=True, slots=True)
class Conditioned:
    """A process given trials.

    Attributes:
        process: the Gaussian process.
        points: of the trials, the pending ones last; shape (n, axes).
        features: of these points; shape (n, width).
        scores: of the ended trials; shape (m,).
        outcomes: what the process takes these scores as; shape (m,).
    """

    process: GaussianProcess
    points: Array
    features: Array
    scores: Array
    outcomes: Array

    def outcome(self, score: float) -> float:
        """Return the outcome of a score, by linear interpolation and extrapolation."""
        order = np.argsort(self.scores, kind="stable")
        scores, outcomes = self.scores[order], self.outcomes[order]
        width, rise = float(scores[-1] - scores[0]), float(outcomes[-1] - outcomes[0])
        beyond = score - min(max(score, float(scores[0])), float(scores[-1]))
        slope = rise / width if width > 0 and rise > 0 else 1.0
        return float(np.interp(score, scores, outcomes)) + beyond * slope


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit to trials.

    Attributes:
        hyper: the hyperparameters of the process.
        warp: the transform of outcomes.
    """

    hyper: Hyperparameters
    warp: Warp


@dataclass(slots=True)
class SurrogateModel:
    """Fits a Gaussian process to trials and infers the posterior.

    Attributes:
        encoding: the encoding of the space.
        transforms: the transforms of outcomes to choose from.
        sums: computes the additive part of the kernel.
    """

    encoding: Encoding
    transforms: Callable[[Array], Sequence[Warp]] = candidate_warps
    sums: SumOfEach = sum_of_each
    _fitted: OrderedDict[bytes, Fitted] = field(default_factory=OrderedDict)

    def infer(self, points: Array, scores: Array, pending: Array) -> Posterior:
        """Return the posterior given trials.

        Args:
            points: points of ended trials, in the order of their indices; shape (n, axes).
            scores: larger is better; shape (n,).
            pending: points of pending trials; shape (m, axes).
        """
        given = self.condition(points, scores, pending, scores)
        means, deviations = given.process.predict(given.features)
        order = np.argsort(-means, kind="stable")
        top = order[0]
        best = float(means[top] + deviations[top])
        return Posterior(given.process, given.points[order], best)

    def condition(
        self, points: Array, scores: Array, pending: Array, standing: Array
    ) -> Conditioned:
        """Return the process given trials.

        Args:
            points: points of ended trials, in the order of their indices; shape (n, axes).
            scores: larger is better; shape (n,).
            pending: points of pending trials; shape (m, axes).
            standing: which trials to predict from if there are too many; larger is better; shape (n,).
        """
        first = fitted_count(len(scores))
        fitted = self._fit(points[:first], scores[:first])
        keep = select_trials(standing, _MODELLED)
        features, running = self.encoding.features(points[keep]), self.encoding.features(pending)
        outcomes = fitted.warp(standardise(winsorize(scores)[keep]))
        owner, hyper = self.encoding.owner, fitted.hyper
        process = condition(features, outcomes, owner, hyper, running, self.sums)
        return Conditioned(
            process,
            np.concatenate([points[keep], pending]),
            np.concatenate([features, running]),
            scores[keep],
            outcomes,
        )

    def _fit(self, points: Array, scores: Array) -> Fitted:
        """Return the hyperparameters and the transform under which the data is most probable.

        Source: Snelson, Rasmussen and Ghahramani (2004), warped Gaussian processes.
        """
        keep = select_trials(scores, _FITTED)
        outcomes = standardise(winsorize(scores)[keep])
        data = points[keep].tobytes() + outcomes.tobytes()
        key = hashlib.blake2b(data).digest()
        if key not in self._fitted:
            features = self.encoding.features(points[keep])
            tried = []
            for warp in self.transforms(outcomes):
                log_jacobian = warp.log_jacobian(outcomes)
                if math.isfinite(log_jacobian):
                    values = warp(outcomes)
                    hyper = fit(features, values, self.encoding.owner, self.encoding.scales)
                    tried.append((hyper.evidence + log_jacobian, Fitted(hyper, warp)))
            self._fitted[key] = max(tried, key=lambda found: found[0])[1]
            if len(self._fitted) > _REMEMBERED:
                self._fitted.popitem(last=False)
        return self._fitted[key]
