"""Reports the scalars of TensorBoard's event files below a log directory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from .... import protocol
from ...metric_store import MetricStore
from ..safe_open import explain, incomplete, open_regular
from .event_file_listing import MOST_FILES, EventFile, Listing, list_event_files
from .event_records import DamagedFile, Logged, MalformedRecord, Record, read_records
from .run_selection import (
    RunSelection,
    ScalarAction,
    Series,
    match_metric,
    may_refer_to_run,
    run_precedence,
)

_SESSION = "_hparams_/session_"  # prefix of the tags of the hparams plugin's records
_FIRST = 5  # records of a file, and values of a record, that are searched for it
_STARTED, _CHOICE = (
    "started",
    "run",
)  # keys of the saved state: the pod's start and the selected run


class EventFiles:
    """Reads all event files below a folder, each from where it stopped.

    Args:
        folder: the log directory.
        store: the reports.
    """

    def __init__(self, folder: Path, store: MetricStore) -> None:
        self._folder = folder
        self._store = store
        store.save_source_state(_STARTED, store.source_state(_STARTED) or time.time())
        self._selection = RunSelection(store.metric, store.source_state(_STARTED))
        self._has_session: dict[str, bool] = {}
        self._errors: dict[str, str] = {}
        kept = store.source_state(_CHOICE)
        if kept:
            self._selection.chosen = Series(*kept)

    def read(self, last: bool) -> None:
        """Read the records that are new.

        Args:
            last: nothing more will be written.
        """
        listing = list_event_files(self._folder)
        self._errors = {}
        self._selection.begin_pass(listing.runs, time.monotonic(), last=last)
        for file in sorted(listing.files, key=self._rank):
            offset = self._store.offset(file.key)
            if offset > file.size:
                self._store.set_offset(file.key, 0)  # rewritten
                self._store.note_rewritten(file.key)
            if offset != file.size:
                self._read_file(file, listing, last=last)
        self._warn(listing)

    def _rank(self, file: EventFile) -> tuple[bool, int, str, str]:
        """Sort files that may have precedence first, and files of a run by their names."""
        metric = self._selection.metric
        return may_refer_to_run(metric, file.run), run_precedence(file.run), file.run, file.name

    def _read_file(self, file: EventFile, listing: Listing, *, last: bool) -> None:
        try:
            with open_regular(file.path, self._folder) as opened:
                run = self._run_of(file, opened, listing)
                while self._read_on(file, run, opened):
                    pass  # repeat: what was held is reported now
                if last and self._store.offset(file.key) < opened.seek(0, 2):
                    self._errors[file.key] = f"the last record of '{file.key}' is cut off."
        except FileNotFoundError:
            return
        except OSError as error:
            self._errors[file.key] = explain(error, file.key)
        except DamagedFile as error:
            self._errors[file.key] = (
                f"'{file.key}' is damaged, or not an event file: {error}. What follows there is not read."
            )

    def _run_of(self, file: EventFile, opened: BinaryIO, listing: Listing) -> tuple[str, bool]:
        """Return the run of a file, and whether the file only repeats that run's scalars.

        ``add_hparams`` logs the final metrics again, in a folder of its own.
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
        """Return whether the hparams plugin's record of a session is among the first records."""
        known = self._has_session.get(file.key)
        if known is None:
            first: list[Record] = []
            with contextlib.suppress(DamagedFile):
                first.extend(islice(read_records(opened, 0), _FIRST))
            known = any(map(_is_session, first))
            if known or len(first) == _FIRST:
                self._has_session[file.key] = known
        return known

    def _read_on(self, file: EventFile, run: tuple[str, bool], opened: BinaryIO) -> bool:
        """Read a file to its end; return whether a scalar that was held may be reported now."""
        held = False
        for record in read_records(opened, self._store.offset(file.key)):
            for logged, action in self._decided(file, run, record):
                if action is ScalarAction.HOLD:
                    held = True
                elif action is ScalarAction.REPORT and held:
                    return True
                elif action is ScalarAction.REPORT and logged.value is not None:
                    self._report(logged.value, (file.key, record.end), logged.step)
            if not held:
                self._store.set_offset(file.key, record.end)
        return False

    def _decided(
        self, file: EventFile, run: tuple[str, bool], record: Record
    ) -> Iterator[tuple[Logged, ScalarAction]]:
        """Yield the scalars of a record that may be the primary metric; add the names of the others."""
        folder, is_copy = run
        metric = self._selection.metric
        try:
            for logged in record.values():
                if logged.value is None:
                    continue
                reading = match_metric(metric, folder, logged.tag)
                series = Series(folder, logged.tag, is_copy)
                action = ScalarAction.IGNORE
                if reading is not None:
                    at = (file.key, record.start)
                    action = self._selection.decide(series, reading, logged.wall_time, at)
                    yield logged, action
                if action is ScalarAction.IGNORE and series.name != metric:
                    self._store.add_report(series.name, logged.value, (file.key, record.end))
        except MalformedRecord as error:
            self._store.set_notice(
                "records",
                protocol.Notice.of(
                    protocol.REPORTS_INCOMPLETE,
                    f"the record at byte {record.start} of '{file.key}' is damaged ({error}) and was "
                    "skipped; see the sidecar's log for others.",
                ),
            )

    def _report(self, value: float, place: tuple[str, int], step: int) -> None:
        chosen = self._selection.chosen
        assert chosen is not None
        self._store.save_source_state(_CHOICE, [chosen.run, chosen.tag, chosen.is_copy])
        self._store.add_report(self._selection.metric, value, place, step=step)

    def _warn(self, listing: Listing) -> None:
        """Set the notices about files that could not be read and about other runs."""
        texts = list(self._errors.values())
        texts += [explain(error, Path(error.filename).name) for error in listing.unreadable]
        if listing.left_out:
            texts.append(
                f"more than {MOST_FILES} event files: the others are not read. Give each trial a folder "
                "of its own."
            )
        self._store.set_notice("files", incomplete(texts))
        ambiguity = self._selection.ambiguity()
        notice = protocol.Notice.of(protocol.AMBIGUOUS_METRIC, ambiguity) if ambiguity else None
        self._store.set_notice("runs", notice)


def _is_session(record: Record) -> bool:
    try:
        return any(v.tag.startswith(_SESSION) for v in islice(record.values(), _FIRST))
    except MalformedRecord:
        return False
