"""Selects the run whose scalars are the primary metric, where several TensorBoard runs have its tag.

A run is the folder of the event files relative to the log directory, as in TensorBoard. The metric's name
is a tag, or run and tag: ``validation/epoch_accuracy``. A curve is of one run only. The first run by the
rules below is selected for good, and a notice lists what else could have been meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

# How the metric's name matches. A tag may contain slashes.
_AS_TAG, _AS_RUN_AND_TAG, _AS_END_OF_RUN_AND_TAG = range(3)
# The precedence of runs: the log directory itself, then by a word in the folder's name, then others.
_ROOT = 0
_WORDS = {
    **dict.fromkeys(("validation", "valid", "val", "dev"), 1),
    **dict.fromkeys(("evaluation", "eval"), 2),
    **dict.fromkeys(("test", "testing", "holdout"), 3),
    **dict.fromkeys(("train", "training", "fit"), 5),
}
_OTHER, _TRAINING, _COPY = 4, 5, 6
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_LATE = (
    10.0  # seconds that training waits for a run with precedence that has not logged the tag yet
)
_LISTED = 5  # runs in a message


@dataclass(frozen=True, slots=True)
class Series:
    """The scalars of one tag in one run.

    Attributes:
        run: empty for the log directory itself.
        tag: the tag of the scalars.
        is_copy: ``add_hparams`` repeated them in a folder of its own; ``run`` is the original run.
    """

    run: str
    tag: str
    is_copy: bool = False

    @property
    def name(self) -> str:
        """Its name in ``objective.primaryMetric``."""
        return f"{self.run}/{self.tag}" if self.run else self.tag

    def __str__(self) -> str:
        return f"tag '{self.tag}' of run '{self.run or '.'}'"


class ScalarAction(Enum):
    """What to do with a scalar of the primary metric."""

    REPORT = "report"
    HOLD = "hold"  # read it again later, and nothing after it
    IGNORE = "ignore"


@lru_cache(16_384)
def run_precedence(run: str) -> int:
    """Return the rank of a run; a smaller one has precedence."""
    if not run:
        return _ROOT
    for folder in reversed(run.split("/")):
        places = {_WORDS[word] for word in _SEPARATORS.split(folder.lower()) if word in _WORDS}
        if places:
            return places.pop() if len(places) == 1 else _OTHER
    return _OTHER


def match_metric(metric: str, run: str, tag: str) -> int | None:
    """Return how a metric's name matches a tag of a run, the best match; None when it does not.

    It may have only the last folders of the run, since the ones before often are timestamps.

    Args:
        metric: the primary metric.
        run: the run's folder.
        tag: the tag of the scalars.
    """
    if tag == metric:
        return _AS_TAG
    if not run or len(metric) <= len(tag):
        return None
    name = f"{run}/{tag}"
    if name == metric:
        return _AS_RUN_AND_TAG
    return _AS_END_OF_RUN_AND_TAG if name.endswith(f"/{metric}") else None


@lru_cache(16_384)
def may_refer_to_run(metric: str, run: str) -> bool:
    """Return whether a metric's name may consist of this run and a tag."""
    folders = run.split("/")
    ends = ("/".join(folders[n:]) for n in range(len(folders)))
    return bool(run) and any(metric.startswith(f"{end}/") for end in ends)


@dataclass(slots=True)
class RunSelection:
    """Selects the series that is the primary metric.

    Attributes:
        metric: its name in the spec.
        started: when the pod started, in seconds since the epoch. A run that ended before, e.g. of an
            earlier attempt, is replaced by a later one.
        chosen: the selected series; None before.
        rivals: other series that could have been meant, where no rule prefers the selected one.
    """

    metric: str
    started: float
    chosen: Series | None = None
    rivals: set[Series] = field(default_factory=set)
    _newest: float | None = None  # wall time of the newest report of the chosen one
    _held: dict[Series, dict[tuple[str, int], float]] = field(default_factory=dict)
    _runs: Collection[str] = ()
    _now: float = 0.0
    _last: bool = False

    def begin_pass(self, runs: Collection[str], now: float, *, last: bool) -> None:
        """Begin a pass over all files.

        Args:
            runs: the runs that have an event file.
            now: monotonic seconds.
            last: nothing will follow, so nothing is held.
        """
        self._runs, self._now, self._last = runs, now, last

    def decide(
        self, series: Series, reading: int, wall_time: float, at: tuple[str, int]
    ) -> ScalarAction:
        """Return what to do with a scalar that may be the primary metric.

        Args:
            series: the scalar's series.
            reading: the result of ``match_metric``.
            wall_time: when it was logged.
            at: file and offset, which identify a scalar that was held.
        """
        if self.chosen is None:
            if reading == _AS_TAG and self._is_held(series, at):
                return ScalarAction.HOLD
            self.chosen = series
        if series == self.chosen or self._continues(series, reading, wall_time):
            self.chosen, self._newest = series, max(self._newest or 0.0, wall_time)
            return ScalarAction.REPORT
        if self._is_rival(series, reading):
            self.rivals.add(series)
        return ScalarAction.IGNORE

    def _is_held(self, series: Series, at: tuple[str, int]) -> bool:
        """Return whether to hold a scalar of training.

        Training reports before validation within an epoch. Its first report is held until its second one,
        so that a validation run is selected if there is one.
        """
        order = _order(series)
        if order < _TRAINING or self._last:
            return False
        held = self._held.setdefault(series, {})
        if len(held) < 2:
            held.setdefault(at, self._now)
        if len(held) < 2:
            return True
        may_log_it_yet = any(run_precedence(run) < order for run in self._runs)
        return may_log_it_yet and self._now - max(held.values()) < _LATE

    def _continues(self, series: Series, reading: int, wall_time: float) -> bool:
        """Return whether the selected series is from before the pod's start, and this one replaces it."""
        old = self._newest is not None and self._newest < self.started <= wall_time
        return old and (reading, _order(series)) <= self._rank_of_chosen()

    def _is_rival(self, series: Series, reading: int) -> bool:
        """Return whether no rule prefers the selected series, or the metric's name is ambiguous."""
        if series.is_copy:
            return False
        best = self._rank_of_chosen()
        two_readings = (reading == _AS_TAG) != (best[0] == _AS_TAG)
        return two_readings or (reading, _order(series)) <= best

    def _rank_of_chosen(self) -> tuple[int, int]:
        assert self.chosen is not None
        reading = match_metric(self.metric, self.chosen.run, self.chosen.tag)
        return reading or _AS_TAG, _order(self.chosen)

    def ambiguity(self) -> str:
        """Return what else the primary metric could be, with the remedy; empty when nothing."""
        if not self.rivals or self.chosen is None:
            return ""
        rivals = sorted(self.rivals, key=lambda series: (series.run, series.tag))
        listed = ", ".join(map(str, rivals[:_LISTED]))
        more = f" and {len(rivals) - _LISTED} more" if len(rivals) > _LISTED else ""
        example = next((s.name for s in (*rivals, self.chosen) if s.name != self.metric), "")
        remedy = (
            f"name the one that is meant in objective.primaryMetric, e.g. '{example}'"
            if example
            else "let the script log them under different names"
        )
        return (
            f"several TensorBoard runs have the primary metric '{self.metric}'; {remedy}. It was "
            f"reported from {self.chosen}. It is also {listed}{more}."
        )


def _order(series: Series) -> int:
    return _COPY if series.is_copy else run_precedence(series.run)
