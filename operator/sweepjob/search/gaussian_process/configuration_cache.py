"""What is known of every trial, looked up once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..sampler import Observation
from ..space import Assignment, canonical
from .encoding import Encoding


class Entry(NamedTuple):
    """A configuration: its text, for telling repetitions, and its point, None if of another space."""

    text: str
    point: list[float] | None


@dataclass(slots=True)
class ConfigurationCache:
    """Remembers the entries of configurations it has seen, so that thousands of trials cost nothing
    to be given again. Forgetting them would change nothing but the time.
    """

    encoding: Encoding
    _entries: dict[int, tuple[Assignment, Entry]] = field(default_factory=dict)

    def entry(self, parameters: Assignment) -> Entry:
        """The entry of a configuration, by the identity of the object, which is kept."""
        known = self._entries.get(id(parameters))
        if known is None:
            entry = Entry(canonical(parameters), self.encoding.point(parameters))
            known = self._entries[id(parameters)] = (parameters, entry)
        return known[1]

    def entries(self, trials: Iterable[Observation]) -> list[tuple[Observation, list[float]]]:
        """The trials that are of this space, with their points."""
        found = ((trial, self.entry(trial.parameters).point) for trial in trials)
        return [(trial, point) for trial, point in found if point is not None]
