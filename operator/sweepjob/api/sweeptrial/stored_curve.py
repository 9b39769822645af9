"""A trial's curve as it was read from its record."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

_EMPTY = array("d")


def _no_floats() -> array[float]:
    return _EMPTY  # shared: none of them is ever changed


@dataclass(frozen=True, slots=True)
class StoredCurve:
    """A curve as it was read, 8 bytes for each report.

    Attributes:
        pod: uid of the pod whose sidecar numbered the reports.
        reports: how many the pod made.
        values: the first reports.
        intervals, later, bests, means: for the later reports that are kept: the interval, the value, and
            the best and mean value up to that report.
        total: the exact sum of the scores as text, empty when it is not finite. None where ``values`` has
            all reports.
        carried: the best value of earlier pods.
        last, best, best_interval: as in ``Curve``.
        log_time, log_lines: where in the log the newest report was (``LogPosition``).
        received: how many reports the pod made, where some did not count or earlier pods made others;
            None where it made exactly those of the curve.
        step, known_step, first_step: as in ``CurveSteps``.
        is_final: the end of the pod was seen.
        is_whole: everything could be read. Otherwise the curve has no reports, only what could be read
            besides them.
    """

    pod: str = ""
    reports: int = 0
    values: array[float] = field(default_factory=_no_floats)
    intervals: array[float] = field(default_factory=_no_floats)
    later: array[float] = field(default_factory=_no_floats)
    bests: array[float] = field(default_factory=_no_floats)
    means: array[float] = field(default_factory=_no_floats)
    total: str | None = None
    carried: float | None = None
    last: float | None = None
    best: float | None = None
    best_interval: int = 0
    log_time: int = 0
    log_lines: int = 1
    received: int | None = None
    step: int | None = None
    known_step: int | None = None
    first_step: int | None = None
    is_final: bool = False
    is_whole: bool = True

    def unreported(self) -> StoredCurve:
        """Return the curve without the reports of its pod, whose sidecar then sends them all again."""
        return StoredCurve(self.pod, carried=self.carried, is_whole=self.is_whole)
