"""What ended trials show a sampler that learns: one that was stopped, by what it was on its way to."""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from ..search.sampler import Observation
from .curve import Curve

# Nothing is expected of a stopped trial before so many have run to their end; of more than MOST of those
# the newest count.
FEWEST, MOST = 3, 200


@dataclass(frozen=True, slots=True)
class BestSoFarTrace:
    """How the best of a trial rose until its end.

    Attributes:
        intervals: where it did; the first is that of the first finite report.
        bests: the best score from there on; the last is the trial's.
    """

    intervals: array[int]
    bests: array[float]

    @classmethod
    def of(cls, curve: Curve) -> BestSoFarTrace:
        """That of a curve with any finite report."""
        rises = list(_rises(curve))
        return cls(array("q", (n for n, _ in rises)), array("d", (best for _, best in rises)))


def _rises(curve: Curve) -> Iterator[tuple[int, float]]:
    later = ((point.interval, point.best) for point in curve.later)
    # The last ones may have come by way of a sidecar's last words, without a report of their own.
    points = chain(enumerate(curve.bests(), 1), later, [(curve.count, curve.score)])
    highest = float("-inf")
    for interval, best in points:
        if best > highest:
            highest = best
            yield interval, best


def gains(courses: Iterable[BestSoFarTrace], intervals: Sequence[int]) -> list[float]:
    """How much the best still rose after each of some intervals: the median over trials that ran to
    their end, of which there is at least one. After such an end it does not rise.
    """
    import numpy as np  # by samplers that learn only, and those have loaded it

    rest = []
    with np.errstate(over="ignore"):  # of scores around 10^308
        for course in courses:
            bests = np.asarray(course.bests)
            step = np.searchsorted(np.asarray(course.intervals), intervals, side="right") - 1
            rest.append(bests[-1] - bests[np.maximum(step, 0)])
        found: list[float] = np.median(rest, axis=0).tolist()
    return found


@dataclass(slots=True)
class CurveExtrapolation:
    """The observations of all trials that have ended.

    A trial that was stopped early is taken for what it would have come to if, from its last report on,
    it had gained what trials that ran to their end did, in the median; never for less than it had, nor
    for more than the best of them. It is the same in whatever order trials have ended.
    """

    _ended: list[Observation] = field(default_factory=list)
    # Of stopped ones, by their place among the ended ones: the number of reports.
    _stopped: dict[int, int] = field(default_factory=dict)
    # By the trial's number.
    _full: list[tuple[int, BestSoFarTrace]] = field(default_factory=list)
    _expected: list[Observation] | None = None

    def add(self, seen: Observation) -> None:
        """A trial that is taken as it stood: it failed, or somebody ended it."""
        self._ended.append(seen)
        self._expected = None

    def add_full(self, seen: Observation, number: int, curve: Curve) -> None:
        """A trial that ran to its end. Numbers order trials; of other sweeps' they are below zero."""
        self.add(seen)
        if curve.best is not None and curve.carried is None:
            insort(self._full, (number, BestSoFarTrace.of(curve)), key=lambda entry: entry[0])
            del self._full[:-MOST]

    def add_stopped(self, seen: Observation, curve: Curve) -> None:
        """A trial that was stopped early."""
        # With what pods before brought along, the number of reports says not how far it came.
        if curve.best is not None and curve.carried is None:
            self._stopped[len(self._ended)] = curve.count
        self.add(seen)

    def observations(self) -> list[Observation]:
        """All of them, stopped ones by what is expected of them."""
        if self._expected is None:
            self._expected = self._expect() if len(self._full) >= FEWEST else self._ended
        return self._expected

    def _expect(self) -> list[Observation]:
        courses = [course for _, course in self._full]
        highest = max(course.bests[-1] for course in courses)
        intervals = sorted(set(self._stopped.values()))
        gain = dict(zip(intervals, gains(courses, intervals), strict=True))
        expected = self._ended.copy()
        for place, interval in self._stopped.items():
            score = self._ended[place].score
            assert score is not None
            likely = max(score, min(score + gain[interval], highest))
            expected[place] = replace(self._ended[place], score=likely)
        return expected
