"""Settings from environment variables. The Helm chart sets all of them.

The operator and the ingestion process, which inherits its environment, read these. The dashboard reads
its own variables (``dashboard.__main__``); it shares SWEEPJOB_NAMESPACES and SWEEPJOB_STRICT_TLS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .api.parsing.reader import Reader
from .api.spec.prices import parse_prices
from .api.spec.trial_kind import TrialKind, trial_kinds
from .log_parsing.limits import DEFAULT_LOG_LIMITS, LogLimits
from .notifications.receivers import NO_NOTIFICATIONS, NotificationSettings
from .trial_pods.sidecar import SidecarSettings


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """The settings, with the variable of each and the process that uses it.

    Attributes:
        namespaces: operator; SWEEPJOB_NAMESPACES, comma-separated; empty for all.
        sidecar: operator; SWEEPJOB_SIDECAR_IMAGE, SWEEPJOB_SIDECAR_PULL_POLICY,
            SWEEPJOB_SIDECAR_RESOURCES (JSON) and SWEEPJOB_INTAKE_URL.
        authority: operator; SWEEPJOB_INTAKE_CA, the file with the authority that sidecars verify the
            certificate with. It is read again when it changes.
        certificate, key: both (the operator checks that sidecars can trust the certificate);
            SWEEPJOB_INTAKE_CERTIFICATE and SWEEPJOB_INTAKE_KEY, files; without them the ingest server
            speaks plain HTTP.
        ingest_port: both; SWEEPJOB_INTAKE_PORT.
        ingest_connections: ingestion; SWEEPJOB_INTAKE_CONNECTIONS, the largest number of connections at a
            time. A running trial has one.
        ingest_connections_per_address: ingestion; SWEEPJOB_INTAKE_CONNECTIONS_PER_ADDRESS, the same for
            one address. A pod has its own address, unless it uses its node's network, or the cluster
            rewrites addresses.
        telemetry_port: operator; SWEEPJOB_TELEMETRY_PORT, for probes and metrics.
        progress_write_interval: operator; SWEEPJOB_PROGRESS_SECONDS, the minimum time between
            two writes of a trial's curve.
        node_loss_timeout: operator; SWEEPJOB_NODE_PATIENCE_SECONDS, how long a node may take to end a pod
            beyond the pod's grace period before the pod counts as lost.
        lease: operator; SWEEPJOB_LEASE, ``namespace/name`` of the Lease for leader election; None
            without replicas.
        identity: operator; SWEEPJOB_POD, the identity in the Lease. A container that is restarted in the
            same pod continues to lead.
        requests_per_second: operator; SWEEPJOB_REQUESTS_PER_SECOND, the rate limit of API requests; the
            burst is twice as many.
        strict_tls: both; SWEEPJOB_STRICT_TLS, "false" for API servers whose certificate authority lacks
            the extensions that Python 3.13 demands.
        notifications: operator; SWEEPJOB_NOTIFICATIONS (JSON), and the folder
            SWEEPJOB_NOTIFICATION_SECRETS.
        trial_kinds: operator; SWEEPJOB_TRIAL_KINDS (JSON), the kinds of objects other than Jobs that may
            be trials.
        prices: operator; SWEEPJOB_PRICES (JSON), what an hour of a resource costs, by its name.
        log_limits: operator; budgets for reading trainers' logs. No variable.
    """

    namespaces: tuple[str, ...]
    sidecar: SidecarSettings
    certificate: Path | None
    key: Path | None
    authority: Path | None = None
    ingest_port: int = 8443
    ingest_connections: int = 4096
    ingest_connections_per_address: int = 256
    telemetry_port: int = 8080
    progress_write_interval: float = 3.0
    node_loss_timeout: float = 60.0
    lease: tuple[str, str] | None = None
    identity: str = ""
    requests_per_second: float = 200.0
    strict_tls: bool = True
    notifications: NotificationSettings = NO_NOTIFICATIONS
    trial_kinds: tuple[TrialKind, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    log_limits: LogLimits = DEFAULT_LOG_LIMITS

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> OperatorSettings:
        """Return the settings of a process.

        Raises:
            KeyError: the name of a variable that is missing.
            ValueError: a kind of trials is incomplete, or forbidden; or a price is invalid.
        """
        get = environment.get
        certificate, key = get("SWEEPJOB_INTAKE_CERTIFICATE"), get("SWEEPJOB_INTAKE_KEY")
        authority = get("SWEEPJOB_INTAKE_CA")
        namespace, _, name = get("SWEEPJOB_LEASE", "").partition("/")
        return cls(
            namespaces=tuple(filter(None, get("SWEEPJOB_NAMESPACES", "").split(","))),
            sidecar=_sidecar_settings(environment),
            certificate=Path(certificate) if certificate else None,
            key=Path(key) if key else None,
            authority=Path(authority) if authority else None,
            ingest_port=int(get("SWEEPJOB_INTAKE_PORT", "8443")),
            ingest_connections=int(get("SWEEPJOB_INTAKE_CONNECTIONS", "4096")),
            ingest_connections_per_address=int(
                get("SWEEPJOB_INTAKE_CONNECTIONS_PER_ADDRESS", "256")
            ),
            telemetry_port=int(get("SWEEPJOB_TELEMETRY_PORT", "8080")),
            progress_write_interval=float(get("SWEEPJOB_PROGRESS_SECONDS", "3")),
            node_loss_timeout=float(get("SWEEPJOB_NODE_PATIENCE_SECONDS", "60")),
            lease=(namespace, name) if name else None,
            identity=get("SWEEPJOB_POD", ""),
            requests_per_second=float(get("SWEEPJOB_REQUESTS_PER_SECOND", "200")),
            strict_tls=get("SWEEPJOB_STRICT_TLS", "true") != "false",
            notifications=NotificationSettings.parse(
                get("SWEEPJOB_NOTIFICATIONS", ""),
                Path(get("SWEEPJOB_NOTIFICATION_SECRETS", "/etc/sweepjob/notifications")),
            ),
            trial_kinds=trial_kinds(json.loads(get("SWEEPJOB_TRIAL_KINDS") or "[]")),
            prices=_prices(get("SWEEPJOB_PRICES") or "{}"),
        )


def _prices(text: str) -> Mapping[str, float]:
    reader = Reader(json.loads(text), "prices")
    prices = parse_prices(reader)
    reader.finish()
    return prices


def _sidecar_settings(environment: Mapping[str, str]) -> SidecarSettings:
    return SidecarSettings(
        image=environment["SWEEPJOB_SIDECAR_IMAGE"],
        url=environment["SWEEPJOB_INTAKE_URL"],
        certificate_authority="",
        pull_policy=environment.get("SWEEPJOB_SIDECAR_PULL_POLICY", "IfNotPresent"),
        resources=json.loads(environment.get("SWEEPJOB_SIDECAR_RESOURCES") or "{}"),
    )
