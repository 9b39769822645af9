"""What the trainer has reported: the primary metric's values, the names of the others."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Iterator
from typing import Any

from .. import protocol
from .journal import Journal
from .notices import Notices


class MetricStore:
    """Thread-safe; every change is in the journal before the trainer's call returns.

    Args:
        metric: name of the primary metric.

    Attributes:
        ended: the trainer has closed all runs whose reports count.
    """

    def __init__(self, journal: Journal, metric: str, trial: str) -> None:
        self.changed = threading.Condition()
        self.metric = metric
        self._short_metric = protocol.shorten(metric)
        self._journal = journal
        self._trial = trial
        self._places: dict[str, int] = {}
        self._values = array("d")
        self._low = self._high = math.nan
        # Names of metrics; of those that were reported in a nested run only, the name of that run.
        self._seen: dict[str, str] = {}
        self.ended = False
        self.may_leave = True
        self._notices = Notices()
        self._kept: dict[str, Any] = {}
        for entry in journal.entries():
            self._apply(entry)

    def report(
        self,
        name: str,
        value: float,
        place: tuple[str, int] | None = None,
        point: tuple[int, int, int] | None = None,
    ) -> None:
        """One report of one metric.

        Args:
            place: the file it is from and the offset behind it, where reading goes on after a
                restart of the sidecar.
            point: number of the run it was logged to, its step and time.
        """
        with self.changed:
            if name != self.metric:
                self._note_name(name)
                return
            details: dict[str, Any] = {}
            if place is not None:
                details = dict(zip(("file", "offset"), place, strict=True))
            if point is not None:
                details = dict(zip(("run", "step", "time"), point, strict=True))
            self._write({"value": protocol.encode(value), **details})
            self.changed.notify_all()

    def note_nested(self, name: str, run: str) -> None:
        """A metric was reported in a nested run, which is no report of the trial.

        Args:
            run: name of that run.
        """
        with self.changed:
            self._note_name(name, run)

    def reported_points(self) -> Iterator[dict[str, Any]]:
        """The reports that came from runs: ``value``, and number of the run, step and time."""
        for entry in self._journal.entries():
            if "value" in entry and "run" in entry:
                yield {**entry, "value": protocol.decode(entry["value"])}

    def place(self, file: str) -> int:
        """The offset up to which a file has been taken in."""
        with self.changed:
            return self._places.get(file, 0)

    def move(self, file: str, offset: int) -> None:
        """Remember an offset without a report at it; a restart may forget it again."""
        with self.changed:
            self._places[file] = offset

    def kept(self, key: str) -> Any:
        """What a source wants to know again after a restart of the sidecar; None before it was kept."""
        with self.changed:
            return self._kept.get(key)

    def keep(self, key: str, value: Any) -> None:
        """Keep a JSON value for ``kept``."""
        with self.changed:
            if self._kept.get(key) != value:
                self._write({"keep": key, "as": value})

    def warn(self, topic: str, notice: protocol.Notice | None) -> None:
        """Tell the operator what the trial's reports lack; None takes it back."""
        with self.changed:
            entry = self._notices.change(topic, notice)
            if entry is not None:
                self._write(entry)
                self.changed.notify_all()

    def _note_name(self, name: str, nested: str = "") -> None:
        name, nested = protocol.shorten(name), protocol.shorten(nested)
        known = self._seen.get(name)
        is_new = known is None and (
            len(self._seen) < protocol.MAX_NAMES or name == self._short_metric
        )
        if is_new or (known and not nested):
            self._write({"seen": name, "nested": nested} if nested else {"seen": name})
            self.changed.notify_all()

    def set_ended(self, ended: bool) -> None:
        """Say whether the trainer has closed all runs whose reports count."""
        with self.changed:
            self.ended = ended
            self.changed.notify_all()

    def left(self) -> None:
        """Note that the sidecar left by itself once; after a restart it does not guess again."""
        with self.changed:
            self._write({"left": True})

    @property
    def count(self) -> int:
        return len(self._values)

    @property
    def notices(self) -> tuple[protocol.Notice, ...]:
        return self._notices.all

    def batch(self, first: int) -> protocol.Push:
        """The reports from number ``first`` on, as many as one push takes."""
        with self.changed:
            values = tuple(self._values[first - 1 : first - 1 + protocol.MAX_BATCH])
            return protocol.Push("", self._trial, first, values, self._names(), self._notices.all)

    def summary(self) -> protocol.Summary:
        with self.changed:
            return protocol.Summary(
                count=len(self._values),
                low=None if math.isnan(self._low) else self._low,
                high=None if math.isnan(self._high) else self._high,
                tail=tuple(self._values[-300:]),
                seen=self._names(),
                notices=self._notices.all,
            )

    def _write(self, entry: dict[str, Any]) -> None:
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        if "value" in entry:
            self._take(protocol.decode(entry["value"]))
            self._note(self._short_metric, "")
            if entry.get("file"):
                self._places[entry["file"]] = entry["offset"]
        elif "seen" in entry:
            self._note(entry["seen"], entry.get("nested", ""))
        elif "left" in entry:
            self.may_leave = False
        elif "keep" in entry:
            self._kept[entry["keep"]] = entry["as"]
        elif "topic" in entry:
            self._notices.apply(entry)

    def _take(self, value: float) -> None:
        self._values.append(value)
        if math.isfinite(value):
            self._low = value if math.isnan(self._low) else min(self._low, value)
            self._high = value if math.isnan(self._high) else max(self._high, value)

    def _note(self, name: str, nested: str) -> None:
        if name in self._seen or len(self._seen) < protocol.MAX_NAMES:
            self._seen[name] = nested
        elif name == self._short_metric:
            # The one name that must not be missing takes the last one's place.
            self._seen.popitem()
            self._seen[name] = nested

    def _names(self) -> tuple[str, ...]:
        """What is said of a primary metric that does not count comes first: a list may be cut."""
        nested = self._seen.get(self._short_metric)
        names = {self._short_metric: nested, **self._seen} if nested else self._seen
        return tuple(protocol.in_nested_run(n, run) if run else n for n, run in names.items())
