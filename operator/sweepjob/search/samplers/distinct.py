"""A sequence of draws without its repetitions, to the last point of a finite space."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from ..hashing import permuted
from ..space import Assignment, Space, canonical

# After so many repetitions in a row, the draws have as good as nothing new to give.
_PATIENCE = 100


@dataclass(slots=True)
class DistinctDraws:
    """The draws 0, 1, 2, ... of ``draw``, each assignment when it comes first.

    What is left keeps its distribution, until a hundred draws in a row have nothing new; then what
    they left out follows in the order of a random permutation, so that even the least probable
    point is proposed before the space counts as exhausted. Nothing is enumerated before.
    Remembered are a step and a hash of 8 bytes for each proposal.

    Attributes:
        space: a finite space of ``size`` points.
        seed: of the permutation.
        draw: the assignment of a step; the same at every call.
    """

    space: Space
    size: int
    seed: int
    draw: Callable[[int], Assignment]
    # Where each proposal came from: a step of the draws, or -1 - n for the permutation's n-th.
    _origins: array[int] = field(default_factory=lambda: array("q"))
    _seen: set[int] = field(default_factory=set)
    _step: int = 0
    _cursor: int = -1  # below 0: the draws still go on

    def at(self, index: int) -> Assignment | None:
        """The assignment of that index, from 0; None when there are not so many."""
        while len(self._origins) <= index:
            if not (self._draw_next() or self._take_next()):
                return None
        return self._assignment(self._origins[index])

    def _assignment(self, origin: int) -> Assignment:
        if origin >= 0:
            return self.draw(origin)
        return self.space.item(permuted(self.seed, -1 - origin, self.size))

    def _draw_next(self) -> bool:
        if self._cursor >= 0:
            return False
        for _ in range(_PATIENCE):
            self._step += 1
            if self._keep(self._step - 1):
                return True
        self._cursor = 0
        return False

    def _take_next(self) -> bool:
        while self._cursor < self.size:
            self._cursor += 1
            if self._keep(-self._cursor):
                return True
        return False

    def _keep(self, origin: int) -> bool:
        text = canonical(self._assignment(origin))
        key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
        if key in self._seen:
            return False
        self._seen.add(key)
        self._origins.append(origin)
        return True
