"""A cache of what is computed once for every configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from ..sampler import Observation
from ..space import Assignment, canonical
from .arrays import Array
from .encoding import Encoding

Trial: TypeAlias = tuple[Observation, list[float]]  # and its point


class Entry(NamedTuple):
    """A configuration's canonical text and its point; the point is None outside the space."""

    text: str
    point: list[float] | None


@dataclass(slots=True)
class ConfigurationCache:
    """Caches the entries of configurations, so that thousands of observations can be passed each time.

    The cache affects nothing but the time.

    Attributes:
        encoding: the encoding of the space.
    """

    encoding: Encoding
    _entries: dict[int, tuple[Assignment, Entry]] = field(default_factory=dict)

    def entry(self, parameters: Assignment) -> Entry:
        """Return the entry of a configuration, cached by the identity of the object."""
        known = self._entries.get(id(parameters))
        if known is None:
            entry = Entry(canonical(parameters), self.encoding.point(parameters))
            known = self._entries[id(parameters)] = (parameters, entry)
        return known[1]

    def entries(self, trials: Iterable[Observation]) -> list[Trial]:
        """Return the trials inside the space, with their points."""
        found = ((trial, self.entry(trial.parameters).point) for trial in trials)
        return [(trial, point) for trial, point in found if point is not None]


def points_of(trials: Sequence[Trial], axes: int) -> Array:
    """Return the points of trials; shape (n, axes)."""
    return np.array([point for _, point in trials]).reshape(len(trials), axes)
