"""What a configuration is worth trying: the expected improvement, times the chances that it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from .arrays import Array
from .configuration_cache import Trial


class Chance(Protocol):
    """A chance that depends on the configuration."""

    def log(self, features: Array) -> Array:
        """Return its logarithm; shape (n, width) to (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class Utility:
    """The logarithm of the expected improvement of a trial that succeeds and is feasible.

    A trial that fails or is infeasible improves nothing, so the expected improvement is multiplied by the
    chances (Gelbart, Snoek and Adams 2014). Before any trial is feasible there is nothing to improve on,
    and the chances alone count.

    Attributes:
        improvement: the logarithm of the expected improvement at features; None if there is none yet.
        chances: of success, and of meeting each constraint.
    """

    improvement: Callable[[Array], Array] | None
    chances: Sequence[Chance] = ()

    def value(self, features: Array) -> Array:
        """Return the utility; shape (n, width) to (n,)."""
        value = np.zeros(len(features)) if self.improvement is None else self.improvement(features)
        for chance in self.chances:
            value = value + chance.log(features)
        return value


class Inference(NamedTuple):
    """What a model infers for the next trial.

    Attributes:
        utility: what configurations are worth.
        incumbents: points of good trials, best first; shape (n, axes).
    """

    utility: Utility
    incumbents: Array


class TrainingData(NamedTuple):
    """What a model learns from.

    Attributes:
        informative: the number of trials from which something can be learned.
        infer: returns the inference, given a random number generator; None if there is too little data.
    """

    informative: int
    infer: Callable[[np.random.Generator], Inference | None]


class Model(Protocol):
    """A model of the results of trials."""

    def training_data(self, ended: Sequence[Trial], pending: Sequence[Trial]) -> TrainingData:
        """Return what the model learns from trials.

        Args:
            ended: ended trials with their points, in the order of their indices.
            pending: the same of pending trials.
        """
        ...
