"""The volume that points dominate, all minimised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Point = tuple[float, ...]


def hypervolume(points: Iterable[Sequence[float]], reference: Sequence[float]) -> float:
    """The volume between the reference and the points that are below it in every objective."""
    inside = [
        tuple(point)
        for point in points
        if all(value < limit for value, limit in zip(point, reference, strict=True))
    ]
    return _volume(inside, tuple(reference))


def _volume(points: list[Point], reference: Point) -> float:
    if not points:
        return 0.0
    if len(reference) == 2:
        return _area(points, reference)
    # Slices along the last objective: each as thick as the way to the next point.
    ordered = sorted(points, key=lambda point: point[-1])
    total, below = 0.0, list[Point]()
    for number, point in enumerate(ordered):
        if not any(all(a <= b for a, b in zip(one, point, strict=False)) for one in below):
            below.append(point[:-1])
        end = ordered[number + 1][-1] if number + 1 < len(ordered) else reference[-1]
        total += (end - point[-1]) * _volume(below, reference[:-1]) if end > point[-1] else 0.0
    return total


def _area(points: list[Point], reference: Point) -> float:
    """Strips below each step, from the left."""
    total, height = 0.0, reference[1]
    for first, second in sorted(points):
        if second < height:
            total += (reference[0] - first) * (height - second)
            height = second
    return total
