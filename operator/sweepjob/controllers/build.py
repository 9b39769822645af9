"""The operator, put together from its parts."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Coroutine
from typing import Any

from prometheus_client import REGISTRY

from ..ingest.process import IngestProcess
from ..kube.client import KubeClient
from ..kube.lease import LeaderElection
from ..settings import Settings
from ..telemetry.loop_monitor import monitor_loop
from ..telemetry.metrics import Gauges, Health
from ..telemetry.serving import serve_telemetry
from .ingest_check import IngestCheck
from .permissions import Permissions
from .push_handler import PushHandler
from .readiness import Readiness
from .sweep_controller import SweepController
from .sweepjob_audit import SweepJobAudit
from .sweepjob_watch import SweepJobWatch

_LOOK = 0.2  # seconds between two looks at the caches


class Operator:
    """All that runs in the operator's process.

    Attributes:
        leadership: None for an operator that is alone.
    """

    def __init__(self, api: KubeClient, settings: Settings) -> None:
        self._settings = settings
        self._told_to_end = asyncio.Event()
        self._permissions = Permissions(
            api, settings.namespaces, settings.lease, lambda: self._reconciler.requeue_all()
        )
        api.on_denied = self._permissions.on_denied
        self._reconciler = SweepController(api, settings, lacking_for=self._permissions.lacking_for)
        self._caches = self._reconciler.caches
        self.leadership: LeaderElection | None = None
        if settings.lease is not None:
            self.leadership = LeaderElection(api, *settings.lease, settings.identity)
            api.may_write = self._leads
        show = self._reconciler.show
        audit = SweepJobAudit(api, self._reconciler.versions, show)
        self._watch = SweepJobWatch(api, settings.namespaces, show, audit, self._own_signals)
        reports = self._reconciler.reports
        self._ingestion = IngestProcess(
            PushHandler(reports, self._caches, api.may_write),
            on_denied=self._permissions.on_denied,
        )
        self._intake_check: IngestCheck | None = None
        self._readiness = Readiness(self._permissions.problems, self._problems)
        REGISTRY.register(
            Gauges(
                count=self._reconciler.census,
                leads=api.may_write,
                is_ready=lambda: not self._readiness.problems,
                lacking=self._permissions.count_lacking,
            )
        )

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What runs, by name, for as long as the process does."""
        health = Health(lambda: self._readiness.problems)
        return {
            "signals": self._await_signal(),
            "rights": self._permissions.run(),
            "caches": self._caches.run(),
            "work": self._work(),
            "watch": self._watch.run(),
            "readiness": self._readiness.run(),
            "memory": self._freeze_memory(),
            "loop monitor": monitor_loop(),
            "telemetry": serve_telemetry(health.application(), self._settings.telemetry_port),
            "ingestion": self._ingestion.run(),
            **self._intake_check_parts(),
        }

    def _intake_check_parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        settings = self._settings
        if settings.certificate is None:
            return {}
        sidecar = settings.sidecar
        self._intake_check = IngestCheck(
            sidecar.url, sidecar.certificate_authority, settings.intake_port
        )
        return {"intake check": self._intake_check.run()}

    def _leads(self) -> bool:
        return self.leadership is None or self.leadership.leads

    def _problems(self) -> list[str]:
        """What keeps the operator from its work, its rights apart."""
        caches = self._caches.problems(self._permissions.shut_namespaces())
        found = [self._watch.trouble, self._ingestion.trouble, *caches]
        if self.leadership is not None:
            found.append(self.leadership.trouble)
        if self._intake_check is not None:
            found.append(self._intake_check.trouble)
        return [problem for problem in found if problem]

    async def _await_caches(self) -> None:
        while True:
            if self._caches.is_synced(self._permissions.shut_namespaces()):
                return
            await asyncio.sleep(_LOOK)

    async def _work(self) -> None:
        """Act on what is seen, as soon as we lead and for as long."""
        if self.leadership is None:
            await self._reconciler.queues.run()
            return
        await self._await_caches()
        await self.leadership.take()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.leadership.keep())
            group.create_task(self._reconciler.queues.run())

    async def _freeze_memory(self) -> None:
        """Keep the garbage collector from looking through what the caches hold once they are synced."""
        await self._await_caches()
        gc.freeze()
        await asyncio.Event().wait()

    async def _await_signal(self) -> None:
        self._own_signals()
        await self._told_to_end.wait()

    def _own_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_end.set)
