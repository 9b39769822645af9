"""A trial's curve as it is kept in its record: texts in the object, arrays in memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..early_stopping.curve import KEPT, UNIT, Curve, Later
from .numbers import dump_number
from .stored_fields import Fields

CURVE_VERSION = 2
_FIRST_VERSION = 1
_MOST = 10**12  # reports of one pod
_NONE = array("d")
# Of what dump_curve may leave out, so that a merge patch removes what an earlier pod left there.
_OPTIONAL = ("later", "sum", "logTime", "logLines", "carried", "last", "best", "bestInterval")


def _no_floats() -> array[float]:
    return _NONE  # one for all: none of them is ever changed


@dataclass(frozen=True, slots=True)
class StoredCurve:
    """A curve as it was read, 8 bytes for each report.

    Attributes:
        pod: uid of the pod whose sidecar numbered the reports.
        reports: how many it made.
        values: the first ones.
        intervals, later, bests, means: of those that are kept of the others; bests and means as reported.
        total: the exact sum of the scores as a text, empty when it is not finite; None where the values
            are all there is.
        carried: the best of earlier pods.
        last, best, best_interval: as in Curve.
        log_time, log_lines: where in the log the newest report was (``LogPosition``).
        is_whole: nothing of it was unreadable. Otherwise it has no reports, and what else could be read.
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
    is_whole: bool = True

    def unreported(self) -> StoredCurve:
        """The same before the first report of its pod, which is asked for all of them again."""
        return StoredCurve(self.pod, carried=self.carried, is_whole=self.is_whole)


def dump_curve(curve: Curve, pod: str, log_time: int = 0, log_lines: int = 1) -> dict[str, Any]:
    """The curve as it is kept; jq reads a list by ``split(" ") | map(tonumber)``.

    Args:
        curve: the reports.
        pod: uid of the pod whose sidecar numbered them.
        log_time, log_lines: where in the log the newest report was (``LogPosition``); 0 for sources
            other than logs.
    """
    dumped: dict[str, Any] = {
        "version": CURVE_VERSION,
        "pod": pod,
        "reports": curve.count,
        "values": _texts(curve.values),
    }
    if curve.later:
        reported = curve.goal.reported
        dumped["later"] = {
            "intervals": " ".join(str(point.interval) for point in curve.later),
            "values": _texts(point.value for point in curve.later),
            "bests": _texts(reported(point.best) for point in curve.later),
            "means": _texts(reported(point.mean) for point in curve.later),
        }
    if curve.count > len(curve.values):
        dumped["sum"] = "" if curve.total is None else _exact_text(curve.total)
    if log_time:
        dumped["logTime"] = str(log_time)
        dumped["logLines"] = log_lines
    if curve.carried is not None:
        dumped["carried"] = dump_number(curve.carried)
    if curve.last is not None:
        dumped["last"] = dump_number(curve.last)
    if curve.best is not None:
        dumped["best"] = dump_number(curve.best)
        dumped["bestInterval"] = curve.best_interval
    return dumped


