"""The sweep's folder: everything that has to outlive the program, as the API server would keep it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ..api.times import format_time
from .job_controller import phase_of
from .store import Body, Change, Store

NAMESPACE = "local"  # of everything that runs here
_KEPT = ("sweepjobs", "sweeptrials", "jobs", "pods")
_INTERRUPTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "Interrupted",
    "message": "sweepjob run was interrupted",
}


class BrokenFile(Exception):
    """A file of a sweep's folder cannot be read; says which, and what to do."""

    def __init__(self, file: Path, why: str) -> None:
        remedy = (
            "put it back from a copy, or begin again with --fresh"
            if file.parent.name == "sweepjobs"
            else "put it back from a copy, or delete it, and what it was about is run again"
        )
        super().__init__(f"{file} cannot be read: {why}; {remedy}")


class Folder:
    """Keeps a file for each object, written anew at every change of it.

    Args:
        path: the folder; made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        for resource in _KEPT:
            (path / resource).mkdir(parents=True, exist_ok=True)

    def keep(self, store: Store) -> None:
        """Write down every change from now on."""
        store.observers.append(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.resource not in _KEPT:
            return
        file = self._file(change.resource, change.body)
        if change.new is None:
            file.unlink(missing_ok=True)
            return
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(change.new, indent=1))
        os.replace(partial, file)

    def _file(self, resource: str, body: Body) -> Path:
        return self.path / resource / f"{body['metadata']['name']}.json"

    def load(self, store: Store, now: float) -> None:
        """Put everything into the store as it was, but for what has lost its owner. Pods that ran then do
        not any more; their Jobs start others, as after the loss of a node.
        """
        found = {resource: list(self.read(resource)) for resource in _KEPT}
        every = [body for bodies in found.values() for body in bodies]
        versions = (int(body["metadata"]["resourceVersion"]) for body in every)
        store.version = max(store.version, *versions, 0)
        there = {body["metadata"].get("uid") for body in every}
        for resource, bodies in found.items():
            for body in bodies:
                if not there.issuperset(_owners(body)):
                    there.discard(body["metadata"].get("uid"))
                    self._file(resource, body).unlink()
                    continue
                store.put(resource, _lost(body, now) if resource == "pods" else body)

    def lend(self, store: Store) -> None:
        """Put its sweep and trials there, for another sweep to begin with. They are not kept there."""
        for resource in ("sweepjobs", "sweeptrials"):
            for body in self.read(resource):
                store.version = max(store.version, int(body["metadata"]["resourceVersion"]))
                store.put(resource, body)

    def read(self, resource: str) -> Iterator[Body]:
        """All objects of a kind, as they were written last.

        Raises:
            BrokenFile: one of them cannot be read.
        """
        for file in sorted((self.path / resource).glob("*.json")):
            yield _body(file)


def _body(file: Path) -> Body:
    try:
        body = json.loads(file.read_text())
        int(body["metadata"]["resourceVersion"])
        named = body["metadata"]["name"] == file.stem
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenFile(file, f"{type(error).__name__}: {error}") from None
    if not named:
        raise BrokenFile(file, "it is of an object of another name")
    return cast(Body, body)


def _owners(body: Body) -> Iterator[str]:
    """The uids of what an object goes with."""
    return (owner["uid"] for owner in body["metadata"].get("ownerReferences") or ())


def _lost(pod: Body, now: float) -> Body:
    if phase_of(pod) in ("Succeeded", "Failed"):
        return pod
    conditions = [*pod["status"].get("conditions", ()), _INTERRUPTED]
    ended = {"terminated": {"exitCode": 137, "finishedAt": format_time(now)}}
    states = [{**s, "state": ended} for s in pod["status"].get("containerStatuses") or ()]
    status = {**pod["status"], "phase": "Failed", "conditions": conditions}
    return {**pod, "status": {**status, "containerStatuses": states}}


def is_over(sweep: Mapping[str, Any]) -> bool:
    """Whether there is nothing more to do about it."""
    phase = (sweep.get("status") or {}).get("phase")
    return phase in ("Complete", "Failed", "Invalid")
