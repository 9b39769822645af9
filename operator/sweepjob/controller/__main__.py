"""The operator's process. Every long-lived task is supervised: if one ends, the process ends, and
Kubernetes starts it again from what is on record."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import sys
from typing import Any

import kopf
from aiohttp import web

from ..resources import names
from .authentication import Authenticator
from .gateway import connect
from .guard import Guards
from .intake import Intake
from .leadership import Leadership
from .reconciler import Reconciler
from .settings import Settings
from .telemetry import Health

_log = logging.getLogger("sweepjob")
_HANDSHAKE_SECONDS = 10.0


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


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key)
    return context


async def _serve(
    application: web.Application,
    port: int,
    tls: ssl.SSLContext | None = None,
    guards: Guards | None = None,
) -> None:
    runner = web.AppRunner(application, access_log=None, keepalive_timeout=120)
    await runner.setup()
    assert runner.server is not None
    factory = runner.server if guards is None else guards.before(runner.server)
    handshake = None if tls is None else _HANDSHAKE_SECONDS
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        factory, port=port, ssl=tls, ssl_handshake_timeout=handshake, backlog=1024
    )
    try:
        await asyncio.Event().wait()
    finally:
        server.close()
        await runner.cleanup()


async def _work(reconciler: Reconciler, leadership: Leadership | None) -> None:
    """Act on what is seen, as soon as we lead and for as long."""
    if leadership is None:
        await reconciler.queue.run()
        return
    await reconciler.caches.synced()
    await leadership.take()
    async with asyncio.TaskGroup() as group:
        group.create_task(leadership.keep())
        group.create_task(reconciler.queue.run())


async def run(settings: Settings) -> None:
    api = await connect(strict_tls=settings.strict_tls)
    health = Health()
    reconciler = Reconciler(api, settings)
    leadership = None
    if settings.lease is not None:
        leadership = Leadership(api, *settings.lease, settings.identity)
        api.may_write = lambda: leadership.leads
    intake = Intake(Authenticator(api), reconciler.reports, reconciler.caches, api.may_write)

    async def announce_readiness() -> None:
        await reconciler.caches.synced()
        health.ready = True
        _log.info("ready: caches are synced")
        await asyncio.Event().wait()

    # Ours start before kopf, which at its end cancels every task that is younger than itself.
    parts = {
        "caches": reconciler.caches.run(),
        "work": _work(reconciler, leadership),
        "readiness": announce_readiness(),
        "telemetry": _serve(health.application(), settings.telemetry_port),
        "intake": _serve(intake.application(), settings.intake_port, _tls(settings), intake.guards),
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
    logging.basicConfig(
        level=os.environ.get("SWEEPJOB_LOG_LEVEL", "INFO"),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stdout,
    )
    logging.getLogger("kopf").setLevel(logging.WARNING)
    asyncio.run(run(Settings.of(os.environ)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
