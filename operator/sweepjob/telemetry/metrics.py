"""Prometheus metrics, and the health and readiness probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

RECONCILE_SECONDS = Histogram(
    "sweepjob_operator_reconcile_duration_seconds",
    "Time of one reconciliation of a trial or a sweep, its API requests included",
    buckets=_SECONDS,
)
DECISION_SECONDS = Histogram(
    "sweepjob_decision_duration_seconds",
    "Time from the deciding report to the recorded stop",
    buckets=_SECONDS,
)
PROPOSAL_SECONDS = Histogram(
    "sweepjob_proposal_duration_seconds",
    "Time that a sampler that uses observations takes for a proposal",
    buckets=_SECONDS,
)
TRIALS = Counter("sweepjob_trials_ended", "Trials that have ended, by outcome", ["outcome"])
ATTEMPTS = Counter(
    "sweepjob_attempts_repeated", "Attempts that were repeated, by reason", ["reason"]
)
GPU_USED = Counter("sweepjob_gpu_used_seconds", "GPU-seconds of trials that have ended")
GPU_SAVED = Counter(
    "sweepjob_gpu_saved_seconds", "GPU-seconds that early stopping has saved, by estimate"
)
REPORTS = Counter(
    "sweepjob_metric_reports",
    "Reports of primary metrics that were ingested, by source",
    ["source"],
)
LOG_LINES_SKIPPED = Counter(
    "sweepjob_log_lines_skipped", "Lines of trainers' logs that arrived too fast to be read"
)
LOG_ERRORS = Counter(
    "sweepjob_log_errors", "Streams of trainers' logs that a defect of the operator has ended"
)
LOOP_DELAY_SECONDS = Histogram(
    "sweepjob_operator_loop_delay_seconds",
    "How late the event loop was, ten times a second",
    buckets=_SECONDS,
)
LOOP_PAUSE = Gauge(
    "sweepjob_operator_loop_longest_pause_seconds",
    "The longest time of the last minute for which one callback held the event loop",
)
PUSHES = Counter("sweepjob_pushes", "Pushes of sidecars by the status of the response", ["code"])
CONNECTIONS = Gauge("sweepjob_intake_connections", "Connections of sidecars")
INGEST_MEMORY = Gauge(
    "sweepjob_intake_resident_memory_bytes", "Memory of the process that receives reports"
)
CONNECTIONS_REFUSED = Counter(
    "sweepjob_intake_connections_refused",
    "Connections that were refused or evicted, by limit: per_peer, new_per_peer, total, evicted",
    ["limit"],
)
NOTIFICATIONS = Counter(
    "sweepjob_notifications",
    "Attempts to deliver a notification, by receiver (url: those of sweeps) and outcome: delivered, "
    "failed (is tried again), refused and expired (are given up)",
    ["receiver", "outcome"],
)
MISSED_CHANGES = Counter(
    "sweepjob_operator_missed_changes",
    "Changes of SweepJobs that the watch had missed, found and repaired by the audit",
)
API_REQUESTS = Counter(
    "sweepjob_operator_api_requests",
    "Requests to the Kubernetes API by verb, resource and status (none: no response)",
    ["verb", "resource", "code"],
)


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """Counts at one moment.

    Attributes:
        sweeps: sweeps that have not finished.
        running, queued: trials.
        waiting: keys in the work queues.
        unreadable: objects that cannot be read, by resource.
        undelivered: receivers of sweeps that have not got all notifications.
    """

    sweeps: int
    running: int
    queued: int
    waiting: int
    unreadable: Mapping[str, int]
    undelivered: int = 0


class Gauges(Collector):
    """Metrics that are computed when they are scraped.

    Args:
        count: returns the counts of this moment.
        leads: returns whether this operator leads.
        is_ready: returns whether it is ready.
        lacking: returns the number of namespaces that lack each permission, by permission and by need.
        certificate_expires: returns when the ingest server's certificate expires, in seconds since the
            epoch; None where that is not known, or where there is none.
    """

    def __init__(
        self,
        count: Callable[[], MetricsSnapshot],
        leads: Callable[[], bool],
        is_ready: Callable[[], bool],
        lacking: Callable[[], Mapping[tuple[str, str], int]],
        certificate_expires: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._count = count
        self._leads = leads
        self._is_ready = is_ready
        self._lacking = lacking
        self._certificate_expires = certificate_expires

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See ``prometheus_client``."""
        now = self._count()
        live = GaugeMetricFamily("sweepjob_trials_live", "Trials by state", labels=["state"])
        live.add_metric(["running"], now.running)
        live.add_metric(["queued"], now.queued)
        yield live
        yield GaugeMetricFamily(
            "sweepjob_sweeps_active", "Sweeps that are not finished", now.sweeps
        )
        yield GaugeMetricFamily(
            "sweepjob_operator_queue_depth",
            "Trials and sweeps that wait to be reconciled",
            now.waiting,
        )
        yield GaugeMetricFamily(
            "sweepjob_notifications_waiting",
            "Receivers of sweeps that have not got all notifications",
            now.undelivered,
        )
        unreadable = GaugeMetricFamily(
            "sweepjob_operator_unreadable_objects",
            "Objects that cannot be read, wholly or in part, by resource",
            labels=["resource"],
        )
        for resource, count in sorted(now.unreadable.items()):
            unreadable.add_metric([resource], count)
        yield unreadable
        yield GaugeMetricFamily(
            "sweepjob_operator_leader",
            "1 for the operator that leads, 0 for a standby",
            self._leads(),
        )
        yield GaugeMetricFamily(
            "sweepjob_operator_ready",
            "1 while the operator is ready",
            self._is_ready(),
        )
        yield self._rights()
        expires = self._certificate_expires()
        if expires is not None:  # 0 would mean that it has expired long ago
            yield GaugeMetricFamily(
                "sweepjob_intake_certificate_expiration_timestamp_seconds",
                "When the certificate that sidecars see, or its authority, expires",
                expires,
            )

    def _rights(self) -> GaugeMetricFamily:
        lacking = GaugeMetricFamily(
            "sweepjob_operator_rights_lacking",
            "Permissions that the operator lacks: in how many namespaces, by permission and by need",
            labels=["right", "need"],
        )
        for labels, count in self._lacking().items():
            lacking.add_metric(labels, count)
        return lacking


class Health:
    """The endpoints of the probes and the metrics.

    Args:
        not_ready_reasons: returns why the operator is not ready; empty when it is.
    """

    def __init__(self, not_ready_reasons: Callable[[], Sequence[str]]) -> None:
        self._not_ready_reasons = not_ready_reasons

    def application(self) -> web.Application:
        """Return the web application to serve."""
        application = web.Application()
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._is_ready)
        application.router.add_get("/metrics", self._metrics)
        return application

    async def _alive(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _is_ready(self, request: web.Request) -> web.Response:
        reasons = self._not_ready_reasons()
        if not reasons:
            return web.Response(text="ok")
        return web.Response(status=503, text="".join(f"{reason}\n" for reason in reasons))

    async def _metrics(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(), headers=headers)
