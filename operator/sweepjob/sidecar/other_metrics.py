"""The curves of metrics besides the primary one, kept in a file across restarts of the sidecar."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from .. import protocol

_SAVE_INTERVAL = 1.0  # seconds; a kill loses the values since the last time
_MAX_FILES = 16  # files of one metric whose position is kept


class OtherMetrics:
    """Collects the curves. Not thread-safe: the metric store locks.

    Args:
        file: its curves are loaded; None to keep nothing across restarts.
        names: the metrics to keep; None for the first ones.
        primary: the primary metric.

    Attributes:
        curves: the curves.
        version: grows with each report.
    """

    def __init__(
        self,
        file: Path | None = None,
        names: Iterable[str] | None = None,
        primary: str = "",
    ) -> None:
        self.curves = protocol.MetricCurves(names, primary)
        self.version = 0
        self._file = file
        # By metric: the files with its reports, and the offset after the newest one.
        self._places: dict[str, dict[str, int]] = {}
        self._saved_at = 0.0
        self._is_saved = True
        self._load()

    def add(self, name: str, value: float, place: tuple[str, int] | None) -> bool:
        """Add a report, unless it was added before; return whether it is one of a kept metric.

        Args:
            name: the name of the metric.
            value: the value of the metric.
            place: the file of the report and the offset after it; None for a source that is not read.
        """
        if place is not None and self._places.get(name, {}).get(place[0], -1) >= place[1]:
            return False  # read again: after a restart, or because a value before it was held
        if not self.curves.append(name, value):
            return False
        if place is not None:
            self._note_place(name, *place)
        self.version += 1
        self._is_saved = False
        if time.monotonic() - self._saved_at >= _SAVE_INTERVAL:
            self.save()
        return True

    def forget(self, file: str) -> None:
        """Forget the positions in a file that was rewritten."""
        for places in self._places.values():
            places.pop(file, None)

    def unsent(self, sent: dict[str, int]) -> list[protocol.MetricCurve]:
        """Return copies of the curves that have other reports than those that were sent.

        Args:
            sent: numbers of reports by metric.
        """
        return [curve.copy() for curve in self.curves if sent.get(curve.name) != curve.count]

    def save(self) -> None:
        """Write the file, if anything has changed."""
        if self._file is None or self._is_saved:
            return
        state = {"curves": [curve.dump() for curve in self.curves], "places": self._places}
        new = self._file.with_suffix(".new")
        try:
            new.write_text(json.dumps(state))
            new.replace(self._file)
        except OSError as error:  # the primary metric does not depend on it
            print(f"metrics are not kept across restarts: {error}", file=sys.stderr, flush=True)
            self._file = None
        self._saved_at, self._is_saved = time.monotonic(), True

    def _note_place(self, name: str, file: str, offset: int) -> None:
        places = self._places.setdefault(name, {})
        places[file] = offset
        if len(places) > _MAX_FILES:
            del places[next(iter(places))]
        if len(self._places) > protocol.MAX_CURVES:
            self._places = {n: p for n, p in self._places.items() if n in self.curves}

    def _load(self) -> None:
        if self._file is None or not self._file.exists():
            return
        try:
            state: dict[str, Any] = json.loads(self._file.read_text())
            self.curves.replace(protocol.parse_curves(state["curves"]))
            self._places = {name: dict(places) for name, places in state["places"].items()}
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            print(f"metrics before a restart are lost: {error!r}", file=sys.stderr, flush=True)
        self.version = sum(curve.count for curve in self.curves)


def kept_names(text: str) -> Collection[str] | None:
    """Return the names in the sidecar's setting; None without one."""
    return None if not text else tuple(json.loads(text))
