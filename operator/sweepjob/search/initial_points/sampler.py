"""A sampler that proposes a user's initial points before its own proposals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..hashing import coordinate, permuted_index
from ..sampler import Observation, Sampler
from ..space import Assignment, Path, Space, canonical
from .point import InitialPoint
from .reservations import Reservations, reserve


@dataclass(slots=True)
class InitialPointsSampler:
    """Any sampler, with initial points in the place of its first proposals.

    A point that leaves parameters out gets them from the proposal that it replaces. In a branch that
    the proposal does not choose, they are drawn from the seed and the index.

    A finite space is searched exactly once. Where the sampler comes to a configuration that was an
    initial point, one of the proposals that the points replaced takes its place. Each index can be
    proposed without those between the points and itself.

    Attributes:
        sampler: proposes what the points leave open, and everything after them.
        space: the search space.
        seed: of the sampler.
        points: the points, none of them equal to another one.
    """

    sampler: Sampler
    space: Space
    seed: int
    points: Sequence[InitialPoint]
    _reservations: Reservations = field(init=False)
    # Of a finite space, for samplers that use no observations: the proposals by the configurations that
    # they take the place of, once they are known.
    _replacements: dict[str, Assignment] | None = field(init=False, default=None)
    _completed: list[Assignment] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._reservations = reserve(self.points, self.seed)

    @property
    def uses_observations(self) -> bool:
        """Whether proposals depend on ``observations``."""
        return self.sampler.uses_observations

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """Return the configuration of a trial.

        Args:
            index: the trial's index, from 0.
            observations: observations of trials of this sweep and of others.

        Returns:
            the configuration; None when the space is exhausted.
        """
        if self.uses_observations:
            return self._propose_from(index, observations)
        if index < len(self.points):
            return self._points_up_to(index)[index]
        found = self.sampler.propose(index, observations)
        if found is None or self.space.size() is None:
            return found
        return self._replacement(found)

    def _propose_from(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        size = self.space.size()
        if index >= len(self.points) and size is None:
            return self.sampler.propose(index, observations)
        own = (trial.parameters for trial in observations if trial.index is not None)
        taken = {canonical(parameters) for parameters in own}
        if index < len(self.points):
            return self._point(index, observations, taken)
        found = self.sampler.propose(index, observations)
        if found is None or size is None or canonical(found) not in taken:
            return found
        # A sampler of a plug-in may avoid its own proposals only.
        return _first_new(self.space, size, self.seed, taken)

    def _points_up_to(self, index: int) -> list[Assignment]:
        while len(self._completed) <= index:
            taken = {canonical(one) for one in self._completed}
            self._completed.append(self._point(len(self._completed), (), taken))
        return self._completed

    def _point(
        self, index: int, observations: Sequence[Observation], taken: set[str]
    ) -> Assignment:
        point = self.points[index]
        if (configuration := point.configuration) is not None:
            return configuration
        proposal = self.sampler.propose(index, observations)

        def draw(path: Path) -> float:
            return coordinate(self.seed, index, ("initialPoints", *path))

        found = point.space.at(draw) if proposal is None else point.complete(proposal, draw)
        text, size = canonical(found), point.space.size()
        is_new = text not in taken and self._reservations.owners.get(text, index) == index
        if size is None or is_new:
            return found
        if (reserved := self._reservations.configurations.get(index)) is not None:
            return reserved
        return (
            _first_new(point.space, size, self.seed, taken | {*self._reservations.owners}) or found
        )

    def _replacement(self, found: Assignment) -> Assignment:
        """Return a proposal, or what takes its place because it was an initial point."""
        if self._replacements is None:
            count = len(self.points)
            tried = [canonical(one) for one in self._points_up_to(count - 1)]
            replaced = _by_text(self.sampler.propose(index, ()) for index in range(count))
            late = [text for text in tried if text not in replaced]
            left = [one for text, one in replaced.items() if text not in {*tried}]
            self._replacements = dict(zip(late, left, strict=False))
        return self._replacements.get(canonical(found), found)


def _by_text(found: Iterable[Assignment | None]) -> dict[str, Assignment]:
    return {canonical(one): one for one in found if one is not None}


def _first_new(space: Space, size: int, seed: int, taken: set[str]) -> Assignment | None:
    """Return the first configuration, in a random order, that is not taken; None if all are."""
    items = (space.item(permuted_index(seed, rank, size)) for rank in range(size))
    return next((item for item in items if canonical(item) not in taken), None)
