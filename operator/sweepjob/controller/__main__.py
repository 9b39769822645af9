"""The operator's process. Every long-lived task is supervised: if one ends, the process ends, and
Kubernetes starts it again from what is on record."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from typing import Any

import kopf
import uvloop
from aiohttp import web
from prometheus_client import REGISTRY

from ..resources import names
from ..resources.log_numbers import compile_expressions
from .gateway import connect
from .ingest.connections import Connections, listen, serve
from .ingest.http_log import quiet_logger
from .ingest.limits import ConnectionLimits
from .ingest.process import IngestProcess
from .ingest.push_handler import PushHandler
from .leadership import Leadership
from .logs import configure
from .loop_monitor import monitor_loop
from .pace import Pace
from .reconciler import Reconciler
from .settings import Settings
from .telemetry import Gauges, Health

_log = logging.getLogger("sweepjob")
_TELEMETRY_CONNECTIONS = 128
# Objects made before Python looks for cycles among them. At its own 700 that is half of the time that
# it takes to read 10,000 trials, whose records are no cycles.
_GARBAGE = 20_000


def _registry(reconciler: Reconciler) -> kopf.OperatorRegistry:
    """kopf's part: the SweepJob watch, which only tells the reconciler. No write, no finalizer."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> Any:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.startup(registry=registry)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.posting.enabled = False
        settings.scanning.disabled = True
        settings.queueing.idle_timeout = 1
        settings.networking.request_timeout = 30

    @kopf.on.event(names.GROUP, names.VERSION, names.SWEEPJOBS, registry=registry)
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        reconciler.show(dict(event["object"]), deleted=event["type"] == "DELETED")

    return registry


async def _serve_telemetry(application: web.Application, port: int) -> None:
    """Probes and metrics: short requests of few peers, whatever else finds the port."""
    runner = web.AppRunner(application, access_log=None, logger=quiet_logger("telemetry"))
    await runner.setup()
    assert runner.server is not None
    limits = ConnectionLimits(_TELEMETRY_CONNECTIONS, per_peer=16)
    await serve(listen(port), runner.server, Connections(limits))


async def _work(reconciler: Reconciler, leadership: Leadership | None) -> None:
    """Act on what is seen, as soon as we lead and for as long."""
    if leadership is None:
        await reconciler.queues.run()
        return
    await reconciler.caches.synced()
    await leadership.take()
    async with asyncio.TaskGroup() as group:
        group.create_task(leadership.keep())
        group.create_task(reconciler.queues.run())


async def run(settings: Settings) -> None:
    compile_expressions()
    rate = settings.requests_per_second
    api = await connect(strict_tls=settings.strict_tls, pace=Pace(rate, int(2 * rate)))
    health = Health()
    reconciler = Reconciler(api, settings)
    leadership = None
    if settings.lease is not None:
        leadership = Leadership(api, *settings.lease, settings.identity)
        api.may_write = lambda: leadership.leads
    handler = PushHandler(reconciler.reports, reconciler.caches, api.may_write)
    ingestion = IngestProcess(handler)

    REGISTRY.register(Gauges(reconciler.census, api.may_write))

    async def announce_readiness() -> None:
        await reconciler.caches.synced()
        await ingestion.listening.wait()
        gc.freeze()  # what the caches hold now is no garbage, and need not be looked through again
        health.ready = True
        _log.info("ready: caches are synced")
        await asyncio.Event().wait()

    # Ours start before kopf, which at its end cancels every task that is younger than itself.
    parts = {
        "caches": reconciler.caches.run(),
        "work": _work(reconciler, leadership),
        "readiness": announce_readiness(),
        "loop monitor": monitor_loop(),
        "telemetry": _serve_telemetry(health.application(), settings.telemetry_port),
        "ingestion": ingestion.run(),
    }
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    tasks.append(
        asyncio.create_task(
            kopf.operator(
                registry=_registry(reconciler),
                standalone=True,
                clusterwide=not settings.namespaces,
                namespaces=settings.namespaces,
            ),
            name="kopf",
        )
    )
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    if leadership is not None:
        await leadership.give_back()
    await api.close()
    for task in done:
        _log.info("%s ended; the process ends", task.get_name())
        task.result()


def main() -> int:
    configure(os.environ)
    gc.set_threshold(_GARBAGE)
    # Its TLS is compiled; in Python it is most of what a request and a watch event cost.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(Settings.of(os.environ)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
