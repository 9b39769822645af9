"""Reserves a configuration for each initial point of which there are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..hashing import permuted_index
from ..space import Assignment, canonical
from .point import InitialPoint


@dataclass(frozen=True, slots=True)
class Reservations:
    """Configurations that only one point may take.

    Attributes:
        configurations: by the position of the point.
        owners: the positions, by the text of the configuration.
        unplaced: positions of points that get none, because others need all of theirs.
    """

    configurations: Mapping[int, Assignment]
    owners: Mapping[str, int]
    unplaced: tuple[int, ...]


def reserve(points: Sequence[InitialPoint], seed: int) -> Reservations:
    """Reserve configurations, so that every point can be completed whatever the others become.

    A point with at least twice as many configurations as there are points needs none: each other point
    takes one away, and reserves one. For the others it is a matching in a bipartite graph, by
    augmenting paths.

    Args:
        points: the points.
        seed: of the order in which a point prefers its configurations.
    """
    options = [_options(point, 2 * len(points), seed) for point in points]
    owners: dict[str, int] = {}

    def place(position: int, seen: set[str]) -> bool:
        for text in options[position]:
            if text not in seen:
                seen.add(text)
                if text not in owners or place(owners[text], seen):
                    owners[text] = position
                    return True
        return False

    # Points without a choice first.
    ordered = sorted((n for n, found in enumerate(options) if found), key=lambda n: len(options[n]))
    unplaced = tuple(position for position in ordered if not place(position, set()))
    placed = {position: options[position][text] for text, position in owners.items()}
    return Reservations(placed, owners, unplaced)


def _options(point: InitialPoint, most: int, seed: int) -> dict[str, Assignment]:
    """Return the configurations of a point by their texts; none if there are many."""
    size = point.space.size()
    if size is None or size >= most:
        return {}
    items = (point.space.item(permuted_index(seed, rank, size)) for rank in range(size))
    return {canonical(item): item for item in items}
