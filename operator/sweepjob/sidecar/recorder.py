"""What the trainer has reported: runs, the primary metric's values, the names of the others."""

from __future__ import annotations

import math
import threading
from array import array
from dataclasses import dataclass, field
from typing import Any

from .. import wire
from .journal import Journal

_MAX_METRICS = 10_000  # names that are remembered for a run, to answer a client that asks


@dataclass(slots=True)
class Run:
    """An MLflow run as the trainer sees it."""

    run_id: str
    name: str = ""
    status: str = "RUNNING"
    start: int = 0
    end: int | None = None
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Thread-safe; every change is in the journal before the trainer's call returns.

    The trial's own run is the one whose id the trainer was given. If that is never opened, the first
    run that is created stands for it. Reports of other (nested) runs are no reports of the trial.

    Args:
        metric: name of the primary metric.
        foreign: run ids are made by the user's own server; the first run that is opened is the
            trial's.
    """

    def __init__(self, journal: Journal, metric: str, trial: str, *, foreign: bool = False) -> None:
        self.changed = threading.Condition()
        self._journal = journal
        self._metric = metric
        self._trial = trial
        self._foreign = foreign
        self._places: dict[str, int] = {}
        self._main: str | None = None
        self._runs: dict[str, Run] = {}
        self._values = array("d")
        self._low = self._high = math.nan
        self._seen: dict[str, None] = {}
        self._children = 0
        self.may_leave = True
        for entry in journal.entries():
            self._apply(entry)

    def open(self, run_id: str) -> Run:
        """The run with this id, made when it is new (the trial's own is, at first)."""
        with self.changed:
            if run_id not in self._runs:
                self._write({"run": run_id})
            return self._runs[run_id]

    def create(self, name: str, start: int, tags: dict[str, str]) -> Run:
        """A run for a client that did not ask for an id: the trial's own if it is still free."""
        with self.changed:
            if self._main is None and not self._runs:
                run_id = self._trial
            else:
                self._children += 1
                run_id = f"{self._trial}-child-{self._children}"
            self._write({"run": run_id, "name": name, "start": start, "child": self._children})
            run = self._runs[run_id]
            run.tags.update(tags)
            return run

    def log(self, run_id: str, name: str, value: float, step: int, timestamp: int) -> None:
        """One report of one metric."""
        run = self.open(run_id)
        with self.changed:
            if name not in run.metrics and len(run.metrics) >= _MAX_METRICS:
                return  # somebody makes up names without end
            run.metrics[name] = {
                "key": name,
                "value": wire.encode(value),
                "step": step,
                "timestamp": timestamp,
            }
            if run_id == self._main:
                self._report(name, value, {"step": step, "time": timestamp})
            else:
                self._note_name(name)

    def report(self, name: str, value: float, place: tuple[str, int] | None = None) -> None:
        """One report of one metric by a source without runs.

        Args:
            place: the file it is from and the offset behind it, where reading goes on after a
                restart of the sidecar.
        """
        with self.changed:
            file, offset = place if place is not None else ("", 0)
            self._report(name, value, {"file": file, "offset": offset} if place else {})

    def place(self, file: str) -> int:
        """The offset up to which a file has been taken in."""
        with self.changed:
            return self._places.get(file, 0)

    def move(self, file: str, offset: int) -> None:
        """Remember an offset without a report at it; a restart may forget it again."""
        with self.changed:
            self._places[file] = offset

    def _report(self, name: str, value: float, details: dict[str, Any]) -> None:
        if name == self._metric:
            self._write({"value": wire.encode(value), **details})
            self.changed.notify_all()
        else:
            self._note_name(name)

    def _note_name(self, name: str) -> None:
        if name not in self._seen and len(self._seen) < wire.MAX_NAMES:
            self._write({"seen": name[: wire.MAX_NAME]})
            self.changed.notify_all()

    def update(self, run_id: str, status: str, name: str, end: int | None) -> Run:
        run = self.open(run_id)
        with self.changed:
            self._write({"run": run_id, "status": status, "name": name, "end": end})
            self.changed.notify_all()
            return run

    def left(self) -> None:
        """Note that the sidecar left by itself once; after a restart it does not guess again."""
        with self.changed:
            self._write({"left": True})

    @property
    def count(self) -> int:
        return len(self._values)

    @property
    def ended(self) -> bool:
        """Whether the trainer has closed the trial's run."""
        main = self._runs.get(self._main or "")
        return main is not None and main.status in ("FINISHED", "FAILED", "KILLED")

    def batch(self, first: int) -> wire.Push:
        """The reports from number ``first`` on, as many as one push takes."""
        with self.changed:
            values = tuple(self._values[first - 1 : first - 1 + wire.MAX_BATCH])
            return wire.Push("", self._trial, first, values, tuple(self._seen))

    def summary(self) -> wire.Summary:
        with self.changed:
            return wire.Summary(
                count=len(self._values),
                low=None if math.isnan(self._low) else self._low,
                high=None if math.isnan(self._high) else self._high,
                tail=tuple(self._values[-300:]),
                seen=tuple(self._seen),
            )

    def _write(self, entry: dict[str, Any]) -> None:
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        if "value" in entry:
            self._take(wire.decode(entry["value"]))
            self._note(self._metric)
            if entry.get("file"):
                self._places[entry["file"]] = entry["offset"]
        elif "seen" in entry:
            self._note(entry["seen"])
        elif "left" in entry:
            self.may_leave = False
        elif "run" in entry:
            self._apply_run(entry)

    def _apply_run(self, entry: dict[str, Any]) -> None:
        run_id = entry["run"]
        run = self._runs.setdefault(run_id, Run(run_id))
        if run_id == self._trial or (self._foreign and self._main is None):
            self._main = run_id
        run.name = entry.get("name") or run.name or run_id
        run.start = entry.get("start") or run.start
        run.status = entry.get("status") or run.status
        run.end = entry.get("end") or run.end
        self._children = max(self._children, entry.get("child", 0))

    def _take(self, value: float) -> None:
        self._values.append(value)
        if math.isfinite(value):
            self._low = value if math.isnan(self._low) else min(self._low, value)
            self._high = value if math.isnan(self._high) else max(self._high, value)

    def _note(self, name: str) -> None:
        if len(self._seen) < wire.MAX_NAMES:
            self._seen[name] = None
