"""Constraints that a namespace's LimitRanges and ResourceQuotas put on a container of a pod."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api.parsing.quantity import parse_quantity


@dataclass(frozen=True, slots=True)
class NamespaceConstraints:
    """LimitRanges and ResourceQuotas of a namespace, as objects of the API server.

    Attributes:
        limit_ranges: its LimitRanges.
        quotas: its ResourceQuotas.
    """

    limit_ranges: Sequence[Mapping[str, Any]] = ()
    quotas: Sequence[Mapping[str, Any]] = ()


NO_CONSTRAINTS = NamespaceConstraints()


@dataclass(slots=True)
class ResourceBounds:
    """The constraints on one resource of one container.

    Attributes:
        least, most: smallest and largest allowed amount.
        ratio: largest allowed ratio of limit to request.
        default_limit, default_request: what admission sets where the container has none.
        needs_request, needs_limit: the container must have one.
        counts_limit: a quota sums up the limits, so a larger limit leaves less for other pods.
        remaining: what the pod's other containers leave of a maximum, for requests and limits.
        sources: the LimitRanges and ResourceQuotas that the constraints are from.
    """

    least: float = 0.0
    most: float = math.inf
    ratio: float = math.inf
    default_limit: float | None = None
    default_request: float | None = None
    needs_request: bool = False
    needs_limit: bool = False
    counts_limit: bool = False
    remaining: dict[str, float] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)


def bounds_by_resource(
    pod: Mapping[str, Any], constraints: NamespaceConstraints
) -> dict[str, ResourceBounds]:
    """Return the constraints on an additional container, by resource.

    Args:
        pod: the pod's spec, without that container.
        constraints: the constraints of its namespace.
    """
    found: dict[str, ResourceBounds] = {}
    for body in constraints.limit_ranges:
        source = f"LimitRange '{body['metadata']['name']}'"
        for item in (body.get("spec") or {}).get("limits") or []:
            for name in _names_of(item):
                bounds = found.setdefault(name, ResourceBounds())
                if item.get("type") == "Container":
                    _bound_container(bounds, item, name)
                elif item.get("type") == "Pod" and name in (item.get("max") or {}):
                    most = parse_quantity(item["max"][name])
                    for part in ("requests", "limits"):
                        _limit_remaining(bounds, part, most - _total(pod, part, name))
                if source not in bounds.sources:
                    bounds.sources.append(source)
    for source, part, name, hard in _quotas(pod, constraints.quotas):
        bounds = found.setdefault(name, ResourceBounds())
        bounds.needs_request |= part == "requests"
        bounds.counts_limit |= part == "limits"
        _limit_remaining(bounds, part, hard - _total(pod, part, name))
        bounds.sources.append(source)
    return found


def _names_of(item: Mapping[str, Any]) -> list[str]:
    keys = ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
    return list(dict.fromkeys(name for key in keys for name in item.get(key) or {}))


def _bound_container(bounds: ResourceBounds, item: Mapping[str, Any], name: str) -> None:
    least, most, ratio, limit, request = (
        amount_of(item.get(key) or {}, name)
        for key in ("min", "max", "maxLimitRequestRatio", "default", "defaultRequest")
    )
    bounds.least = max(bounds.least, least or 0.0)
    bounds.most = min(bounds.most, math.inf if most is None else most)
    bounds.ratio = min(bounds.ratio, math.inf if ratio is None else ratio)
    bounds.default_limit = limit if bounds.default_limit is None else bounds.default_limit
    bounds.default_request = request if bounds.default_request is None else bounds.default_request
    bounds.needs_request |= ratio is not None
    bounds.needs_limit |= ratio is not None or most is not None


def _limit_remaining(bounds: ResourceBounds, part: str, room: float) -> None:
    bounds.remaining[part] = min(room, bounds.remaining.get(part, math.inf))


def _quotas(
    pod: Mapping[str, Any], quotas: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str, float]]:
    """Source, part, resource and amount of every quota on cpu and memory that applies to the pod."""
    for body in quotas:
        spec = body.get("spec") or {}
        timed = pod.get("activeDeadlineSeconds") is not None
        other_scopes = {"BestEffort", "NotTerminating" if timed else "Terminating"}
        if other_scopes & set(spec.get("scopes") or []):
            continue
        for key, hard in (spec.get("hard") or {}).items():
            part, _, name = str(key).rpartition(".")
            if name in ("cpu", "memory") and part in ("", "requests", "limits"):
                source = f"ResourceQuota '{body['metadata']['name']}'"
                yield source, part or "requests", name, parse_quantity(hard)


def _total(pod: Mapping[str, Any], part: str, name: str) -> float:
    """Return the sum over the containers that run alongside the sidecar."""
    amounts = ((c.get("resources") or {}).get(part) or {} for c in pod["containers"])
    return sum(amount_of(amount, name) or 0.0 for amount in amounts)


def amount_of(amounts: Mapping[str, Any], name: str) -> float | None:
    """Return the amount of a resource in requests or limits; None where it is not set."""
    return parse_quantity(amounts[name]) if name in amounts else None
