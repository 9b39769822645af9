"""Independent draws from every expression; without repetition where the space is finite."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..space import Assignment, Space
from ..space.tree import Path, canonical
from .interface import Observation

_RESOLUTION = 53  # bits of a double's mantissa


def coordinate(seed: int, index: int, attempt: int, path: Path) -> float:
    """A number uniform on the open unit interval, the same on every machine.

    It is a hash of its arguments rather than the next output of a generator: any proposal can be
    made without those before it, and a parameter's draws do not change when another is added.
    """
    text = f"{seed}/{index}/{attempt}/{'/'.join(map(str, path))}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "big") >> (64 - _RESOLUTION)) + 0.5) / (1 << _RESOLUTION)


@dataclass(slots=True)
class RandomSampler:
    """Azure's ``random`` with ``rule: random`` (semantics, section 3).

    On a finite space a draw that was proposed before is drawn again, so proposals are without
    repetition and keep their distribution among what is left; when everything was proposed there is
    no further proposal. Remembered are 16 bytes for each proposal of a finite space.
    """

    space: Space
    seed: int
    _proposed: list[Assignment] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)

    learns = False

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        size = self.space.size()
        if size is None:
            return self._draw(index, 0)
        if index >= size:
            return None
        while len(self._proposed) <= index:
            drawn = self._draw_unseen(len(self._proposed), size)
            if drawn is None:
                return None
            self._proposed.append(drawn)
        return self._proposed[index]

    def _draw(self, index: int, attempt: int) -> Assignment:
        # u is in the open interval by construction, but 1 - 2**-54 rounds to 1.
        below_one = 1 - 2.0**-_RESOLUTION
        return self.space.at(lambda p: min(coordinate(self.seed, index, attempt, p), below_one))

    def _draw_unseen(self, index: int, size: int) -> Assignment | None:
        # A uniform space needs size / left draws on average. A space that still gives nothing new
        # after a hundred times that many has fewer different points than its size says (a value
        # listed twice), and is exhausted.
        left = size - len(self._seen)
        for attempt in range(1000 + 100 * size // left):
            drawn = self._draw(index, attempt)
            key = hashlib.blake2b(canonical(drawn).encode(), digest_size=16).digest()
            if key not in self._seen:
                self._seen.add(key)
                return drawn
        return None
