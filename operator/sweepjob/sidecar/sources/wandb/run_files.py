"""Reports the history of the runs of Weights & Biases below a folder.

Each run has a folder with a ``.wandb`` file, also while it is sent to a server. All runs count, in the
order of their rows' times. If several have the primary metric, a notice says so, since they may be parts
of something, such as folds. A metric that is only in the summary is reported once, at the end.
"""

from __future__ import annotations

import heapq
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .... import protocol
from ...metric_store import MetricStore
from ..safe_open import explain, incomplete, open_regular
from .records import MalformedRecord, is_wanted, logged_values, time_of
from .transaction_log import LONGEST, DamagedLog, LogRecord, read_log

_SUFFIX = ".wandb"
_MOST = 1000  # runs
_AT_ONCE = 50  # files that are open at a time
_DEPTH = 4  # folders: WANDB_DIR/wandb/offline-run-.../run-....wandb
_REPORTED, _SUMMARY = "wandb runs", "wandb summary"  # keys of the saved state
_SHOWN = 60  # characters of a value in a message


@dataclass(frozen=True, slots=True, order=True)
class _Row:
    """A record of a file that was not read before.

    Attributes:
        time: when it was logged, or the last one of the file that says so; it orders rows of several
            files, since runs that begin in the same second have no order by name.
        key: the file.
        data: the record; None if it is not needed or cannot be read.
        end: the offset after it.
    """

    time: float
    key: str = field(compare=False)
    data: bytes | None = field(compare=False)
    end: int = field(compare=False)


class WandbRuns:
    """Reads the files of all runs below a folder, each from where it stopped.

    Args:
        folder: the folder of WANDB_DIR.
        store: the reports.
    """

    def __init__(self, folder: Path, store: MetricStore) -> None:
        self._folder = folder
        self._store = store
        self._problems: dict[str, str] = {}  # what stays true, by file
        self._errors: dict[str, str] = {}  # what may pass
        self._runs: list[str] = list(store.source_state(_REPORTED) or [])  # with the primary metric

    def read(self, last: bool) -> None:
        """Read the records that are new.

        Args:
            last: nothing more will be written.
        """
        self._errors = {}
        listed = sorted(_files(self._folder))
        if len(listed) > _MOST:
            self._errors[""] = f"more than {_MOST} runs: the others are not read"
        for first in range(0, min(len(listed), _MOST), _AT_ONCE):
            paths = listed[first : min(first + _AT_ONCE, _MOST)]
            for row in heapq.merge(*(self._rows(path, last=last) for path in paths)):
                if row.data is not None:
                    self._read_record(row.key, row.data, row.end)
                self._store.set_offset(row.key, row.end)
        if last:
            self._report_summary()
        self._warn()

    def _rows(self, path: Path, *, last: bool) -> Iterator[_Row]:
        key = path.relative_to(self._folder).as_posix()
        try:
            with open_regular(path, self._folder) as file:
                yield from self._new_rows(key, file, last=last)
        except FileNotFoundError:
            return
        except OSError as error:
            self._errors[key] = explain(error, path.name)
        except DamagedLog as error:
            self._errors[key] = f"'{path.name}' is not a file of W&B's client: {error}"

    def _new_rows(self, key: str, file: BinaryIO, *, last: bool) -> Iterator[_Row]:
        size = os.fstat(file.fileno()).st_size
        offset = self._store.offset(key)
        if offset > size:
            offset = 0  # rewritten
            self._store.note_rewritten(key)
        if offset == size:
            return
        time = -math.inf
        for record in read_log(file, offset, is_wanted, last=last):
            self._note_loss(key, record)
            if record.data is not None:
                time = max(time, time_of(record.data) or time)
            yield _Row(time, key, record.data, record.end)
            offset = record.end
        if last and offset < size and not self._problems.get(key):
            self._problems[key] = f"the last record of '{Path(key).name}' is cut off."

    def _note_loss(self, key: str, record: LogRecord) -> None:
        if record.is_damaged:
            self._problems[key] = (
                f"'{Path(key).name}' is damaged before byte {record.end}; the records there are lost."
            )
        if record.is_too_long:
            self._problems[key] = (
                f"a row of '{Path(key).name}' is longer than {LONGEST} bytes and was skipped. Log "
                "media as wandb.Image and the like, not as lists."
            )

    def _read_record(self, key: str, data: bytes, end: int) -> None:
        try:
            found = list(logged_values(data))
        except MalformedRecord as error:
            self._problems[key] = f"a record of '{Path(key).name}' was skipped: {error}."
            return
        # The primary metric last: reading resumes after the record once its report is in the journal.
        for is_history, name, value in sorted(found, key=lambda v: v[1] == self._store.metric):
            number = _number(value)
            if number is None:
                self._note_no_number(key, name, value)
            elif is_history:
                self._report(key, name, number, end)
            elif name == self._store.metric and not self._runs:
                self._store.save_source_state(_SUMMARY, protocol.encode(number))

    def _report(self, key: str, name: str, value: float, end: int) -> None:
        if name == self._store.metric and (run := Path(key).stem) not in self._runs:
            self._runs.append(run)
            self._store.save_source_state(_REPORTED, self._runs)
        self._store.add_report(name, value, (key, end))

    def _report_summary(self) -> None:
        """Report a metric that was set in the summary only."""
        value = self._store.source_state(_SUMMARY)
        if value is not None and not self._runs:
            self._runs.append("summary")
            self._store.save_source_state(_REPORTED, self._runs)
            self._store.add_report(self._store.metric, protocol.decode(value))

    def _note_no_number(self, key: str, name: str, value: Any) -> None:
        if name == self._store.metric and value is not None:
            self._problems[f"{key} values"] = (
                f"'{Path(key).name}' has a value of '{name}' that is not a number: "
                f"{str(value)[:_SHOWN]!r}."
            )

    def _warn(self) -> None:
        """Set notices about files that could not be read, and about several runs."""
        texts = [*self._problems.values(), *self._errors.values()]
        self._store.set_notice("files", incomplete(texts))
        notice = None
        if len(self._runs) > 1:
            listed = ", ".join(self._runs[:5])
            notice = protocol.Notice.of(
                protocol.AMBIGUOUS_METRIC,
                f"{len(self._runs)} runs of W&B logged '{self._store.metric}', and all count: {listed}. "
                "If they are folds or processes of the trial, log the metric of the trial in one of them "
                "only, or under another name.",
            )
        self._store.set_notice("runs", notice)


def _number(value: Any) -> float | None:
    """Return a number; texts count only where they stand for what JSON cannot express."""
    if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
        return None
    try:
        return protocol.decode(value)
    except ValueError:
        return None


def _files(folder: Path, depth: int = _DEPTH) -> Iterator[Path]:
    """Yield the files of runs below a folder; links to folders, such as latest-run, are not followed.

    The folder of a run is named after the time of its begin, so that paths sort in that order.
    """
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if depth > 1:
                yield from _files(Path(entry.path), depth - 1)
        elif entry.name.startswith("run-") and entry.name.endswith(_SUFFIX):
            yield Path(entry.path)
