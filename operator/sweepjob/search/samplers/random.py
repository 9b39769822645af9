"""The sampler ``random``: independent draws, or by its rule ``sobol`` quasi-random points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...plugins.parameters import Note, ParameterDeclaration
from ..hashing import coordinate, permuted_index
from ..sampler import Observation, Sampler
from ..space import Assignment, Space
from .declaration import SamplerDeclaration
from .distinct import DistinctDraws
from .sobol import MAX_PARAMETERS, SobolSampler


@dataclass(slots=True)
class RandomSampler:
    """Azure's ``random`` with ``rule: random`` (Azure semantics, "Random").

    On a finite space proposals do not repeat, and end when it is exhausted. Where all points are
    equally probable, they follow a random permutation that needs no memory; otherwise repeated draws
    are skipped (``DistinctDraws``).

    Attributes:
        space: the search space.
        seed: the same seed gives the same proposals.
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
        """Return the assignment of trial ``index``; None past the end of a finite space."""
        if self._size is None:
            return self.draw(index)
        if index >= self._size:
            return None
        if self._distinct is not None:
            return self._distinct.at(index)
        return self.space.item(permuted_index(self.seed, index, self._size))

    def draw(self, step: int) -> Assignment:
        """Return an independent draw of every parameter, whatever was drawn before."""
        return self.space.at(lambda path: coordinate(self.seed, step, path))


def _build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    is_sobol = arguments.get("rule") == "sobol"
    return SobolSampler(space, seed) if is_sobol else RandomSampler(space, seed)


def _prepare(space: Space, arguments: Mapping[str, Any], note: Note) -> Space:
    count = sum(1 for _ in space.expressions())
    if arguments.get("rule") == "sobol" and count > MAX_PARAMETERS:
        message = f"sobol has at most {MAX_PARAMETERS} parameters, nested ones included"
        note("searchSpace", count, message)
    return space


DECLARATION = SamplerDeclaration(
    name="random",
    summary="independent draws, or quasi-random ones",
    build=_build,
    prepare=_prepare,
    parameters=(
        ParameterDeclaration(
            "rule",
            "string",
            "Independent draws (random, the default) or quasi-random ones (sobol).",
            default="random",
            values=("random", "sobol"),
        ),
    ),
)
