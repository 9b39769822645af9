"""The trainer's reports: the values of the primary metric, names and curves of the others."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from .. import protocol
from .journal import Journal
from .notices import Notices
from .other_metrics import OtherMetrics


class MetricStore:
    """Stores the reports. Thread-safe; each is in the journal before the trainer's call returns.

    Args:
        journal: its entries of earlier processes are loaded.
        metric: name of the primary metric.
        trial: name of the trial.
        other_metrics: the curves of the other metrics; without a file by default.
        results: names of the other metrics whose last values are results of the trial.

    Attributes:
        changed: notified after each change.
        metric: name of the primary metric.
        runs_ended: the trainer has ended all runs whose reports count.
        may_exit_early: the sidecar has not exited early before.
    """

    def __init__(
        self,
        journal: Journal,
        metric: str,
        trial: str,
        other_metrics: OtherMetrics | None = None,
        results: Iterable[str] = (),
    ) -> None:
        self.changed = threading.Condition()
        self.metric = metric
        self._short_metric = protocol.shorten(metric)
        self._journal = journal
        self._trial = trial
        self._other_metrics = other_metrics or OtherMetrics(primary=metric)
        self._results: dict[str, float | None] = dict.fromkeys(results)
        self._offsets: dict[str, int] = {}
        self._values = array("d")
        self._steps: list[int | None] = []
        self._low = self._high = math.nan
        # By name: the nested run, for a metric that was reported in a nested run only; empty otherwise.
        self._metric_names: dict[str, str] = {}
        self.runs_ended = False
        self.may_exit_early = True
        self._notices = Notices()
        self._sent_version = 0  # of the other metrics
        self._source_states: dict[str, Any] = {}
        for entry in journal.entries():
            self._apply(entry)

    def add_report(
        self,
        name: str,
        value: float,
        place: tuple[str, int] | None = None,
        point: tuple[int, int, int] | None = None,
        step: int | None = None,
    ) -> None:
        """Add a report.

        Args:
            name: the name of the metric.
            value: the value of the metric.
            place: the file of the report and the offset after it, where reading resumes after a restart
                of the sidecar; None for other sources.
            point: number of its MLflow run, its step and its time; None for other sources.
            step: its step from another source than MLflow; None where it has none.
        """
        with self.changed:
            if name != self.metric:
                self._add_metric_name(name)
                self._add_result(name, value)
                self._add_other(name, value, place)
                return
            details: dict[str, Any] = {} if step is None else {"step": step}
            if place is not None:
                details |= dict(zip(("file", "offset"), place, strict=True))
            if point is not None:
                details = dict(zip(("run", "step", "time"), point, strict=True))
            self._append({"value": protocol.encode(value), **details})
            self.changed.notify_all()

    def add_nested_metric(self, name: str, run: str) -> None:
        """Add the name of a metric of a nested run, whose values are not reports of the trial.

        Args:
            name: the name of the metric.
            run: name of the nested run.
        """
        with self.changed:
            self._add_metric_name(name, run)

    def reports_of_runs(self) -> Iterator[dict[str, Any]]:
        """Yield the reports of MLflow runs: ``value``, number of the ``run``, ``step`` and ``time``."""
        for entry in self._journal.entries():
            if "value" in entry and "run" in entry:
                yield {**entry, "value": protocol.decode(entry["value"])}

    def offset(self, file: str) -> int:
        """Return the offset up to which a file has been read."""
        with self.changed:
            return self._offsets.get(file, 0)

    def set_offset(self, file: str, offset: int) -> None:
        """Set an offset without a report. It is not in the journal: a restart may lose it."""
        with self.changed:
            self._offsets[file] = offset

    def note_rewritten(self, file: str) -> None:
        """Note that a file was rewritten, so that what is read from it is new."""
        with self.changed:
            self._other_metrics.forget(file)

    def source_state(self, key: str) -> Any:
        """Return what a source saved; None when it saved nothing."""
        with self.changed:
            return self._source_states.get(key)

    def save_source_state(self, key: str, value: Any) -> None:
        """Save a JSON value for ``source_state`` across restarts of the sidecar."""
        with self.changed:
            if self._source_states.get(key) != value:
                self._append({"keep": key, "as": value})

    def set_notice(self, topic: str, notice: protocol.Notice | None) -> None:
        """Set the notice of a topic, which the operator gets.

        Args:
            topic: what the notice is about.
            notice: replaces an earlier one; None removes it.
        """
        with self.changed:
            entry = self._notices.change(topic, notice)
            if entry is not None:
                self._append(entry)
                self.changed.notify_all()

    def _add_metric_name(self, name: str, nested: str = "") -> None:
        name, nested = protocol.shorten(name), protocol.shorten(nested)
        known = self._metric_names.get(name)
        is_new = known is None and (
            len(self._metric_names) < protocol.MAX_NAMES or name == self._short_metric
        )
        if is_new or (known and not nested):
            self._append({"seen": name, "nested": nested} if nested else {"seen": name})
            self.changed.notify_all()

    def _add_result(self, name: str, value: float) -> None:
        if name not in self._results:
            return
        encoded, known = protocol.encode(value), self._results[name]
        if known is None or protocol.encode(known) != encoded:
            self._append({"result": name, "number": encoded})
            self.changed.notify_all()

    def _add_other(self, name: str, value: float, place: tuple[str, int] | None) -> None:
        before = self._other_metrics.version
        if self._other_metrics.add(name, value, place) and before == self._sent_version:
            self.changed.notify_all()  # once; whoever sends the curves waits for more of them

    def set_runs_ended(self, ended: bool) -> None:
        """Set whether the trainer has ended all runs whose reports count."""
        with self.changed:
            self.runs_ended = ended
            self.changed.notify_all()

    def record_early_exit(self) -> None:
        """Record that the sidecar exited early: if it is restarted, it does not do so again."""
        with self.changed:
            self._append({"left": True})

    @property
    def count(self) -> int:
        """The number of reports."""
        return len(self._values)

    @property
    def notices(self) -> tuple[protocol.Notice, ...]:
        """The current notices."""
        return self._notices.all

    def batch(self, first: int) -> protocol.Push:
        """Return a push with the reports from number ``first`` on, at most MAX_BATCH."""
        with self.changed:
            values = tuple(self._values[first - 1 : first - 1 + protocol.MAX_BATCH])
            steps = tuple(self._steps[first - 1 : first - 1 + protocol.MAX_BATCH])
            return protocol.Push(
                "",
                self._trial,
                first,
                values,
                self._sent_names(),
                self._notices.all,
                results=self.results,
                steps=steps,
            )

    @property
    def results(self) -> protocol.Results:
        """The last values of the metrics that are results; None for one that was not reported."""
        return tuple(self._results.values())

    @property
    def has_results(self) -> bool:
        """Whether a metric that is a result was reported."""
        return any(value is not None for value in self._results.values())

    @property
    def has_curves(self) -> bool:
        """Whether a metric besides the primary one was reported and is kept."""
        return self._other_metrics.version > 0

    @property
    def has_unsent_curves(self) -> bool:
        """Whether a metric besides the primary one was reported since ``unsent_curves``."""
        return self._other_metrics.version != self._sent_version

    def unsent_curves(self, sent: dict[str, int]) -> list[protocol.MetricCurve]:
        """Return the curves of other metrics that have changed.

        Args:
            sent: numbers of reports that were sent, by metric.
        """
        with self.changed:
            self._sent_version = self._other_metrics.version
            self._other_metrics.save()
            return self._other_metrics.unsent(sent)

    def save(self) -> None:
        """Write what is not in the journal: the curves of other metrics."""
        with self.changed:
            self._other_metrics.save()

    def summary(self) -> protocol.Summary:
        """Return the summary for the termination message."""
        with self.changed:
            return protocol.Summary(
                count=len(self._values),
                low=None if math.isnan(self._low) else self._low,
                high=None if math.isnan(self._high) else self._high,
                tail=tuple(self._values[-300:]),
                metric_names=self._sent_names(),
                notices=self._notices.all,
                steps=tuple(self._steps[-300:]),
                results=self.results,
            )

    def _append(self, entry: dict[str, Any]) -> None:
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        if "value" in entry:
            self._apply_value(protocol.decode(entry["value"]))
            self._steps.append(protocol.known_step(entry.get("step")))
            self._apply_metric_name(self._short_metric, "")
            if entry.get("file"):
                self._offsets[entry["file"]] = entry["offset"]
        elif "seen" in entry:
            self._apply_metric_name(entry["seen"], entry.get("nested", ""))
        elif "result" in entry:
            if entry["result"] in self._results:
                self._results[entry["result"]] = protocol.decode(entry["number"])
        elif "left" in entry:
            self.may_exit_early = False
        elif "keep" in entry:
            self._source_states[entry["keep"]] = entry["as"]
        elif "topic" in entry:
            self._notices.apply(entry)

    def _apply_value(self, value: float) -> None:
        self._values.append(value)
        if math.isfinite(value):
            self._low = value if math.isnan(self._low) else min(self._low, value)
            self._high = value if math.isnan(self._high) else max(self._high, value)

    def _apply_metric_name(self, name: str, nested: str) -> None:
        if name in self._metric_names or len(self._metric_names) < protocol.MAX_NAMES:
            self._metric_names[name] = nested
        elif name == self._short_metric:
            # The primary metric must be listed: it replaces the last name.
            self._metric_names.popitem()
            self._metric_names[name] = nested

    def _sent_names(self) -> tuple[str, ...]:
        """Return the names to send, a primary metric in a nested run first: the list may be cut."""
        nested = self._metric_names.get(self._short_metric)
        names = {self._short_metric: nested, **self._metric_names} if nested else self._metric_names
        return tuple(protocol.in_nested_run(n, run) if run else n for n, run in names.items())
