"""Lists the event files below a log directory, in memory that does not grow with other files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import _ScandirIterator  # the class has no public name

    _Scan = _ScandirIterator[str]

_MARK = "tfevents"
_MAX_DEPTH = 50  # nested folders: each is open while those below it are listed
MOST_FILES = 10_000  # event files
_MAX_ERRORS = 3  # of folders that cannot be listed


@dataclass(frozen=True, slots=True)
class EventFile:
    """An event file.

    Attributes:
        run: its folder relative to the log directory, with slashes; empty for the log directory.
        name: the name of the file.
        path: the path of the file.
        size: its size in bytes.
        identity: device and inode.
    """

    run: str
    name: str
    path: Path
    size: int
    identity: tuple[int, int]

    @property
    def key(self) -> str:
        """Its path relative to the log directory."""
        return f"{self.run}/{self.name}" if self.run else self.name


@dataclass(frozen=True, slots=True)
class Listing:
    """The content of a log directory.

    Attributes:
        files: event files with content, each once, even where several links lead to it.
        runs: folders that have an event file, empty ones included.
        left_out: there are more than MOST_FILES.
        unreadable: errors of the first folders that could not be listed.
    """

    files: tuple[EventFile, ...]
    runs: frozenset[str]
    left_out: bool
    unreadable: tuple[OSError, ...]


def list_event_files(folder: Path) -> Listing:
    """List the event files below a folder. Links to folders are not followed."""
    found: dict[tuple[int, int], EventFile] = {}
    runs: set[str] = set()
    unreadable: list[OSError] = []
    left_out = False
    for entry in _entries(folder, unreadable):
        if _MARK not in entry.name:
            continue
        file = _event_file(entry, folder)
        if file is not None and (file.run in runs or len(runs) < MOST_FILES):
            runs.add(file.run)
        if file is None or file.size == 0:
            continue
        known = found.get(file.identity)
        if known is None and len(found) >= MOST_FILES:
            left_out = True
        elif known is None or known.path.is_symlink():
            found[file.identity] = file
    return Listing(tuple(found.values()), frozenset(runs), left_out, tuple(unreadable))


def _entries(folder: Path, unreadable: list[OSError]) -> Iterator[os.DirEntry[str]]:
    """Yield all entries below a folder that are not folders."""
    open_folders = _scan(str(folder), unreadable)
    try:
        while open_folders:
            entry = next(open_folders[-1], None)
            if entry is None:
                open_folders.pop()
            elif not entry.is_dir(follow_symlinks=False):
                yield entry
            elif len(open_folders) < _MAX_DEPTH:
                open_folders += _scan(entry.path, unreadable)
            else:
                _note(unreadable, OSError(0, "it is too deep", entry.path))
    finally:
        for left in open_folders:
            left.close()


def _scan(path: str, unreadable: list[OSError]) -> list[_Scan]:
    """Return the iterator over a folder; empty where it cannot be listed."""
    try:
        return [os.scandir(path)]
    except FileNotFoundError:
        return []
    except OSError as error:
        _note(unreadable, error)
        return []


def _note(unreadable: list[OSError], error: OSError) -> None:
    if len(unreadable) < _MAX_ERRORS:
        unreadable.append(error)


def _event_file(entry: os.DirEntry[str], folder: Path) -> EventFile | None:
    path = Path(entry.path)
    try:
        status = entry.stat()
    except OSError:
        return None  # removed meanwhile, or a broken link
    run = path.parent.relative_to(folder).as_posix()
    identity = (status.st_dev, status.st_ino)
    return EventFile("" if run == "." else run, entry.name, path, status.st_size, identity)
