"""The dashboard of sweeps in folders of this machine: their objects in an API server in memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.sweeptrial.annotations import AnnotationChange
from ..dashboard.access import RequestRejected
from ..dashboard.sweep_feed import CachedTrial
from ..kube.client import KubeClient
from ..local.api_server import MemoryApiServer
from ..local.folder import NAMESPACE
from ..local.transport import MemoryTransport
from .errors import CommandError
from .folder_sweeps import FolderSweeps, degraded

_POLL = 1.0  # seconds between two looks at the folders
_OLD = "this page shows what was read before; it goes on by itself"


class FolderApi:
    """An API server in memory that follows the objects in folders.

    Args:
        source: the folders.

    Attributes:
        client: reads the objects.
    """

    def __init__(self, source: FolderSweeps) -> None:
        self._source = source
        self._server = MemoryApiServer(time.time)
        self._seen: dict[tuple[str, str], str] = {}
        self.client = KubeClient(MemoryTransport(self._server, _no_log))
        self.refresh()

    async def follow(self) -> None:
        """Read the folders again and again until cancelled."""
        while True:
            await asyncio.sleep(_POLL)
            try:
                self.refresh()
            except (CommandError, OSError) as error:
                self._show_failure(str(error))

    def _show_failure(self, why: str) -> None:
        """Say in all sweeps that they are shown as they were, until the folders can be read again."""
        for key, text in self._seen.items():
            if key[0] == names.SWEEPJOBS and text:
                body = degraded(json.loads(text), "FolderCannotBeRead", f"{_OLD}: {why}")
                self._server.store.put(key[0], dict(body))
                self._seen[key] = ""  # no file has this content: what is read next replaces it

    def refresh(self) -> None:
        """Take over what has changed in the folders."""
        found = {}
        for sweep in self._source.sweeps():
            for body in (sweep, *self._related(sweep)):
                resource = names.SWEEPJOBS if body["kind"] == names.SWEEPJOB else names.SWEEPTRIALS
                found[resource, body["metadata"]["name"]] = body
        for key, body in found.items():
            text = json.dumps(body)
            if self._seen.get(key) != text:
                self._seen[key] = text
                self._server.store.put(key[0], dict(body))
        for key in [key for key in self._seen if key not in found]:
            del self._seen[key]
            self._server.store.remove(key[0], (NAMESPACE, key[1]))

    def _related(self, sweep: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        own = self._source.trials(sweep["metadata"]["name"])
        return [*own, *self._source.warm_started_by(sweep)]


class FolderAnnotations:
    """Changes tags and notes of trials in folders, and shows them at once.

    Args:
        source: the folders.
        api: what the dashboard reads.
    """

    def __init__(self, source: FolderSweeps, api: FolderApi) -> None:
        self._source, self._api = source, api

    async def apply(self, trial: CachedTrial, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Raises:
            RequestRejected: the folder cannot be written; the message says why.
        """
        try:
            await asyncio.to_thread(self._source.annotate, trial.name, change)
        except CommandError as error:
            raise RequestRejected(409, str(error)) from None
        self._api.refresh()


async def _no_log(pod: str, after: float) -> Any:
    """Yield nothing: the page of a folder reads no logs through the API server."""
    for line in tuple[bytes, ...]():
        yield line
