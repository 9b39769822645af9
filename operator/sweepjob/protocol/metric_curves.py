"""Curves of the metrics besides the primary one. They decide nothing, and are bounded."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from .float_json import decode, encode
from .metric_names import MAX_NAME
from .validation import count_of, finite_of, list_of

MAX_CURVES = 20  # of a trial
MAX_POINTS = 64  # of a curve
_DIGITS = 7  # significant digits of a point; those of a float32
_MAX_INTERVAL = 2**40


class MetricCurve:
    """The reports of one metric, thinned: numbers 1, 1 + n, 1 + 2n and so on, at most MAX_POINTS.

    Args:
        name: the name of the metric.

    Attributes:
        count: number of reports.
        last: the newest report, exactly; None before any.
        low, high: the smallest and the largest finite report, exactly; None before any.
        interval: n, a power of two that grows with the number of reports.
        values: the points, rounded to seven significant digits.
    """

    __slots__ = ("count", "high", "interval", "last", "low", "name", "values")

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.last: float | None = None
        self.low: float | None = None
        self.high: float | None = None
        self.interval = 1
        self.values = array("d")

    def __eq__(self, other: object) -> bool:
        # The JSON form, since NaN is not equal to itself.
        return isinstance(other, MetricCurve) and self.dump() == other.dump()

    __hash__ = None  # type: ignore[assignment] # it changes

    def append(self, value: float) -> None:
        """Add report ``count`` + 1."""
        self.count += 1
        self.last = value
        if math.isfinite(value):
            self.low = value if self.low is None else min(self.low, value)
            self.high = value if self.high is None else max(self.high, value)
        if (self.count - 1) % self.interval == 0:
            self.values.append(float(f"{value:.{_DIGITS}g}"))
            if len(self.values) > MAX_POINTS:
                self.halve()

    def halve(self) -> None:
        """Drop every second point."""
        self.values, self.interval = self.values[::2], self.interval * 2

    def points(self) -> list[tuple[int, float]]:
        """Return number and value of the points; the last one is the newest report."""
        found = [(1 + n * self.interval, value) for n, value in enumerate(self.values)]
        if self.last is not None and (not found or found[-1][0] != self.count):
            found.append((self.count, self.last))
        return found

    def copy(self) -> MetricCurve:
        """Return a copy that changes independently."""
        made = MetricCurve(self.name)
        made.count, made.last, made.low, made.high = self.count, self.last, self.low, self.high
        made.interval, made.values = self.interval, self.values[:]
        return made

    def dump(self) -> dict[str, Any]:
        """Return the JSON value in a push."""
        return {
            "name": self.name,
            "count": self.count,
            "last": None if self.last is None else encode(self.last),
            "low": self.low,
            "high": self.high,
            "interval": self.interval,
            "values": [encode(value) for value in self.values],
        }

    @classmethod
    def parse(cls, data: Any) -> MetricCurve:
        """Read the JSON value in a push.

        Raises:
            ValueError: it is not a curve.
        """
        if not isinstance(data, dict) or not is_name(data.get("name")):
            raise ValueError("not the curve of a metric")
        made = cls(data["name"])
        made.count, made.interval = count_of(data, "count", 1), count_of(data, "interval", 1)
        made.last, made.low, made.high = (
            decode(data.get("last")),
            finite_of(data, "low"),
            finite_of(data, "high"),
        )
        made.values = array("d", map(decode, list_of(data, "values", MAX_POINTS)))
        made.check()
        return made

    def check(self) -> None:
        """Raise a ValueError for a curve that no reports can give."""
        if not 1 <= self.interval <= _MAX_INTERVAL or self.interval & (self.interval - 1):
            raise ValueError("interval: must be a power of two")
        if not self.values or 1 + (len(self.values) - 1) * self.interval > self.count:
            raise ValueError("values: must have at least one, and no more than there are reports")


def is_name(name: object) -> bool:
    """Return whether a metric of this name gets a curve: it can be stored and shown in full."""
    if not isinstance(name, str) or not name or not name.isprintable():
        return False
    return len(name.encode(errors="replace")) <= MAX_NAME


class MetricCurves:
    """The curves of a trial.

    Args:
        names: the metrics to keep; None for the first MAX_CURVES that are reported. A metric that was
            reported only once gives way to others: scripts also print settings like metrics.
        primary: the primary metric, which has a curve of its own.
    """

    def __init__(self, names: Iterable[str] | None = None, primary: str = "") -> None:
        self._names = None if names is None else tuple(names)
        self._primary = primary
        self._curves: dict[str, MetricCurve] = {}

    def __iter__(self) -> Iterator[MetricCurve]:
        return iter(self._curves.values())

    def __len__(self) -> int:
        return len(self._curves)

    def __contains__(self, name: str) -> bool:
        return name in self._curves

    def get(self, name: str) -> MetricCurve | None:
        """Return the curve of a metric; None without one."""
        return self._curves.get(name)

    def append(self, name: str, value: float) -> bool:
        """Add a report; return False for a metric that is not kept."""
        curve = self._curves.get(name)
        if curve is None:
            if not self._has_room_for(name):
                return False
            curve = self._curves[name] = MetricCurve(name)
        curve.append(value)
        return True

    def replace(self, curves: Iterable[MetricCurve]) -> bool:
        """Replace the curves of these metrics; return whether that changed anything."""
        changed = False
        for curve in curves:
            known = self._curves.get(curve.name)
            if known is None and not self._has_room_for(curve.name):
                continue
            if known is None or known != curve:
                self._curves[curve.name], changed = curve, True
        return changed

    def restarted(self) -> MetricCurves:
        """Return the curves of a trial that restarts: none, of the same names."""
        return MetricCurves(self._names, self._primary)

    def _has_room_for(self, name: str) -> bool:
        if name == self._primary or not is_name(name):
            return False
        if self._names is not None and name not in self._names:
            return False
        if len(self._curves) < MAX_CURVES:
            return True
        reported_once = next((n for n, curve in self._curves.items() if curve.count == 1), None)
        if reported_once is None:
            return False
        del self._curves[reported_once]
        return True


def fit_curves(curves: Iterable[MetricCurve], limit: int) -> tuple[MetricCurve, ...]:
    """Return the first curves whose JSON has at most ``limit`` bytes together; at least one."""
    fitting: list[MetricCurve] = []
    for curve in curves:
        limit -= len(json.dumps(curve.dump()))
        if fitting and limit < 0:
            break
        fitting.append(curve)
    return tuple(fitting)


def parse_curves(data: Any) -> tuple[MetricCurve, ...]:
    """Read the curves of a push; earlier sidecars send none, invalid ones are ignored."""
    found = []
    for item in data[:MAX_CURVES] if isinstance(data, list) else []:
        try:
            found.append(MetricCurve.parse(item))
        except ValueError:
            continue
    return tuple(found)
