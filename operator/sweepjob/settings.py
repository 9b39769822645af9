"""What the operator is told by its environment; the Helm chart sets all of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .pod_logs.limits import DEFAULT_LOG_LIMITS, LogLimits
from .trial_pods.sidecar import SidecarSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """The operator's settings, with the variable of each.

    Attributes:
        namespaces: SWEEPJOB_NAMESPACES, comma-separated; empty for all.
        sidecar: SWEEPJOB_SIDECAR_IMAGE, SWEEPJOB_SIDECAR_RESOURCES (JSON), SWEEPJOB_INTAKE_URL and the
            intake's CA.
        certificate, key: SWEEPJOB_INTAKE_CERTIFICATE and _KEY, files; absent, the intake is plain HTTP.
        intake_port: SWEEPJOB_INTAKE_PORT.
        intake_connections: SWEEPJOB_INTAKE_CONNECTIONS, of sidecars at a time at most. A trial that runs
            has one.
        intake_connections_per_address: SWEEPJOB_INTAKE_CONNECTIONS_PER_ADDRESS, of them. A pod has an
            address of its own, unless it is on its node's network, or the cluster rewrites addresses.
        telemetry_port: SWEEPJOB_TELEMETRY_PORT, for probes and metrics.
        progress_interval: SWEEPJOB_PROGRESS_SECONDS, at most one write of a trial's curve in so long.
        node_patience: SWEEPJOB_NODE_PATIENCE_SECONDS, how long a node may take to end a pod beyond the
            pod's grace before it is taken for lost.
        lease: SWEEPJOB_LEASE, ``namespace/name`` of the Lease by which one of several leads; None for
            an operator that is alone.
        identity: SWEEPJOB_POD, who we are in the lease: a container that is started again in the same pod
            goes on leading.
        requests_per_second: SWEEPJOB_REQUESTS_PER_SECOND, to the API server at most, in the long run;
            twice as many at once after a pause.
        log_limits: budgets for reading trainers' logs.
        strict_tls: SWEEPJOB_STRICT_TLS; "false" for API servers whose CA lacks the extensions that
            Python 3.13 demands.
    """

    namespaces: tuple[str, ...]
    sidecar: SidecarSettings
    certificate: Path | None
    key: Path | None
    intake_port: int = 8443
    intake_connections: int = 4096
    intake_connections_per_address: int = 256
    telemetry_port: int = 8080
    progress_interval: float = 3.0
    node_patience: float = 60.0
    lease: tuple[str, str] | None = None
    identity: str = ""
    requests_per_second: float = 200.0
    strict_tls: bool = True
    log_limits: LogLimits = DEFAULT_LOG_LIMITS

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Raises KeyError with the name of a variable that is missing."""
        get = environment.get
        certificate, authority = get("SWEEPJOB_INTAKE_CERTIFICATE"), get("SWEEPJOB_INTAKE_CA")
        key = get("SWEEPJOB_INTAKE_KEY")
        namespace, _, name = get("SWEEPJOB_LEASE", "").partition("/")
        return cls(
            namespaces=tuple(filter(None, get("SWEEPJOB_NAMESPACES", "").split(","))),
            sidecar=SidecarSettings(
                image=environment["SWEEPJOB_SIDECAR_IMAGE"],
                url=environment["SWEEPJOB_INTAKE_URL"],
                certificate_authority=Path(authority).read_text() if authority else "",
                pull_policy=get("SWEEPJOB_SIDECAR_PULL_POLICY", "IfNotPresent"),
                resources=json.loads(get("SWEEPJOB_SIDECAR_RESOURCES") or "{}"),
            ),
            certificate=Path(certificate) if certificate else None,
            key=Path(key) if key else None,
            intake_port=int(get("SWEEPJOB_INTAKE_PORT", "8443")),
            intake_connections=int(get("SWEEPJOB_INTAKE_CONNECTIONS", "4096")),
            intake_connections_per_address=int(
                get("SWEEPJOB_INTAKE_CONNECTIONS_PER_ADDRESS", "256")
            ),
            telemetry_port=int(get("SWEEPJOB_TELEMETRY_PORT", "8080")),
            progress_interval=float(get("SWEEPJOB_PROGRESS_SECONDS", "3")),
            node_patience=float(get("SWEEPJOB_NODE_PATIENCE_SECONDS", "60")),
            lease=(namespace, name) if name else None,
            identity=get("SWEEPJOB_POD", ""),
            requests_per_second=float(get("SWEEPJOB_REQUESTS_PER_SECOND", "200")),
            strict_tls=get("SWEEPJOB_STRICT_TLS", "true") != "false",
        )
