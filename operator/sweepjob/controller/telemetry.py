"""Prometheus metrics and the probes."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

RECONCILE_SECONDS = Histogram(
    "sweepjob_operator_reconcile_duration_seconds",
    "Time of one pass over a sweep, its API requests included",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REPORTS = Counter("sweepjob_metric_reports", "Reports of primary metrics taken in")
PUSHES = Counter("sweepjob_pushes", "Pushes of sidecars by the status they were answered", ["code"])
API_REQUESTS = Counter(
    "sweepjob_operator_api_requests",
    "Requests to the Kubernetes API by verb, resource and status",
    ["verb", "resource", "code"],
)


class Health:
    """Whether the operator is ready: its caches are synced and its intake listens."""

    def __init__(self) -> None:
        self.ready = False

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._is_ready)
        application.router.add_get("/metrics", self._metrics)
        return application

    async def _alive(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _is_ready(self, request: web.Request) -> web.Response:
        if self.ready:
            return web.Response(text="ok")
        return web.Response(status=503, text="caches are not synced yet")

    async def _metrics(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(), headers=headers)
