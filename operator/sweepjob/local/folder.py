"""Persists the objects of a sweep in a folder, as etcd does for the API server."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..timestamps import format_time
from .code import remove_tree
from .job_controller import phase_of
from .object_shapes import SHAPES, find_mismatch
from .store import Body, Change, Store

NAMESPACE = "local"  # of all objects of local sweeps
_RESOURCES = ("configmaps", "sweepjobs", "sweeptrials", "jobs", "pods")
_LOCK = "lock"  # held by the process that runs the sweep
_INTERRUPTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "Interrupted",
    "message": "sweepjob run was interrupted",
}


class FolderError(Exception):
    """The folder of a sweep cannot be used."""


class FolderInUseError(FolderError):
    """Another process runs the sweep of a folder."""


class CorruptFileError(FolderError):
    """A file of a sweep's folder cannot be read.

    Args:
        file: the file.
        why: the cause, for the message, which also has a remedy.
    """

    def __init__(self, file: Path, why: str) -> None:
        remedy = (
            "restore it from a backup, or start again with --fresh"
            if file.parent.name == "sweepjobs"
            else "restore it from a backup, or delete it to run its trial again"
        )
        super().__init__(f"{file} cannot be read: {why}; {remedy}")


class SweepFolder:
    """A folder with a file for each object.

    Args:
        path: the folder; created when the sweep is run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def reserve(self) -> Iterator[None]:
        """Create the folder, and keep other processes from running its sweep at the same time.

        Raises:
            FolderInUseError: another process runs it.
        """
        for resource in _RESOURCES[1:]:
            (self.path / resource).mkdir(parents=True, exist_ok=True)
        with (self.path / _LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUseError(
                    f"another process runs the sweep in {self.path}; watch: sweepjob get {self.path} -w"
                ) from None
            yield

    def record_changes(self, store: Store) -> None:
        """Write the object's file on each change of the store."""
        store.observers.append(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.resource not in _RESOURCES:
            return
        if change.new is None:
            self._file(change.resource, change.body).unlink(missing_ok=True)
        else:
            self.write(change.resource, change.new)

    def write(self, resource: str, body: Body) -> None:
        """Write an object's file; only the process that has reserved the folder may do so."""
        file = self._file(resource, body)
        file.parent.mkdir(exist_ok=True)  # most sweeps have no ConfigMaps
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(body, indent=1))
        os.replace(partial, file)

    def write_results(self, sweep: Body, trials: Iterable[Body]) -> None:
        """Write a finished sweep that another tool has run, for a warm start.

        Raises:
            FolderError: there is a sweep in the folder.
        """
        if any((self.path / resource).exists() for resource in _RESOURCES):
            raise FolderError(
                f"{self.path} has a sweep already; remove it, or choose another folder"
            )
        for resource, bodies in (("sweepjobs", [sweep]), ("sweeptrials", trials)):
            (self.path / resource).mkdir(parents=True)
            for body in bodies:
                self._file(resource, body).write_text(json.dumps(body, indent=1))

    def _file(self, resource: str, body: Body) -> Path:
        return self.path / resource / f"{body['metadata']['name']}.json"

    def load(self, store: Store, now: float) -> None:
        """Restore the store from the files.

        Objects without their owner are deleted. Pods that ran are marked as disrupted, so that their Jobs
        replace them, as after the loss of a node.

        Args:
            store: the store.
            now: seconds since the epoch.

        Raises:
            CorruptFileError: a file cannot be read.
        """
        found = {resource: list(self.read(resource)) for resource in _RESOURCES}
        every = [body for bodies in found.values() for body in bodies]
        versions = (int(body["metadata"]["resourceVersion"]) for body in every)
        store.version = max(store.version, *versions, 0)
        existing = {body["metadata"].get("uid") for body in every}
        for resource, bodies in found.items():
            for body in bodies:
                if not existing.issuperset(_owners(body)):
                    existing.discard(body["metadata"].get("uid"))
                    self._file(resource, body).unlink()
                    continue
                store.put(resource, _mark_interrupted(body, now) if resource == "pods" else body)

    def load_read_only(self, store: Store) -> None:
        """Add the sweep and its trials to the store of another sweep, as the source of its warm start."""
        for resource in ("sweepjobs", "sweeptrials"):
            for body in self.read(resource):
                store.version = max(store.version, int(body["metadata"]["resourceVersion"]))
                store.put(resource, body)

    def read(self, resource: str) -> Iterator[Body]:
        """Yield all objects of a resource, by file name.

        Raises:
            CorruptFileError: a file cannot be read.
        """
        for file in sorted((self.path / resource).glob("*.json")):
            if (text := _text(file)) is not None:
                yield _body(file, text, resource)


def _text(file: Path) -> str | None:
    """Return the contents of a file; None if its object was deleted since the folder was listed."""
    try:
        if not file.is_file() and os.path.lexists(file):  # a pipe would never end
            raise CorruptFileError(file, "it is no file")
        return file.read_text()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CorruptFileError(file, f"{type(error).__name__}: {error}") from None


def _body(file: Path, text: str, resource: str) -> Body:
    try:
        body: Body = json.loads(text)
        int(body["metadata"]["resourceVersion"])
        named = body["metadata"]["name"] == file.stem
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CorruptFileError(file, f"{type(error).__name__}: {error}") from None
    if not named:
        raise CorruptFileError(file, "its object has another name")
    if mismatch := find_mismatch(body, SHAPES[resource]):
        raise CorruptFileError(file, mismatch)
    if resource == "sweepjobs" and not {"objective", "objectives"} & set(body["spec"]):
        raise CorruptFileError(file, "spec.objective is missing")
    return body


def _owners(body: Body) -> Iterator[str]:
    """Yield the uids of an object's owners."""
    return (owner["uid"] for owner in body["metadata"].get("ownerReferences") or ())


def _mark_interrupted(pod: Body, now: float) -> Body:
    if phase_of(pod) in ("Succeeded", "Failed"):
        return pod
    conditions = [*pod["status"].get("conditions", ()), _INTERRUPTED]
    ended = {"terminated": {"exitCode": 137, "finishedAt": format_time(now)}}
    states = [{**s, "state": ended} for s in pod["status"].get("containerStatuses") or ()]
    status = {**pod["status"], "phase": "Failed", "conditions": conditions}
    return {**pod, "status": {**status, "containerStatuses": states}}


def remove_folder(path: Path) -> None:
    """Remove the folder of a sweep, also where a run that was killed left read-only code in it."""
    remove_tree(path)
    if path.exists():
        shutil.rmtree(path)  # its error says what could not be removed


def is_running(path: Path) -> bool:
    """Return whether a process runs the sweep of a folder."""
    try:
        if not (path / _LOCK).is_file():
            return False  # from before there were locks; or a pipe, whose opening would never end
        with (path / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # not readable
    return False


def has_ended(sweep: Mapping[str, Any]) -> bool:
    """Return whether the phase of a SweepJob is final."""
    phase = (sweep.get("status") or {}).get("phase")
    return phase in ("Complete", "Failed", "Invalid")
