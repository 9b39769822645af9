"""Independent draws from every expression; without repetition where the space is finite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..hashing import coordinate, permuted
from ..sampler import Observation
from ..space import Assignment, Space
from .distinct import DistinctDraws


@dataclass(slots=True)
class RandomSampler:
    """Azure's ``random`` with ``rule: random`` (Azure semantics, "Random").

    On a finite space proposals are without repetition, and end when it is exhausted. Where all its
    points are equally probable they are a random permutation of the points, made without memory;
    otherwise repeated draws are left out (see DistinctDraws).
    """

    space: Space
    seed: int
    _size: int | None = field(init=False)
    _distinct: DistinctDraws | None = field(init=False, default=None)

    uses_observations = False

    def __post_init__(self) -> None:
        self._size = self.space.size()
        if self._size is not None and not self.space.even():
            self._distinct = DistinctDraws(self.space, self._size, self.seed, self.draw)

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """The assignment of trial ``index``, None past the end of a finite space."""
        if self._size is None:
            return self.draw(index)
        if index >= self._size:
            return None
        if self._distinct is not None:
            return self._distinct.at(index)
        return self.space.item(permuted(self.seed, index, self._size))

    def draw(self, step: int) -> Assignment:
        """An independent draw of every parameter, whatever was drawn before."""
        return self.space.at(lambda path: coordinate(self.seed, step, path))
