"""Observations of ended trials for samplers that use them; stopped ones have an extrapolated score."""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from ..search.sampler import Observation
from .curve import Curve

# Scores are extrapolated once MIN_FULL_TRIALS trials have run to their end, from at most
# MAX_FULL_TRIALS of the newest ones.
MIN_FULL_TRIALS, MAX_FULL_TRIALS = 3, 200


@dataclass(frozen=True, slots=True)
class BestSoFarTrace:
    """The improvements of a trial's best score until its end.

    Attributes:
        intervals: at which reports the best score improved, starting with the first finite report.
        bests: the best score after each of these reports. The last one is the trial's score.
    """

    intervals: array[int]
    bests: array[float]

    @classmethod
    def of(cls, curve: Curve) -> BestSoFarTrace:
        """Return the trace of a curve that has a finite report."""
        improvements = list(_improvements(curve))
        intervals = array("q", (interval for interval, _ in improvements))
        return cls(intervals, array("d", (best for _, best in improvements)))


def _improvements(curve: Curve) -> Iterator[tuple[int, float]]:
    thinned = ((report.interval, report.best) for report in curve.thinned)
    # The last values may have come by a sidecar's termination message, without a report of their own.
    points = chain(enumerate(curve.running_bests(), 1), thinned, [(curve.count, curve.score)])
    highest = float("-inf")
    for interval, best in points:
        if best > highest:
            highest = best
            yield interval, best


def median_gains(traces: Iterable[BestSoFarTrace], intervals: Sequence[int]) -> list[float]:
    """Return how much the best score still improved after each of some intervals.

    Args:
        traces: the traces of trials that ran to completion; at least one.
        intervals: numbers of reports; shape (n,). After a trial's end its gain is 0.

    Returns:
        the median over the traces; shape (n,), in units of the metric.
    """
    import numpy as np  # only samplers that use observations get here, and those have loaded it

    gains = []
    with np.errstate(over="ignore"):  # of scores around 10^308
        for trace in traces:
            bests = np.asarray(trace.bests)
            step = np.searchsorted(np.asarray(trace.intervals), intervals, side="right") - 1
            gains.append(bests[-1] - bests[np.maximum(step, 0)])
        medians: list[float] = np.median(gains, axis=0).tolist()
    return medians


@dataclass(slots=True)
class ObservationHistory:
    """The observations of all trials that have ended.

    A trial that was stopped early gets the score it would have reached if, from its last report on, it
    had gained the median of what trials that ran to their end gained. The estimate is never below the
    trial's own best nor above the best of those trials. It does not depend on the order in which
    trials ended.
    """

    _ended: list[Observation] = field(default_factory=list)
    # The number of reports of each stopped trial, by its position in ``_ended``.
    _stopped_reports: dict[int, int] = field(default_factory=dict)
    # Traces of trials that ran to their end, by the trial's number.
    _full_traces: list[tuple[int, BestSoFarTrace]] = field(default_factory=list)
    _estimated: list[Observation] | None = None

    def add(self, observation: Observation) -> None:
        """Add a trial with its own score: it failed, or a person ended it."""
        self._ended.append(observation)
        self._estimated = None

    def add_full(self, observation: Observation, number: int, curve: Curve) -> None:
        """Add a trial that ran to its end.

        Args:
            observation: the trial with its score.
            number: orders trials; below zero for trials of other sweeps.
            curve: its reports.
        """
        self.add(observation)
        if curve.best is not None and curve.previous_best is None:
            entry = (number, BestSoFarTrace.of(curve))
            insort(self._full_traces, entry, key=lambda found: found[0])
            del self._full_traces[:-MAX_FULL_TRIALS]

    def add_stopped(self, observation: Observation, curve: Curve) -> None:
        """Add a trial that was stopped early.

        Args:
            observation: the trial with the best score it reported.
            curve: its reports.
        """
        # With a best value of earlier pods, the number of reports does not say how far it came.
        if curve.best is not None and curve.previous_best is None:
            self._stopped_reports[len(self._ended)] = curve.count
        self.add(observation)

    def observations(self) -> list[Observation]:
        """Return all observations, those of stopped trials with their estimated scores."""
        if self._estimated is None:
            enough = len(self._full_traces) >= MIN_FULL_TRIALS
            self._estimated = self._estimate() if enough else self._ended
        return self._estimated

    def estimates(self, paused: Iterable[tuple[Observation, Curve]]) -> list[Observation]:
        """Return the observations of trials that have not ended, as if they had been stopped.

        Args:
            paused: each trial with the best score it reported, and its reports.
        """
        found = list(paused)
        if len(self._full_traces) < MIN_FULL_TRIALS or not found:
            return [observation for observation, _ in found]
        traces = [trace for _, trace in self._full_traces]
        highest = max(trace.bests[-1] for trace in traces)
        gains = median_gains(traces, [curve.count for _, curve in found])
        made = []
        for (observation, _), gain in zip(found, gains, strict=True):
            assert observation.score is not None
            likely = max(observation.score, min(observation.score + gain, highest))
            made.append(replace(observation, score=likely))
        return made

    def _estimate(self) -> list[Observation]:
        traces = [trace for _, trace in self._full_traces]
        highest = max(trace.bests[-1] for trace in traces)
        intervals = sorted(set(self._stopped_reports.values()))
        gain = dict(zip(intervals, median_gains(traces, intervals), strict=True))
        estimated = self._ended.copy()
        for position, interval in self._stopped_reports.items():
            score = self._ended[position].score
            assert score is not None
            likely = max(score, min(score + gain[interval], highest))
            estimated[position] = replace(self._ended[position], score=likely)
        return estimated
