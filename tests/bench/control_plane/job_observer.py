"""Observes the creation of Jobs and the ends of pods, by watches of its own, whoever runs them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient


async def follow(
    api: KubeClient, resource: resources.Resource, namespace: str, version: str
) -> AsyncIterator[dict[str, Any]]:
    """Objects as they change, from a version on, for ever."""
    while True:
        async for event in api.watch(resource, namespace, "", version):
            version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK":
                yield event["object"]


@dataclass
class JobObserver:
    """Times of a run, in seconds of this machine's clock, in the order in which they were seen.

    Attributes:
        created: when each Job appeared.
        ended: when each pod was seen to have ended.
        completed: when each Job was seen to be complete.
    """

    api: KubeClient
    namespace: str
    created: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    completed: list[float] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    async def start(self) -> None:
        for resource, look in ((resources.JOBS, self._job), (resources.PODS, self._pod)):
            page = await self.api.list_page(resource, self.namespace, "", "")
            version = page["metadata"]["resourceVersion"]
            self._tasks.append(asyncio.create_task(self._watch(resource, version, look)))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _watch(self, resource: resources.Resource, version: str, look: Any) -> None:
        async for body in follow(self.api, resource, self.namespace, version):
            look(body)

    def _note(self, kind: str, uid: str, times: list[float]) -> None:
        if (kind, uid) not in self._seen:
            self._seen.add((kind, uid))
            times.append(time.time())

    def _job(self, body: dict[str, Any]) -> None:
        uid = body["metadata"]["uid"]
        self._note("created", uid, self.created)
        conditions = body.get("status", {}).get("conditions") or ()
        if any(c["type"] == "Complete" and c["status"] == "True" for c in conditions):
            self._note("completed", uid, self.completed)

    def _pod(self, body: dict[str, Any]) -> None:
        if body["status"].get("phase") in ("Succeeded", "Failed"):
            self._note("ended", body["metadata"]["uid"], self.ended)

    def turnarounds(self, concurrent: int) -> list[float]:
        """Seconds from a pod's end to the creation of the Job that takes its slot: the first end frees
        the slot of the first Job beyond the concurrency, and so on."""
        return [new - end for end, new in zip(self.ended, self.created[concurrent:], strict=False)]
