"""What the scheduler reserves for a pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..api.parsing.quantity import parse_quantity
from .accelerators import CLAIM, requested

_GIB = 2.0**30
_IN_GIB = ("memory", "ephemeral-storage")
_MAX_AMOUNT = 2.0**63  # no quantity of Kubernetes is larger


def requested_amounts(pod: Mapping[str, Any]) -> dict[str, float]:
    """Return the amounts that a pod requests, by resource name.

    As the scheduler counts: all containers and sidecars together, or an init container with the sidecars
    before it, if that is more; requests of the whole pod instead; and the overhead of its runtime class.
    https://kubernetes.io/docs/concepts/scheduling-eviction/pod-overhead/ and
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers

    Args:
        pod: the pod's spec.

    Returns:
        Cores, GiB of memory and storage, numbers of others; claims as ``claim/NAME``.
    """
    together = _sum(pod.get("containers") or ())
    sidecars: Counter[str] = Counter()
    peak: Counter[str] = Counter()
    for container in pod.get("initContainers") or ():
        amounts = _amounts(container)
        if container.get("restartPolicy") == "Always":
            sidecars.update(amounts)
        else:
            peak |= sidecars + amounts
    whole = (together + sidecars) | peak
    whole |= _amounts(pod)  # a pod's own requests are at least those of its containers
    for name, quantity in (pod.get("overhead") or {}).items():
        whole[name] += _number(name, quantity)
    claims = {name: count for name, count in requested(pod).items() if name.startswith(CLAIM)}
    return {**whole, **claims}


def _sum(containers: Iterable[Mapping[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for container in containers:
        found.update(_amounts(container))
    return found


def _amounts(container: Mapping[str, Any]) -> Counter[str]:
    resources = container.get("resources") or {}
    wanted = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return Counter({name: _number(name, quantity) for name, quantity in wanted.items()})


def _number(name: str, quantity: str | float) -> Any:  # a Counter of fractions
    try:
        amount = parse_quantity(quantity)
    except (ValueError, OverflowError):
        return 0.0
    if not 0 <= amount < _MAX_AMOUNT:
        return 0.0
    return amount / _GIB if name in _IN_GIB else amount
