"""``status.otherMetrics``: the curves of metrics besides the primary one, bounded in bytes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

from ...protocol import MAX_CURVES, MAX_POINTS, MetricCurve, is_name
from ..parsing.float_text import format_float
from ..parsing.lenient_reader import LenientReader

KEY = "otherMetrics"
MAX_SIZE = 16 * 1024  # bytes of all points of a record together
_MAX_REPORTS = 10**12


def dump_other_metrics(curves: Iterable[MetricCurve]) -> list[dict[str, Any]]:
    """Return the list for a status; jq reads ``values`` by ``split(" ") | map(tonumber)``.

    Args:
        curves: those with most points are thinned further where all of them are too large.
    """
    texts = {curve.name: (curve, _points(curve)) for curve in curves}
    while sum(len(text) for _, text in texts.values()) > MAX_SIZE:
        largest = max(texts, key=lambda name: len(texts[name][1]))
        thinner = texts[largest][0].copy()
        thinner.halve()
        texts[largest] = (thinner, _points(thinner))
    return [_dump(curve, text) for curve, text in texts.values()]


def _points(curve: MetricCurve) -> str:
    return " ".join(f"{value:.7g}" for value in curve.values)


def _dump(curve: MetricCurve, points: str) -> dict[str, Any]:
    numbers = {"last": curve.last, "lowest": curve.low, "highest": curve.high}
    return {
        "name": curve.name,
        "reports": curve.count,
        **{key: format_float(number) for key, number in numbers.items() if number is not None},
        "interval": curve.interval,
        "values": points,
    }


def parse_other_metrics(status: LenientReader) -> tuple[MetricCurve, ...]:
    """Read the list of a status; problems are added to the reader's, such curves are left out."""
    items = [*status.children(KEY)]
    if len(items) > MAX_CURVES:
        status.problems.append(f"{status.path}.{KEY}: has more than {MAX_CURVES} items")
    found = (_parse(item) for item in items[:MAX_CURVES])
    return tuple(curve for curve in found if curve is not None)


def other_metrics_of(stored: Any) -> tuple[dict[str, MetricCurve], tuple[str, ...]]:
    """Return the curves by name, and what could not be read.

    Args:
        stored: the list in a status; None without one.
    """
    reader = LenientReader({KEY: stored}, "status", [])
    found = {curve.name: curve for curve in parse_other_metrics(reader)}
    return found, tuple(reader.problems)


def _parse(item: LenientReader) -> MetricCurve | None:
    before, name = len(item.problems), item.text("name")
    if not is_name(name):
        item.note("name", "is not the name of a metric")
    curve = MetricCurve(name)
    curve.count = item.whole("reports", 1, least=1, most=_MAX_REPORTS)
    curve.interval = item.whole("interval", 1, least=1)
    curve.last, curve.low, curve.high = map(item.number, ("last", "lowest", "highest"))
    words = item.text("values").split()
    try:
        curve.values = array("d", map(float, words[: MAX_POINTS + 1]))
        curve.check()
    except ValueError:
        item.note("values", f"does not fit to {curve.count} reports")
    return curve if len(item.problems) == before else None
