"""A port for each trial whose pod uses the node's network.

With one port for all, the second sidecar on a node could not listen, and its trainer would report to the
first one, into another trial's record.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import protocol
from ..api.metrics import Metrics
from .identity import TrialIdentity

Manifest = dict[str, Any]
# Below the ports of Services (30000) and those that the kernel gives to clients (32768).
_FIRST, _COUNT = 20_000, 10_000


def with_own_port(
    pod: Manifest, trainer: Manifest, metrics: Metrics, identity: TrialIdentity
) -> Metrics:
    """The metrics with the port of this trial, which the pod declares as a host port.

    The scheduler puts no two pods with one host port on a node. The trainer declares it, not the sidecar:
    schedulers before Kubernetes 1.34 do not look at the ports of init containers.
    """
    if not pod.get("hostNetwork") or metrics.source == protocol.LOGS:
        return metrics
    # Without it, names of Services, such as the operator's, do not resolve in the node's network.
    pod.setdefault("dnsPolicy", "ClusterFirstWithHostNet")
    if not metrics.port:
        return metrics
    if not metrics.is_port_given:
        metrics = replace(metrics, port=_port_of(identity))
    if not any(_declares(container, metrics.port) for container in pod["containers"]):
        port = {"containerPort": metrics.port, "hostPort": metrics.port, "protocol": "TCP"}
        trainer["ports"] = [*(trainer.get("ports") or []), port]
    return metrics


def _port_of(identity: TrialIdentity) -> int:
    """Neighbours for the trials of a sweep, so that only other sweeps' can have the same."""
    start = zlib.crc32(f"{identity.namespace}/{identity.sweep}".encode())
    return _FIRST + (start + int(identity.trial.rpartition("-")[2])) % _COUNT


def _declares(container: Mapping[str, Any], port: int) -> bool:
    ports = container.get("ports") or []
    return any(p.get("containerPort") == port and p.get("protocol", "TCP") == "TCP" for p in ports)
