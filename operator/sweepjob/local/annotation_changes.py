"""Changes tags and notes of trials in a folder, also while another process runs its sweep.

One process owns the records of a folder: the one that has its lock. Others leave a file with the change,
which the owner applies and deletes. Where no process runs the sweep, the one that left the file takes the
lock itself.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from ..api import names
from ..api.sweeptrial.annotations import AnnotationChange
from .api_server import merge
from .folder import FolderError, FolderInUseError, SweepFolder

_log = logging.getLogger(__name__)
_FOLDER = "annotation-changes"
_PAUSE = 0.05  # seconds between two looks
_PATIENCE = 30.0  # seconds that the process that runs the sweep has
Apply = Callable[[str, AnnotationChange], None]


def change_annotations(path: Path, trial: str, change: AnnotationChange) -> None:
    """Change the tags and the note of a trial, and return when its record has them.

    Args:
        path: the folder of the sweep.
        trial: name of a trial of it.
        change: a change that was checked.

    Raises:
        FolderError: the folder cannot be written, or the process that runs the sweep does not answer.
    """
    folder = SweepFolder(path)
    try:
        request = _write_request(path, trial, change)
        deadline = time.monotonic() + _PATIENCE
        while request.exists():
            try:
                with folder.reserve():
                    apply_changes(path, lambda name, each: _apply(folder, name, each))
            except FolderInUseError:
                if time.monotonic() > deadline:
                    request.unlink(missing_ok=True)
                    raise
                time.sleep(_PAUSE)
    except FolderInUseError:
        raise FolderError(
            f"{trial} is not changed: the process that runs the sweep in {path} has not answered for "
            f"{_PATIENCE:.0f} s; is it suspended, or of an earlier version? Try again when it has ended"
        ) from None
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error}") from None


def _write_request(path: Path, trial: str, change: AnnotationChange) -> Path:
    """Write the file of a change, whose name gives the order, and return it."""
    file = path / _FOLDER / f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
    file.parent.mkdir(exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps({"trial": trial, "change": change.dump()}))
    os.replace(partial, file)
    return file


def apply_changes(path: Path, apply: Apply) -> None:
    """Apply all changes that are requested, the oldest first; only the owner of the records may do so.

    Args:
        path: the folder of the sweep.
        apply: changes the record of the trial with a name.
    """
    for file in sorted((path / _FOLDER).glob("*.json")):
        try:
            data = json.loads(file.read_text())
            trial, change = str(data["trial"]), AnnotationChange.parse(data["change"])
        except FileNotFoundError:
            continue  # the one that left it has given up
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            _log.warning("%s is not a change of a trial, and is deleted: %s", file, error)
        else:
            apply(trial, change)
        file.unlink(missing_ok=True)


def _apply(folder: SweepFolder, trial: str, change: AnnotationChange) -> None:
    """Change the file of a trial; a trial that is gone has nothing to change."""
    for body in folder.read(names.SWEEPTRIALS):
        if body["metadata"]["name"] == trial:
            changed = merge(body, {"metadata": change.metadata()})
            changed["metadata"]["resourceVersion"] = str(
                int(body["metadata"]["resourceVersion"]) + 1
            )
            folder.write(names.SWEEPTRIALS, changed)
