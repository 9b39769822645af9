"""Assembles the operator: for its own process, for a sweep on one machine, and for the tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from ..controllers.push_handler import PushHandler
from ..kube.client import KubeClient
from ..kube.leader_election import LeaderElector
from ..settings import Settings
from .access_review import RightsReviewer
from .controller_manager import ControllerManager

_POLL = 0.2  # seconds between two checks whether the caches are synced


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator without the parts that depend on where it runs.

    These are the source of SweepJob events, and the server that receives reports.

    Attributes:
        controller: reconciles; SweepJob events are to be passed to it.
        push_handler: ingests the reports of sidecars; pushes are to be passed to it.
        rights: reviews the rights of the operator's account.
        leader_elector: None for an operator that has no replicas.
        reviews_rights: whether the rights are reviewed at all.
    """

    controller: ControllerManager
    push_handler: PushHandler
    rights: RightsReviewer
    leader_elector: LeaderElector | None
    reviews_rights: bool

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """The coroutines to run, by name, for as long as the operator runs; none ends on its own."""
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "caches": self.controller.caches.run(),
            "work": self._work(),
        }
        return {**parts, "rights": self.rights.run()} if self.reviews_rights else parts

    def not_ready_reasons(self) -> list[str]:
        """Why the operator cannot do its work, apart from missing rights."""
        inaccessible = self.rights.inaccessible_namespaces()
        found = self.controller.caches.problems(inaccessible)
        if self.leader_elector is not None and self.leader_elector.not_ready_reason:
            found.append(self.leader_elector.not_ready_reason)
        return found

    async def await_caches(self) -> None:
        """Wait until everything has been listed in the namespaces that can be read."""
        while True:  # a namespace can become inaccessible meanwhile
            if self.controller.caches.is_synced(self.rights.inaccessible_namespaces()):
                return
            await asyncio.sleep(_POLL)

    async def _work(self) -> None:
        """Reconcile; with replicas, once this operator leads and for as long as it does."""
        if self.leader_elector is None:
            await self.controller.queues.run()
            return
        await self.await_caches()
        await self.leader_elector.acquire()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.leader_elector.renew())
            group.create_task(self.controller.queues.run())


def build_operator(
    api: KubeClient,
    settings: Settings,
    clock: Callable[[], float] = time.time,
    *,
    reviews_rights: bool = True,
) -> Operator:
    """Assemble an operator; nothing runs yet.

    Args:
        api: its client. With replicas, the client writes only while this operator leads.
        settings: those of its environment; a lease in them means replicas.
        clock: seconds since the epoch.
        reviews_rights: whether it finds out which rights it lacks. False where there is no authorization.
    """
    rights = RightsReviewer(
        api, settings.namespaces, settings.lease, changed=lambda: controller.requeue_all()
    )
    api.on_access_denied = rights.on_access_denied
    controller = ControllerManager(
        api, settings, clock, missing_rights_for=rights.missing_rights_for
    )
    leader_elector = None
    if settings.lease is not None:
        leader_elector = elector = LeaderElector(api, *settings.lease, settings.identity)
        api.may_write = lambda: elector.is_leader
    push_handler = PushHandler(controller.reports, controller.caches, api.may_write)
    return Operator(controller, push_handler, rights, leader_elector, reviews_rights)
