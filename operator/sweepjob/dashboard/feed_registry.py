"""The SweepJobs that the dashboard may read, and the feeds of those that viewers have open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.messages.missing_crd import missing_crd
from ..api.resources import SWEEPJOBS
from ..kube.client import KubeClient
from ..kube.informer import Informer
from ..kube.object_cache import Key
from .cache_sync import Unavailable, wait_until_synced
from .sweep_feed import SweepFeed

Body = Mapping[str, Any]
# Seconds that a feed stays open after its last viewer has gone: a reloaded page finds it filled.
_IDLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CachedSweep:
    """A SweepJob in the cache."""

    body: Body

    @property
    def namespace(self) -> str:
        """The namespace of the SweepJob."""
        return str(self.body["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """The name of the SweepJob."""
        return str(self.body["metadata"]["name"])

    @property
    def uid(self) -> str:
        """The uid of the SweepJob, which no later object of the name has."""
        return str(self.body["metadata"]["uid"])

    @property
    def version(self) -> str:
        """The resource version of the SweepJob; it changes with each write."""
        return str(self.body["metadata"]["resourceVersion"])


class FeedRegistry:
    """Watches the SweepJobs, and opens and closes the feeds of single sweeps.

    Args:
        api: the API server.
        namespaces: the namespaces to watch; None for all.
    """

    def __init__(self, api: KubeClient, namespaces: Sequence[str | None]) -> None:
        self._api = api
        self._feeds: dict[Key, SweepFeed] = {}
        self._next_change = asyncio.Event()
        self._informers = [
            Informer(
                api,
                SWEEPJOBS,
                CachedSweep,
                self._on_sweep_event,
                namespace,
                not_served_message=missing_crd(names.SWEEPJOBS, {}),
            )
            for namespace in namespaces
        ]

    async def run(self) -> None:
        """Watch the SweepJobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers:
                group.create_task(informer.run())

    def close(self) -> None:
        """Close all feeds."""
        for feed in self._feeds.values():
            feed.close()
        self._feeds.clear()

    async def wait_until_synced(self, seconds: float = 15.0) -> None:
        """Wait until all SweepJobs have been listed.

        Raises:
            Unavailable: they were not listed in time; the message says why.
        """
        waits = (wait_until_synced(informer, seconds) for informer in self._informers)
        await asyncio.gather(*waits)

    def sweeps(self) -> list[Body]:
        """Return all SweepJobs."""
        return [sweep.body for informer in self._informers for sweep in informer]

    async def wait_for_change(self) -> None:
        """Wait until any SweepJob has changed."""
        await self._next_change.wait()

    def _on_sweep_event(self, old: CachedSweep | None, new: CachedSweep | None) -> None:
        self._next_change.set()
        self._next_change = asyncio.Event()
        sweep = new or old
        assert sweep is not None
        key = (sweep.namespace, sweep.name)
        feed = self._feeds.get(key)
        if feed is None:
            return
        if new is None or (old is not None and old.uid != new.uid):
            del self._feeds[key]
            feed.close()
        else:
            feed.update_sweep(new.body)

    @contextlib.asynccontextmanager
    async def feed(self, namespace: str, name: str) -> AsyncIterator[SweepFeed]:
        """Open the feed of a sweep, which is kept open at least as long as this context.

        Raises:
            Unavailable: there is no such sweep.
        """
        key = (namespace, name)
        found = (informer.get(namespace, name) for informer in self._informers)
        sweep = next((s for s in found if s is not None), None)
        if sweep is None:
            raise Unavailable(f"there is no sweep {namespace}/{name}")
        if key not in self._feeds:
            self._feeds[key] = SweepFeed(self._api, sweep.body)
        feed = self._feeds[key]
        feed.viewers += 1
        try:
            yield feed
        finally:
            feed.viewers -= 1
            loop = asyncio.get_running_loop()
            loop.call_later(_IDLE_SECONDS, self._close_if_idle, key, feed)

    async def prefetch(self, namespace: str, name: str) -> None:
        """Open the feed of a sweep that a viewer will request in a moment."""
        with contextlib.suppress(Unavailable):
            await self.wait_until_synced()
            async with self.feed(namespace, name):
                pass

    def _close_if_idle(self, key: Key, feed: SweepFeed) -> None:
        if feed.viewers == 0 and self._feeds.get(key) is feed:
            del self._feeds[key]
            feed.close()
