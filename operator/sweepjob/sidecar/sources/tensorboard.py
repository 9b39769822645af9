"""Reports what TensorBoard's event files below a log directory say, run by run."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ... import protocol
from ..metric_store import MetricStore
from .event_folder import MOST_FILES, EventFile, Listing, list_event_files
from .event_records import Damaged, Malformed, Record, complete_records
from .regular_files import explain, incomplete, open_regular
from .run_selection import RunSelection, Series, Verdict, may_name, place_of, reading_of

_SESSION = "_hparams_/session_"  # begins the tags of the hparams plugin's records
_FIRST = 5  # records of a file, and values of a record, among which they are
_STARTED, _CHOICE = "started", "run"  # what the pod's start and the chosen run are kept under


class EventFiles:
    """Reads all event files below a folder, each from where it has come to."""

    def __init__(self, folder: Path, recorder: MetricStore) -> None:
        self._folder = folder
        self._recorder = recorder
        recorder.keep(_STARTED, recorder.kept(_STARTED) or time.time())
        self._selection = RunSelection(recorder.metric, recorder.kept(_STARTED))
        self._has_session: dict[str, bool] = {}
        self._troubles: dict[str, str] = {}
        kept = recorder.kept(_CHOICE)
        if kept:
            self._selection.chosen = Series(*kept)

    def read(self, last: bool) -> None:
        """Take in the records that are new.

        Args:
            last: nothing more will be written.
        """
        listing = list_event_files(self._folder)
        self._troubles = {}
        self._selection.begin_pass(listing.runs, time.monotonic(), last=last)
        for file in sorted(listing.files, key=self._rank):
            offset = self._recorder.place(file.key)
            if offset > file.size:
                self._recorder.move(file.key, 0)  # it was written anew
            if offset != file.size:
                self._read_file(file, listing, last=last)
        self._warn(listing)

    def _rank(self, file: EventFile) -> tuple[bool, int, str, str]:
        """Files that may have precedence come first, files of a run in their order of time."""
        metric = self._selection.metric
        return may_name(metric, file.run), place_of(file.run), file.run, file.name

    def _read_file(self, file: EventFile, listing: Listing, *, last: bool) -> None:
        try:
            with open_regular(file.path, self._folder) as opened:
                run = self._run_of(file, opened, listing)
                while self._read_on(file, run, opened):
                    pass  # what was held is reported now
                if last and self._recorder.place(file.key) < opened.seek(0, 2):
                    self._troubles[file.key] = f"the last record of '{file.key}' is cut off."
        except FileNotFoundError:
            return
        except OSError as error:
            self._troubles[file.key] = explain(error, file.key)
        except Damaged as error:
            self._troubles[file.key] = (
                f"'{file.key}' is damaged, or no event file: {error}. What follows there is not read."
            )

    def _run_of(self, file: EventFile, opened: BinaryIO, listing: Listing) -> tuple[str, bool]:
        """The run that a file belongs to, and whether it only repeats what that reports:
        ``add_hparams`` logs the final metrics once more, in a folder of its own.
        """
        if not self._begins_with_session(file, opened):
            return file.run, False
        folders = file.run.split("/") if file.run else []
        above = ("/".join(folders[:n]) for n in reversed(range(len(folders))))
        owner = next((run for run in above if run in listing.runs), None)
        if owner is None:
            beside = (f for f in listing.files if f.run == file.run and f.name < file.name)
            owner = file.run if any(beside) else None
        return (file.run, False) if owner is None else (owner, True)

    def _begins_with_session(self, file: EventFile, opened: BinaryIO) -> bool:
        """Whether the hparams plugin's record of a session is among the first records."""
        known = self._has_session.get(file.key)
        if known is None:
            first: list[Record] = []
            with contextlib.suppress(Damaged):
                first.extend(islice(complete_records(opened, 0), _FIRST))
            known = any(map(_is_session, first))
            if known or len(first) == _FIRST:
                self._has_session[file.key] = known
        return known

    def _read_on(self, file: EventFile, run: tuple[str, bool], opened: BinaryIO) -> bool:
        """Read a file to its end; whether what was held at first may be reported meanwhile."""
        held = False
        for record in complete_records(opened, self._recorder.place(file.key)):
            for value, pending_stop in self._judged(file, run, record):
                if pending_stop is Verdict.HOLD:
                    held = True
                elif pending_stop is Verdict.REPORT and held:
                    return True
                elif pending_stop is Verdict.REPORT:
                    self._report(value, (file.key, record.end))
            if not held:
                self._recorder.move(file.key, record.end)
        return False

    def _judged(
        self, file: EventFile, run: tuple[str, bool], record: Record
    ) -> Iterator[tuple[float, Verdict]]:
        """The scalars of a record that may be the primary metric. The names of others are noted."""
        folder, is_copy = run
        metric = self._selection.metric
        try:
            for logged in record.values():
                if logged.value is None:
                    continue
                reading = reading_of(metric, folder, logged.tag)
                series = Series(folder, logged.tag, is_copy)
                pending_stop = Verdict.IGNORE
                if reading is not None:
                    at = (file.key, record.start)
                    pending_stop = self._selection.judge(series, reading, logged.wall_time, at)
                    yield logged.value, pending_stop
                if pending_stop is Verdict.IGNORE and series.name != metric:
                    self._recorder.report(series.name, logged.value)
        except Malformed as error:
            self._recorder.warn(
                "records",
                protocol.Notice.of(
                    protocol.REPORTS_INCOMPLETE,
                    f"the record at byte {record.start} of '{file.key}' is damaged ({error}) and was "
                    "passed over; see the sidecar's log for others.",
                ),
            )

    def _report(self, value: float, place: tuple[str, int]) -> None:
        chosen = self._selection.chosen
        assert chosen is not None
        self._recorder.keep(_CHOICE, [chosen.run, chosen.tag, chosen.is_copy])
        self._recorder.report(self._selection.metric, value, place)

    def _warn(self, listing: Listing) -> None:
        """Say what could not be read, and which runs were not."""
        texts = list(self._troubles.values())
        texts += [explain(error, Path(error.filename).name) for error in listing.unreadable]
        if listing.left_out:
            texts.append(
                f"more than {MOST_FILES} event files: the others are not read. Give each trial a folder "
                "of its own."
            )
        self._recorder.warn("files", incomplete(texts))
        ambiguity = self._selection.ambiguity()
        notice = protocol.Notice.of(protocol.AMBIGUOUS_METRIC, ambiguity) if ambiguity else None
        self._recorder.warn("runs", notice)


def _is_session(record: Record) -> bool:
    try:
        return any(v.tag.startswith(_SESSION) for v in islice(record.values(), _FIRST))
    except Malformed:
        return False
