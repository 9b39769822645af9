"""Assigns a port to each trial whose pod uses the node's network.

If all trials had one port, the second sidecar on a node could not listen, and its trainer would report
to the first one, into another trial's record.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import protocol
from ..api.spec.metrics import Metrics
from .identity import TrialIdentity

Manifest = dict[str, Any]
# Below the ports of Services (30000) and those that the kernel gives to clients (32768).
_FIRST, _COUNT = 20_000, 10_000


def assign_host_port(
    pod: Manifest, trainer: Manifest, metrics: Metrics, identity: TrialIdentity
) -> Metrics:
    """Return the metrics with the port of this trial, which the pod declares as a host port.

    The scheduler places no two pods with the same host port on a node. The trainer declares it, not the
    sidecar, because schedulers before Kubernetes 1.34 ignore the ports of init containers.

    Args:
        pod: the pod's spec; changed.
        trainer: its trainer; changed.
        metrics: how the trial reports.
        identity: the identity of the trial.
    """
    if not pod.get("hostNetwork") or metrics.source == protocol.LOGS:
        return metrics
    # Without this policy, the operator's Service does not resolve in the node's network.
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
    """Consecutive ports for a sweep's trials, so that only trials of different sweeps can collide."""
    start = zlib.crc32(f"{identity.namespace}/{identity.sweep}".encode())
    return _FIRST + (start + int(identity.trial.rpartition("-")[2])) % _COUNT


def _declares(container: Mapping[str, Any], port: int) -> bool:
    ports = container.get("ports") or []
    return any(p.get("containerPort") == port and p.get("protocol", "TCP") == "TCP" for p in ports)
