"""A sequence of draws without repetitions, to the last point of a finite space."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from ..hashing import permuted_index
from ..space import Assignment, Space, canonical

# After this many repetitions in a row, the remaining points are listed instead of drawn.
_ATTEMPTS = 100


@dataclass(slots=True)
class DistinctDraws:
    """The draws 0, 1, 2, ... of ``draw`` without repetitions.

    The draws keep their distribution until a hundred in a row are repetitions. Then the points that
    are left follow in the order of a random permutation, so that even the least probable point is
    proposed before the space is exhausted. The space is not enumerated beforehand. Each proposal takes a
    step number and a hash of 8 bytes in memory.

    Attributes:
        space: a finite space.
        size: the number of its points.
        seed: the seed of the permutation.
        draw: the configuration of a step; the same at every call.
    """

    space: Space
    size: int
    seed: int
    draw: Callable[[int], Assignment]
    # The origin of each proposal: a step of the draws, or -1 - n for the permutation's n-th entry.
    _origins: array[int] = field(default_factory=lambda: array("q"))
    _seen: set[int] = field(default_factory=set)
    _step: int = 0
    _cursor: int = -1  # the next entry of the permutation; below 0 before that is used

    def at(self, index: int) -> Assignment | None:
        """Return the index-th configuration, from 0; None past the end of the space."""
        while len(self._origins) <= index:
            if not (self._draw_next() or self._list_next()):
                return None
        return self._assignment(self._origins[index])

    def _assignment(self, origin: int) -> Assignment:
        if origin >= 0:
            return self.draw(origin)
        return self.space.item(permuted_index(self.seed, -1 - origin, self.size))

    def _draw_next(self) -> bool:
        if self._cursor >= 0:
            return False
        for _ in range(_ATTEMPTS):
            self._step += 1
            if self._add_if_new(self._step - 1):
                return True
        self._cursor = 0
        return False

    def _list_next(self) -> bool:
        while self._cursor < self.size:
            self._cursor += 1
            if self._add_if_new(-self._cursor):
                return True
        return False

    def _add_if_new(self, origin: int) -> bool:
        text = canonical(self._assignment(origin))
        key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        if key in self._seen:
            return False
        self._seen.add(key)
        self._origins.append(origin)
        return True
