"""Pareto dominance, and the part of the space of scores that no trial dominates."""

from __future__ import annotations

import math

import numpy as np

from .arrays import Array

Corner = tuple[float, ...]
Box = tuple[Corner, Corner]  # the lower and the upper corner
# Rows that are compared with all others at once: bounds the memory.
_ROWS = 256


def dominators(scores: Array) -> Array:
    """Return how many others dominate each: are at least as good in all objectives, and better in one.

    Args:
        scores: larger is better; shape (n, objectives).

    Returns:
        0 for the Pareto set; integers, shape (n,).
    """
    found = np.zeros(len(scores), dtype=int)
    for start in range(0, len(scores), _ROWS):
        rows = scores[start : start + _ROWS]
        shape = (len(rows), len(scores))
        as_good, better = np.ones(shape, dtype=bool), np.zeros(shape, dtype=bool)
        for own, others in zip(rows.T, scores.T, strict=True):
            as_good &= others >= own[:, None]
            better |= others > own[:, None]
        found[start : start + _ROWS] = (as_good & better).sum(1)
    return found


def compromises(front: Array, tolerance: float) -> Array:
    """Return the points of a front that are compromises: no other one nearly dominates them.

    A point that is best in one objective by a hair, and far behind in another, is on the front and of no
    use. Another one nearly dominates it: is behind by the tolerance at most in all objectives, and ahead
    by three times as much in one.

    Sources: Ishibuchi et al. (2020), dominance-resistant solutions; Laumanns et al. (2002), epsilon
    dominance.

    Args:
        front: shape (n, objectives), at least one.
        tolerance: in units of scores.

    Returns:
        shape (m, objectives), at least one.
    """
    ahead = front[None, :, :] - front[:, None, :]
    is_close, is_ahead = (ahead >= -tolerance).all(axis=2), (ahead >= 3.0 * tolerance).any(axis=2)
    kept = ~np.asarray(is_close & is_ahead).any(axis=1)
    found: Array = front[kept] if kept.any() else front
    return found


def spread_out(front: Array, most: int) -> Array:
    """Return at most so many points of a front, each as far as possible from those before it.

    What is left out is near to what is kept, so the two dominate nearly the same volume.

    Args:
        front: shape (n, objectives).
        most: the number of points to keep.

    Returns:
        shape (min(n, most), objectives).
    """
    if len(front) <= most:
        return front
    width = front.max(0) - front.min(0)
    scaled = front / np.where(width > 0, width, 1.0)
    kept = [int(scaled[:, 0].argmax())]
    distances = np.full(len(front), math.inf)
    while len(kept) < most:
        distances = np.minimum(distances, np.abs(scaled - scaled[kept[-1]]).max(1))
        kept.append(int(distances.argmax()))
    found: Array = front[kept]
    return found


def non_dominated_boxes(front: Array, reference: Array) -> tuple[Array, Array]:
    """Return disjoint boxes that cover what exceeds the reference and is not dominated.

    The space is cut at the value of each point in the last objective. Between two cuts, the rest is a
    decomposition of one objective less, by the points above. A box that stays the same from one slice to
    the next is not cut.

    Args:
        front: scores; shape (n, objectives).
        reference: what a score has to exceed; shape (objectives,).

    Returns:
        the lower and the upper corners, both of shape (boxes, objectives).
    """
    points = sorted({tuple(point) for point in np.maximum(front, reference).tolist()})
    boxes = _boxes(points, tuple(reference.tolist()))
    lower, upper = (np.array(corners) for corners in zip(*boxes, strict=True))
    return lower, upper


def _boxes(points: list[Corner], reference: Corner) -> list[Box]:
    if len(reference) == 2:
        return _strips(points, reference)
    done, left = list[Box](), dict[Box, float]()
    above, top = list[Corner](), math.inf
    for level in [*sorted({point[-1] for point in points}, reverse=True), reference[-1]]:
        current = dict.fromkeys(_boxes([point[:-1] for point in above], reference[:-1]), top)
        ended = [box for box in left if box not in current]
        done += [_extended(box, top, left.pop(box)) for box in ended]
        left = current | left
        above, top = [point for point in points if point[-1] >= level], level
    return done + [_extended(box, top, upper) for box, upper in left.items()]


def _extended(box: Box, low: float, high: float) -> Box:
    return (*box[0], low), (*box[1], high)


def _strips(points: list[Corner], reference: Corner) -> list[Box]:
    """Return the boxes of two objectives, one above each step of the front."""
    found, right, height = list[Box](), math.inf, reference[1]
    for first, second in sorted(points, reverse=True):
        if second > height:
            if first < right:
                found.append(((first, height), (right, math.inf)))
            right, height = first, second
    if reference[0] < right:
        found.append(((reference[0], height), (right, math.inf)))
    return found
