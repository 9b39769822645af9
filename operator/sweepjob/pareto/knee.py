"""The knee of a front: the compromise that gains most against the line between its ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .dominance import Member, ordered


def knee(front: Sequence[Member]) -> Member:
    """Return the member with the largest sum of scores, each scaled to 0 to 1 over the front.

    With two objectives it is the member that is farthest beyond the line between the two ends of the
    front. Scaling or shifting an objective does not change it. Ties go to the order of the front.

    Args:
        front: at least one member.
    """
    worst = [min(column) for column in zip(*(m.scores for m in front), strict=True)]
    best = [max(column) for column in zip(*(m.scores for m in front), strict=True)]

    def scaled(member: Member) -> float:
        parts = zip(member.scores, worst, best, strict=True)
        # Halved first: the difference of two large floats may overflow.
        return math.fsum(
            0.0 if low == high else (score / 2 - low / 2) / (high / 2 - low / 2)
            for score, low, high in parts
        )

    return max(ordered(front), key=scaled)
