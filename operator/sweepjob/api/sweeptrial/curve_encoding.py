"""Writes a trial's curve into its record and reads it again. Lists of floats are strings there."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...early_stopping.curve import FULLY_KEPT, UNIT_EXPONENT, Curve, ThinnedReport
from ...early_stopping.curve_steps import NO_STEPS, CurveSteps
from ...protocol import MAX_STEP
from ..parsing.float_text import format_float, parse_floats
from ..parsing.lenient_reader import LenientReader
from .stored_curve import StoredCurve

CURVE_VERSION = 2
_FIRST_VERSION = 1
_MAX_REPORTS = 10**12  # of one pod
_EMPTY = array("d")
# Keys that dump_curve may omit. A merge patch sets them to null, so that no value of an earlier pod
# remains.
_OPTIONAL = (
    *("later", "sum", "logTime", "logLines", "carried", "last", "best", "bestInterval"),
    *("received", "step", "knownStep", "firstStep", "final"),
)


def dump_curve(
    curve: Curve,
    pod: str,
    log_time: int = 0,
    log_lines: int = 1,
    received: int | None = None,
    steps: CurveSteps = NO_STEPS,
    *,
    is_final: bool = False,
) -> dict[str, Any]:
    """Return ``status.curve``; jq reads a list by ``split(" ") | map(tonumber)``.

    Args:
        curve: the reports.
        pod: uid of the pod whose sidecar numbered them.
        log_time: time of the log line of the newest report (``LogPosition``); 0 for other sources.
        log_lines: lines since the first one of that time.
        received: how many reports the pod made; None for those of the curve.
        steps: which steps the curve has.
        is_final: the end of the pod was seen.
    """
    dumped: dict[str, Any] = {
        "version": CURVE_VERSION,
        "pod": pod,
        "reports": curve.count,
        "values": _texts(curve.values),
    }
    if curve.thinned:
        reported = curve.goal.reported
        dumped["later"] = {
            "intervals": " ".join(str(point.interval) for point in curve.thinned),
            "values": _texts(point.value for point in curve.thinned),
            "bests": _texts(reported(point.best) for point in curve.thinned),
            "means": _texts(reported(point.mean) for point in curve.thinned),
        }
    if curve.count > len(curve.values):
        dumped["sum"] = "" if curve.total is None else _exact_text(curve.total)
    if log_time:
        dumped["logTime"] = str(log_time)
        dumped["logLines"] = log_lines
    numbers = {"step": steps.highest, "knownStep": steps.known, "firstStep": steps.first}
    numbers["final"] = is_final or None
    numbers["received"] = None if received == curve.count else received
    dumped |= {key: number for key, number in numbers.items() if number is not None}
    if curve.previous_best is not None:
        dumped["carried"] = format_float(curve.previous_best)
    if curve.last is not None:
        dumped["last"] = format_float(curve.last)
    if curve.best is not None:
        dumped["best"] = format_float(curve.best)
        dumped["bestInterval"] = curve.best_interval
    return dumped


def curve_patch(dumped: Mapping[str, Any]) -> dict[str, Any]:
    """Return a merge patch that replaces another curve as a whole."""
    return {**dict.fromkeys(_OPTIONAL), **dumped}


def parse_curve(fields: LenientReader) -> StoredCurve:
    """Read ``status.curve``; the result is not whole if the reader finds a problem."""
    before = len(fields.problems)
    version = fields.whole("version", CURVE_VERSION)
    if not _FIRST_VERSION <= version <= CURVE_VERSION:
        fields.note(
            "version", f"is not one that this operator reads; it reads up to {CURVE_VERSION}"
        )
    scalars = _scalars(fields)
    whole = _lists(fields, scalars)
    return whole if len(fields.problems) == before else replace(scalars, is_whole=False)


def _scalars(fields: LenientReader) -> StoredCurve:
    return StoredCurve(
        pod=fields.text("pod"),
        reports=fields.whole("reports", most=_MAX_REPORTS),
        total=_sum(fields),
        carried=_finite(fields, "carried"),
        last=fields.number("last"),
        best=_finite(fields, "best"),
        best_interval=fields.whole("bestInterval", most=_MAX_REPORTS),
        log_time=_nanoseconds(fields),
        log_lines=fields.whole("logLines", 1, most=_MAX_REPORTS),
        received=_optional_whole(fields, "received"),
        step=_optional_whole(fields, "step"),
        known_step=_optional_whole(fields, "knownStep"),
        first_step=_optional_whole(fields, "firstStep"),
        is_final=fields.data.get("final") is True,
    )


def _optional_whole(fields: LenientReader, key: str) -> int | None:
    if fields.data.get(key) is None:
        return None
    return fields.whole(key, least=-MAX_STEP, most=MAX_STEP)


def _finite(fields: LenientReader, key: str) -> float | None:
    value = fields.number(key)
    if value is None or math.isfinite(value):
        return value
    fields.note(key, "is not finite")
    return None


def _lists(fields: LenientReader, curve: StoredCurve) -> StoredCurve:
    """Return the curve with its reports."""
    values = _floats(fields, "values")
    if len(values) > FULLY_KEPT:
        fields.note("values", f"has more than {FULLY_KEPT} numbers")
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


def _check_later(fields: LenientReader, intervals: array[float], first: int) -> None:
    """Check that the later reports have rising intervals, and come with a newest report."""
    whole = all(n.is_integer() and n <= _MAX_REPORTS for n in intervals)
    if not whole or any(
        a >= b for a, b in zip([float(first), *intervals], intervals, strict=False)
    ):
        fields.note("later", "has intervals that are not rising integers")
    if fields.data.get("last") is None:
        fields.note("last", "is missing")


def _sum(fields: LenientReader) -> str | None:
    if fields.data.get("sum") is None:
        return None
    text = fields.text("sum")
    try:
        _exact_number(text)
    except ValueError:
        fields.note("sum", "is not an exact sum")
        return None
    return text


def load_curve(stored: StoredCurve, empty: Curve) -> Curve:
    """Fill a curve with stored reports and return it, ready for further ones.

    Args:
        stored: what was read.
        empty: a curve without reports.
    """
    empty.previous_best = empty.best = stored.carried
    empty.load(stored.values.tolist())
    if stored.intervals:
        score = empty.goal.score
        points = zip(stored.intervals, stored.later, stored.bests, stored.means, strict=True)
        empty.thinned = [
            ThinnedReport(int(n), v, score(best), score(mean)) for n, v, best, mean in points
        ]
    if stored.total is not None:
        empty.total = _exact_number(stored.total)
    empty.last = empty.last if stored.last is None else stored.last
    _restore_best(empty, stored)
    return empty


def _restore_best(curve: Curve, stored: StoredCurve) -> None:
    """Restore a best value whose report is not in the values: it is from a termination message."""
    if stored.best is not None and curve.goal.score(stored.best) > curve.score:
        curve.best, curve.best_interval = stored.best, stored.best_interval
    curve.count = max(curve.count, stored.reports)


def _nanoseconds(fields: LenientReader) -> int:
    text = fields.text("logTime")
    if not text:
        return 0
    if text.isdecimal() and len(text) <= 20:
        return int(text)
    fields.note("logTime", "is not a time in nanoseconds")
    return 0


def _texts(values: Iterable[float]) -> str:
    return " ".join(map(format_float, values))


def _floats(fields: LenientReader, key: str) -> array[float]:
    text = fields.text(key)
    if not text:
        return _EMPTY
    try:
        return parse_floats(text)
    except ValueError:
        invalid = _first_invalid(text.split())
        fields.problems.append(f"{fields.path}.{key}: {invalid!r} is not a number")
        return _EMPTY


def _first_invalid(words: list[str]) -> str:
    for word in words:
        try:
            float(word)
        except ValueError:
            return word[:60]
    return ""


def _exact_text(total: int) -> str:
    """Format an exact sum like C's hexadecimal floats, with a mantissa of any length."""
    zeros = (total & -total).bit_length() - 1 if total else 0
    return f"{total >> zeros:#x}p{zeros - UNIT_EXPONENT}"


def _exact_number(text: str) -> int | None:
    if not text:
        return None
    mantissa, exponent = text.split("p")
    shift = int(exponent) + UNIT_EXPONENT
    if not 0 <= shift <= 2 * UNIT_EXPONENT or len(mantissa) > UNIT_EXPONENT:
        raise ValueError("out of bounds")
    return int(mantissa, 16) << shift
