"""What the operator's process runs around the operator itself.

These are kopf's watch of SweepJobs, the ingestion process, probes and metrics.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Coroutine
from typing import Any

from prometheus_client import REGISTRY

from .. import garbage_collection
from ..controllers.ingest_authority import IngestAuthority
from ..ingest.ingest_process import IngestProcess
from ..kube.client import KubeClient
from ..settings import OperatorSettings
from ..telemetry.loop_monitor import monitor_loop
from ..telemetry.metrics import Gauges, Health
from ..telemetry.serving import serve_telemetry
from .ingest_certificate_check import IngestCertificateCheck
from .operator import Operator, build_operator
from .readiness import Readiness
from .sweepjob_audit import SweepJobAudit
from .sweepjob_watch import SweepJobWatch


class OperatorProcess:
    """All that runs in the operator's process.

    Args:
        api: the operator's client.
        settings: the settings from the process's environment.

    Attributes:
        operator: the operator itself.
    """

    def __init__(self, api: KubeClient, settings: OperatorSettings) -> None:
        self._settings = settings
        self._terminating = asyncio.Event()
        self.operator: Operator = build_operator(api, settings)
        controller, access_reviewer = self.operator.controller, self.operator.access_reviewer
        audit = SweepJobAudit(api, controller.versions, controller.registry.on_event)
        self._watch = SweepJobWatch(
            api, settings.namespaces, controller.registry.on_event, audit, self._handle_signals
        )
        self._ingest = IngestProcess(
            self.operator.push_handler, on_access_denied=access_reviewer.on_access_denied
        )
        self._ingest_certificate_check = _ingest_certificate_check(
            settings, self.operator.ingest_authority, self._ingest
        )
        self._readiness = Readiness(access_reviewer.problems, self._not_ready_reasons)
        REGISTRY.register(
            Gauges(
                count=controller.metrics_snapshot,
                leads=api.may_write,
                is_ready=lambda: not self._readiness.reasons,
                lacking=access_reviewer.count_missing,
                certificate_expires=self._certificate_expires,
            )
        )

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the coroutines to run, by name, for as long as the process runs."""
        health = Health(lambda: self._readiness.reasons)
        parts = {
            "signals": self._await_signal(),
            **self.operator.parts(),
            "watch": self._watch.run(),
            "readiness": self._readiness.run(),
            "memory": self._collect_garbage(),
            "loop monitor": monitor_loop(),
            "telemetry": serve_telemetry(health.application(), self._settings.telemetry_port),
            "ingestion": self._ingest.run(),
        }
        if self._ingest_certificate_check is not None:
            parts["ingest check"] = self._ingest_certificate_check.run()
        return parts

    async def release_leadership(self) -> None:
        """Let another replica lead at once."""
        if self.operator.leader_elector is not None:
            await self.operator.leader_elector.release()

    def _not_ready_reasons(self) -> list[str]:
        """Return why the operator cannot do its work, apart from missing permissions."""
        own = [self._watch.not_ready_reason, self._ingest.not_ready_reason]
        if self._ingest_certificate_check is not None:
            own.append(self._ingest_certificate_check.not_ready_reason)
        return [reason for reason in own if reason] + self.operator.not_ready_reasons()

    def _certificate_expires(self) -> float | None:
        check = self._ingest_certificate_check
        return None if check is None else check.expires

    async def _collect_garbage(self) -> None:
        """Collect garbage, but not among what the caches hold once they are synced."""
        await self.operator.await_caches()
        gc.freeze()
        await garbage_collection.collect_when_doubled()

    async def _await_signal(self) -> None:
        self._handle_signals()
        await self._terminating.wait()

    def _handle_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._terminating.set)


def _ingest_certificate_check(
    settings: OperatorSettings, authority: IngestAuthority, ingest: IngestProcess
) -> IngestCertificateCheck | None:
    """Return a check of the ingest server's certificate; None where it serves plain HTTP."""
    if settings.certificate is None:
        return None
    return IngestCertificateCheck(
        settings.sidecar.url,
        authority,
        settings.ingest_port,
        lambda: ingest.certificate_problem,
    )