def curve_patch(dumped: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch that leaves nothing of another curve in its place."""
    return {**dict.fromkeys(_OPTIONAL), **dumped}


def parse_curve(fields: Fields) -> StoredCurve:
    """The curve of a record; what is wrong with it is noted, and then it is not whole."""
    before = len(fields.problems)
    version = fields.whole("version", CURVE_VERSION)
    if not _FIRST_VERSION <= version <= CURVE_VERSION:
        fields.note(
            "version", f"is not one that this operator reads; it reads up to {CURVE_VERSION}"
        )
    scalars = _scalars(fields)
    whole = _lists(fields, scalars)
    return whole if len(fields.problems) == before else replace(scalars, is_whole=False)


def _scalars(fields: Fields) -> StoredCurve:
    return StoredCurve(
        pod=fields.text("pod"),
        reports=fields.whole("reports", most=_MOST),
        total=_sum(fields),
        carried=_finite(fields, "carried"),
        last=fields.number("last"),
        best=_finite(fields, "best"),
        best_interval=fields.whole("bestInterval", most=_MOST),
        log_time=_nanoseconds(fields),
        log_lines=fields.whole("logLines", 1, most=_MOST),
    )


def _finite(fields: Fields, key: str) -> float | None:
    value = fields.number(key)
    if value is None or math.isfinite(value):
        return value
    fields.note(key, "is not finite")
    return None


def _lists(fields: Fields, curve: StoredCurve) -> StoredCurve:
    """The curve with its reports; what is wrong with them is noted."""
    values = _floats(fields, "values")
    if len(values) > KEPT:
        fields.note("values", f"has more than {KEPT} numbers")
    later = fields.child("later")
    kept = {name: _floats(later, name) for name in ("intervals", "values", "bests", "means")}
    if len(set(map(len, kept.values()))) != 1:
        fields.note("later", "has lists of different lengths")
    if kept["intervals"]:
        _check_later(fields, kept["intervals"], len(values))
    return replace(
        curve,
        values=values,
        intervals=kept["intervals"],
        later=kept["values"],
        bests=kept["bests"],
        means=kept["means"],
    )


def _check_later(fields: Fields, intervals: array[float], first: int) -> None:
    """What is kept beyond the first reports has rising whole numbers, a sum and a newest report."""
    whole = all(n.is_integer() and n <= _MOST for n in intervals)
    if not whole or any(
        a >= b for a, b in zip([float(first), *intervals], intervals, strict=False)
    ):
        fields.note("later", "has intervals that are no rising whole numbers")
    if fields.data.get("last") is None:
        fields.note("last", "is missing")


def _sum(fields: Fields) -> str | None:
    if fields.data.get("sum") is None:
        return None
    text = fields.text("sum")
    try:
        _exact_number(text)
    except ValueError:
        fields.note("sum", "is no exact sum")
        return None
    return text


def load_curve(stored: StoredCurve, empty: Curve) -> Curve:
    """The curve again, ready for further reports; ``empty`` is filled with it."""
    empty.carried = empty.best = stored.carried
    empty.load(stored.values.tolist())
    if stored.intervals:
        score = empty.goal.score
        points = zip(stored.intervals, stored.later, stored.bests, stored.means, strict=True)
        empty.later = [Later(int(n), v, score(best), score(mean)) for n, v, best, mean in points]
    if stored.total is not None:
        empty.total = _exact_number(stored.total)
    empty.last = empty.last if stored.last is None else stored.last
    _restore_best(empty, stored)
    return empty


def _restore_best(curve: Curve, stored: StoredCurve) -> None:
    """A best that is on record although its report is not in the values: it came by way of a
    sidecar's last words.
    """
    if stored.best is not None and curve.goal.score(stored.best) > curve.score:
        curve.best, curve.best_interval = stored.best, stored.best_interval
    curve.count = max(curve.count, stored.reports)


def _nanoseconds(fields: Fields) -> int:
    text = fields.text("logTime")
    if not text:
        return 0
    if text.isdecimal() and len(text) <= 20:
        return int(text)
    fields.note("logTime", "is no time in nanoseconds")
    return 0


def _texts(values: Iterable[float]) -> str:
    return " ".join(map(dump_number, values))


def _floats(fields: Fields, key: str) -> array[float]:
    text = fields.text(key)
    if not text:
        return _NONE
    words = text.split()
    try:
        return array("d", map(float, words))
    except ValueError:
        fields.problems.append(f"{fields.path}.{key}: {_first_odd(words)!r} is no number")
        return _NONE


def _first_odd(words: list[str]) -> str:
    for word in words:
        try:
            float(word)
        except ValueError:
            return word[:60]
    return ""


def _exact_text(total: int) -> str:
    """An exact sum in the form of C's hexadecimal floats, of any length: mantissa, p, exponent."""
    zeros = (total & -total).bit_length() - 1 if total else 0
    return f"{total >> zeros:#x}p{zeros - UNIT}"


def _exact_number(text: str) -> int | None:
    if not text:
        return None
    mantissa, exponent = text.split("p")
    shift = int(exponent) + UNIT
    if not 0 <= shift <= 2 * UNIT or len(mantissa) > UNIT:
        raise ValueError("out of bounds")
    return int(mantissa, 16) << shift
