"""The reports of a trial's primary metric: all of them up to a limit, then thinned."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .objective import Goal

# Values kept at most; past it every second one goes. 1,000 values are about 20 KB of text.
KEPT = 1000


@dataclass(slots=True)
class Curve:
    """A trial's reports, and what never needs recounting.

    Attributes:
        goal: which values are better.
        count: number of reports; report n is interval n.
        values: the reports at intervals ``stride``, 2 ``stride``, ...
        bests: the running best at the same intervals, exact whatever was thinned out.
        stride: 1 until there are more than KEPT reports, then a power of two.
        best: the best finite value, None before there is one.
        best_interval: where it was reported first.
        last: the newest report.
    """

    goal: Goal
    count: int = 0
    values: list[float] = field(default_factory=list)
    bests: list[float] = field(default_factory=list)
    stride: int = 1
    best: float | None = None
    best_interval: int = 0
    last: float | None = None

    def append(self, value: float) -> None:
        """Add report ``count`` + 1."""
        self.count += 1
        self.last = value
        if math.isfinite(value) and self.goal.score(value) > self.score:
            self.best, self.best_interval = value, self.count
        if self.count % self.stride == 0:
            self.values.append(value)
            self.bests.append(math.nan if self.best is None else self.best)
        if len(self.values) > KEPT:
            self.stride *= 2
            self.values = self.values[1::2]
            self.bests = self.bests[1::2]

    @property
    def score(self) -> float:
        """The best so far as a score; minus infinity before any finite report."""
        return -math.inf if self.best is None else self.goal.score(self.best)
