"""Compares the devices that a trial asks for with those of the nodes, by the user's permissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..api.parsing.quantity import parse_quantity
from ..trial_pods import accelerators
from .errors import CommandError
from .kubectl import Kubectl


def missing_devices(cluster: Kubectl, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning for each device of which no node has as many as a pod of a trial asks for.

    Who may not list nodes gets none. Nodes that a cluster adds on demand are not known.

    Args:
        cluster: the cluster.
        manifest: the SweepJob.
    """
    wanted = accelerators.requested(_pod_spec(manifest["spec"]["trial"]))
    # Claims of Dynamic Resource Allocation are no resources of nodes.
    wanted = {n: c for n, c in wanted.items() if not n.startswith(accelerators.CLAIM)}
    if not wanted:
        return
    try:
        nodes = cluster.get("nodes")["items"]
    except CommandError:
        return
    for name, count in wanted.items():
        offered = [_amount(node, name) for node in nodes]
        most = max(offered, default=0.0)
        if most < count:
            yield (
                f"spec.trial asks for {count:g} {name}, and no node has more than {most:g} "
                f"({sum(offered):g} on {len(nodes)} nodes together): trials will wait, unless the "
                "cluster adds such nodes. Lower it, or use instanceCount for several pods"
            )


def _pod_spec(trial: Mapping[str, Any]) -> Mapping[str, Any]:
    template = trial.get("template")
    if isinstance(template, Mapping):
        spec: Mapping[str, Any] = template["spec"]
        return spec
    return {"containers": [{"name": "trainer", "resources": trial.get("resources") or {}}]}


def _amount(node: Mapping[str, Any], resource: str) -> float:
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    try:
        return parse_quantity(allocatable.get(resource, 0))
    except ValueError:
        return 0.0
