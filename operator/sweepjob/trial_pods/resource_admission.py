"""Finds the container that a LimitRange or a ResourceQuota refused, and what to set on it.

The message of the API server has amounts only; the container is the one in the pod that has these
amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..api import names
from ..api.parsing.quantity import is_quantity, parse_quantity
from .namespace_constraints import amount_of

_BOUND = re.compile(
    r"(minimum|maximum) (\S+) usage per (Container|Pod) is ([^\s,]+?)"
    r"(?:, but (request|limit) is ([^\s,\]]+)|\. +No (request|limit) is specified)"
)
_RATIO = re.compile(
    r"(\S+) max limit to request ratio per (Container|Pod) is ([^\s,]+), but provided ratio is "
    r"([0-9]+(?:\.[0-9]+)?)"
)
_UNSPECIFIED = re.compile(r"must specify ([^\]]*)")
_SIDECAR_REMEDY = (
    "the sidecar's resources were adjusted before that constraint existed: delete the "
    "SweepTrial, which starts again with a sidecar that fits, or create the sweep with other "
    "ones "
    "(metrics.sidecar.resources)"
)


def is_of_limit_range(message: str) -> bool:
    """Return whether the message is that of a LimitRange that refused a pod."""
    return bool(_BOUND.search(message) or _RATIO.search(message))


def is_of_demanding_quota(message: str) -> bool:
    """Return whether the message is that of a ResourceQuota that requires amounts a container lacks."""
    return "failed quota" in message and bool(_UNSPECIFIED.search(message))


def is_of_sidecar_only(message: str, pod: Mapping[str, Any]) -> bool:
    """Return whether only the resources of the sidecar were refused.

    Args:
        message: the API server's message.
        pod: the pod's spec.
    """
    found = {*_of_bounds(message, pod), *_of_ratios(message, pod), *_of_quota(message)}
    return found == {_SIDECAR_REMEDY}


def remedies(message: str, pod: Mapping[str, Any]) -> str:
    """Return what to set on each container that a message is about.

    Args:
        message: the API server's message.
        pod: the pod's spec; without containers, only remedies that need none are found.
    """
    found = [*_of_bounds(message, pod), *_of_ratios(message, pod), *_of_quota(message)]
    return "; ".join(dict.fromkeys(found))


def _of_bounds(message: str, pod: Mapping[str, Any]) -> Iterator[str]:
    for bound, resource, scope, allowed, part, amount, absent in _BOUND.findall(message):
        key = f"{part or absent}s"
        word = "at least" if bound == "minimum" else "at most"
        if scope == "Pod":
            yield f"all containers together may have {word} {allowed} {resource}, the sidecar's included"
            continue
        for name in _containers_with(pod, key, resource, amount):
            yield _remedy(
                name, f"set resources.{key}.{resource} of container '{name}' to {word} {allowed}"
            )


def _of_ratios(message: str, pod: Mapping[str, Any]) -> Iterator[str]:
    for resource, scope, allowed, ratio in _RATIO.findall(message):
        if scope == "Pod":
            yield f"limits of all containers may be {allowed} times their requests of {resource} at most"
            continue
        for container in _containers(pod):
            resources = container.get("resources") or {}
            limit = amount_of(resources.get("limits") or {}, resource)
            request = amount_of(resources.get("requests") or {}, resource)
            if limit and request and abs(limit / request - float(ratio)) < 1e-3:
                name = container["name"]
                text = (
                    f"set resources.limits.{resource} of container '{name}' to at most {allowed} times "
                    "its request"
                )
                yield _remedy(name, text)


def _of_quota(message: str) -> Iterator[str]:
    for listed in _UNSPECIFIED.findall(message):
        for demand in listed.split(";"):
            key, _, containers = demand.partition(" for: ")
            key = key.strip() if "." in key else f"requests.{key.strip()}"
            for name in filter(None, (c.strip() for c in containers.split(","))):
                yield _remedy(name, f"set resources.{key} of container '{name}'")


def _remedy(container: str, text: str) -> str:
    return _SIDECAR_REMEDY if container == names.SIDECAR else text


def _containers(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from pod.get("containers") or []
    yield from pod.get("initContainers") or []


def _containers_with(
    pod: Mapping[str, Any], part: str, resource: str, amount: str
) -> Iterator[str]:
    """Return the names of containers that have this amount of a resource; an empty amount means none."""
    if amount and not is_quantity(amount):
        return  # anybody may write an event
    wanted = parse_quantity(amount) if amount else None
    for container in _containers(pod):
        resources = container.get("resources") or {}
        own = amount_of(resources.get(part) or {}, resource)
        if own is None and part == "requests":
            own = amount_of(
                resources.get("limits") or {}, resource
            )  # as the API server fills it in
        if own == wanted:
            yield str(container["name"])
