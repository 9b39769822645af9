"""Quasi-random points, which cover a space more evenly than independent draws: the rule ``sobol``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..hashing import RESOLUTION, hash_bits, unit_midpoint
from ..sampler import Observation
from ..space import Assignment, Path, Space
from .distinct import DistinctDraws

# Bits of a coordinate before scrambling: four billion points. Scrambling adds random bits below.
_BITS = 32
MAX_PARAMETERS = 21_201  # as many dimensions as there are direction numbers for


@dataclass(slots=True)
class SobolSampler:
    """Azure's ``random`` with ``rule: sobol``: a scrambled Sobol sequence.

    It follows Azure semantics, "Sobol". Each expression's quantile function maps a coordinate
    to a value. Every parameter has a dimension of its own, nested ones and choices included; it is read
    when the parameter's branch is chosen. On a finite space, points do not repeat until it is exhausted.
    Dimensions follow the order of the paths, because an API server sorts the keys of the file.

    Sources: Joe and Kuo (2008) for the direction numbers; Matousek (1998) for the scrambling, by a
    random lower triangular matrix over the bits and a digital shift, both drawn from the seed and the
    parameter's path. The scrambling is our own, since scipy's depends on a generator's state.

    Attributes:
        space: the search space.
        seed: the same seed gives the same points.
    """

    space: Space
    seed: int
    _axes: dict[Path, int] = field(init=False)
    _columns: list[list[int]] = field(init=False)
    _shifts: list[int] = field(init=False)
    _distinct: DistinctDraws | None = field(init=False, default=None)
    _engine: Any = None
    _cached: tuple[int, list[float]] | None = None

    uses_observations = False

    def __post_init__(self) -> None:
        paths = sorted((path for path, _ in self.space.expressions()), key=lambda p: [*map(str, p)])
        self._axes = {path: axis for axis, path in enumerate(paths)}
        names = [f"{self.seed}/sobol/{'/'.join(map(str, path))}" for path in paths]
        self._columns = [_scrambling(name) for name in names]
        self._shifts = [hash_bits(f"{name}/shift", RESOLUTION) for name in names]
        size = self.space.size()
        if size is not None:
            self._distinct = DistinctDraws(self.space, size, self.seed, self.draw)

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """Return the index-th distinct point of the sequence; None past the end of a finite space."""
        return self.draw(index) if self._distinct is None else self._distinct.at(index)

    def draw(self, step: int) -> Assignment:
        """Return the configuration at the step-th point of the sequence."""
        point = self.point(step)
        return self.space.at(lambda path: point[self._axes[path]])

    def point(self, step: int) -> list[float]:
        """Return a point of the scrambled sequence: a coordinate in (0, 1) for each parameter."""
        if self._cached is None or self._cached[0] != step:
            plain = self._plain(step) if self._axes else []
            point = [
                unit_midpoint(_scramble(numerator, columns) ^ shift)
                for numerator, columns, shift in zip(
                    plain, self._columns, self._shifts, strict=True
                )
            ]
            self._cached = (step, point)
        return self._cached[1]

    def _plain(self, step: int) -> list[int]:
        """Return the step-th point before scrambling, in units of 2**-32."""
        if self._engine is None:
            from scipy.stats import qmc  # imported on demand: it takes half a second

            self._engine = qmc.Sobol(len(self._axes), scramble=False, bits=_BITS)
        if self._engine.num_generated != step:
            self._engine.reset()
            if step:  # scipy cannot advance by 0
                self._engine.fast_forward(step)
        return [int(x * (1 << _BITS)) for x in self._engine.random(1)[0]]


def _scrambling(name: str) -> list[int]:
    """Return the columns of a random lower triangular matrix over the bits of a coordinate.

    Args:
        name: what the matrix is drawn from.

    Returns:
        for each bit, highest first, the bit itself and random lower ones.
    """
    columns = []
    for position in range(_BITS):
        own = RESOLUTION - 1 - position
        columns.append(1 << own | hash_bits(f"{name}/{position}", own))
    return columns


def _scramble(numerator: int, columns: list[int]) -> int:
    mixed = 0
    for position, column in enumerate(columns):
        if numerator >> (_BITS - 1 - position) & 1:
            mixed ^= column
    return mixed
