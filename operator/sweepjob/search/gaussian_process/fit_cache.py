"""A cache of fits of hyperparameters, for models whose outcomes need no choice of a transform."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from .arrays import Array
from .encoding import Encoding
from .fitting import OBJECTIVE_PRIORS, Hyperparameters, Priors, fit

_REMEMBERED = 8


@dataclass(slots=True)
class FitCache:
    """Fits hyperparameters, and keeps the last few fits.

    A fit depends on its trials alone, so it is the same after a restart.

    Attributes:
        encoding: the encoding of the space.
        priors: the priors of variances and noise.
    """

    encoding: Encoding
    priors: Priors = OBJECTIVE_PRIORS
    _fitted: OrderedDict[bytes, Hyperparameters] = field(default_factory=OrderedDict)

    def fit(self, points: Array, outcomes: Array) -> Hyperparameters:
        """Return the most probable hyperparameters.

        Args:
            points: shape (n, axes).
            outcomes: about of mean 0 and variance 1; shape (n,).
        """
        key = hashlib.blake2b(points.tobytes() + outcomes.tobytes()).digest()
        if key not in self._fitted:
            features = self.encoding.features(points)
            owner, scales = self.encoding.owner, self.encoding.scales
            self._fitted[key] = fit(features, outcomes, owner, scales, self.priors)
            if len(self._fitted) > _REMEMBERED:
                self._fitted.popitem(last=False)
        return self._fitted[key]
