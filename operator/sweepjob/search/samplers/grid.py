"""Every combination of the values of choices, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..sampler import Observation
from ..space import Assignment, Space


@dataclass(slots=True)
class GridSampler:
    """Azure's ``grid`` (Azure semantics, "Grid"): the Cartesian product of all
    choices in the order in which they are written, the last one fastest, the branches of a choice
    expanded in place. The seed has no effect. No point is made before it is asked for.

    Raises:
        ValueError: a parameter is not a choice.
    """

    space: Space
    seed: int = 0
    _size: int = field(init=False)

    uses_observations = False

    def __post_init__(self) -> None:
        size = self.space.size()
        if size is None:
            raise ValueError("grid takes choices only")
        self._size = size

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """The index-th combination, None when there are not so many."""
        return self.space.item(index) if index < self._size else None
