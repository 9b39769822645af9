"""The hypervolume of a front: what it dominates, up to a reference point.

Written by hand: of our dependencies none has it, and fronts of sweeps are small.
"""

from __future__ import annotations

from collections.abc import Iterable

from .dominance import Scores, dominates


def hypervolume(points: Iterable[Scores], reference: Scores) -> float:
    """Return the volume that points dominate, bounded by a reference point.

    Slices along the last objective (While et al. 2006, "HSO"). Points that do not exceed the reference
    in all objectives add nothing.

    Args:
        points: scores, larger is better; each of shape (d,).
        reference: the lower corner; shape (d,).
    """
    above = {p for p in points if all(a > b for a, b in zip(p, reference, strict=True))}
    return _volume(list(above), reference)


def _volume(points: list[Scores], reference: Scores) -> float:
    if not points:
        return 0.0
    if len(reference) == 1:
        return max(point[0] for point in points) - reference[0]
    points = sorted(points, key=lambda point: -point[-1])
    levels = [*(point[-1] for point in points[1:]), reference[-1]]
    total, slice_points = 0.0, list[Scores]()
    for point, below in zip(points, levels, strict=True):
        front = point[:-1]
        if not any(known == front or dominates(known, front) for known in slice_points):
            slice_points = [k for k in slice_points if not dominates(front, k)] + [front]
        if point[-1] > below:
            total += (point[-1] - below) * _volume(slice_points, reference[:-1])
    return total


def worst_corner(points: Iterable[Scores]) -> Scores:
    """Return the worst score of each objective, a reference point that depends on the points alone.

    Args:
        points: at least one.
    """
    return tuple(map(min, zip(*points, strict=True)))
