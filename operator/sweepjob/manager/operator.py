"""Assembles the operator: for its own process, for a sweep on one machine, and for the tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ..controllers.ingest_authority import IngestAuthority
from ..controllers.push_handler import PushHandler
from ..kube.client import KubeClient
from ..kube.leader_election import LeaderElector
from ..notifications.http_sender import Sender
from ..settings import OperatorSettings
from .access_review import AccessReviewer
from .controller_manager import ControllerManager

_POLL = 0.2  # seconds between two checks whether the caches are synced


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator without the parts that depend on where it runs.

    These are the source of SweepJob events, and the server that receives reports.

    Attributes:
        controller: reconciles; SweepJob events are to be passed to its registry.
        push_handler: ingests the reports of sidecars; pushes are to be passed to it.
        access_reviewer: reviews the permissions of the operator's account.
        ingest_authority: the authority by which sidecars trust the ingest server.
        leader_elector: None for an operator that has no replicas.
        reviews_access: whether the permissions are reviewed at all.
    """

    controller: ControllerManager
    push_handler: PushHandler
    access_reviewer: AccessReviewer
    ingest_authority: IngestAuthority
    leader_elector: LeaderElector | None
    reviews_access: bool

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the coroutines to run, by name; each runs as long as the operator."""
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "caches": self.controller.caches.run(),
            "work": self._work(),
        }
        return (
            {**parts, "permissions": self.access_reviewer.run()} if self.reviews_access else parts
        )

    def not_ready_reasons(self) -> list[str]:
        """Return why the operator cannot do its work, apart from missing permissions."""
        inaccessible = self.access_reviewer.inaccessible_namespaces()
        found = self.controller.caches.problems(inaccessible)
        if self.leader_elector is not None and self.leader_elector.not_ready_reason:
            found.append(self.leader_elector.not_ready_reason)
        return found

    async def await_caches(self) -> None:
        """Wait until everything has been listed in the namespaces that can be read."""
        while True:  # a namespace can become inaccessible meanwhile
            if self.controller.caches.is_synced(self.access_reviewer.inaccessible_namespaces()):
                return
            await asyncio.sleep(_POLL)

    async def _work(self) -> None:
        """Reconcile; with replicas, once this operator leads and for as long as it does."""
        if self.leader_elector is None:
            await self.controller.run()
            return
        await self.await_caches()
        await self.leader_elector.acquire()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.leader_elector.renew())
            group.create_task(self.controller.run())


def build_operator(
    api: KubeClient,
    settings: OperatorSettings,
    clock: Callable[[], float] = time.time,
    *,
    reviews_access: bool = True,
    sender: Sender | None = None,
) -> Operator:
    """Assemble an operator; nothing runs yet.

    Args:
        api: its client. With replicas, the client writes only while this operator leads.
        settings: those of its environment; a lease in them means replicas.
        clock: seconds since the epoch.
        reviews_access: whether it finds out which permissions it lacks. False where there is no
            authorization.
        sender: sends notifications; over HTTP by default.
    """
    access_reviewer = AccessReviewer(
        api,
        settings.namespaces,
        settings.lease,
        changed=lambda: controller.requeue_all(),
        kinds=settings.trial_kinds,
    )
    api.on_access_denied = access_reviewer.on_access_denied
    ingest_authority = IngestAuthority(settings.authority)
    ingest_authority.changed = lambda: controller.requeue_all()
    controller = ControllerManager(
        api,
        settings,
        ingest_authority,
        clock,
        missing_permissions_for=access_reviewer.missing_permissions_for,
        sender=sender,
    )
    leader_elector = None
    if settings.lease is not None:
        leader_elector = elector = LeaderElector(api, *settings.lease, settings.identity)
        api.may_write = lambda: elector.is_leader
    push_handler = PushHandler(
        controller.registry, controller.caches, controller.queues, clock, api.may_write
    )
    return Operator(
        controller,
        push_handler,
        access_reviewer,
        ingest_authority,
        leader_elector,
        reviews_access,
    )
