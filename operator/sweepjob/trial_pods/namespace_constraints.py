"""What LimitRanges and ResourceQuotas of a namespace demand of a container in a given pod."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api.quantity import parse_quantity


@dataclass(frozen=True, slots=True)
class NamespaceConstraints:
    """LimitRanges and ResourceQuotas of a namespace, as the API server has them."""

    limit_ranges: Sequence[Mapping[str, Any]] = ()
    quotas: Sequence[Mapping[str, Any]] = ()


NO_LIMITS = NamespaceConstraints()


@dataclass(slots=True)
class Bounds:
    """What a namespace demands of one resource of one container.

    Attributes:
        default_limit, default_request: what admission fills in where nothing is set.
        counts_limit: a quota adds up the limits, so that a generous one is taken from others.
        rooms: what the pod's other containers leave, for requests and limits.
        sources: the objects that say so.
    """

    least: float = 0.0
    most: float = math.inf
    ratio: float = math.inf
    default_limit: float | None = None
    default_request: float | None = None
    needs_request: bool = False
    needs_limit: bool = False
    counts_limit: bool = False
    rooms: dict[str, float] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)


def bounds_by_resource(pod: Mapping[str, Any], limits: NamespaceConstraints) -> dict[str, Bounds]:
    """The bounds of a further container, by resource.

    Args:
        pod: without that container.
    """
    found: dict[str, Bounds] = {}
    for body in limits.limit_ranges:
        source = f"LimitRange '{body['metadata']['name']}'"
        for item in (body.get("spec") or {}).get("limits") or []:
            for name in _names_of(item):
                bounds = found.setdefault(name, Bounds())
                if item.get("type") == "Container":
                    _bound_container(bounds, item, name)
                elif item.get("type") == "Pod" and name in (item.get("max") or {}):
                    most = parse_quantity(item["max"][name])
                    for part in ("requests", "limits"):
                        _bound_room(bounds, part, most - _total(pod, part, name))
                if source not in bounds.sources:
                    bounds.sources.append(source)
    for source, part, name, hard in _quotas(pod, limits.quotas):
        bounds = found.setdefault(name, Bounds())
        bounds.needs_request |= part == "requests"
        bounds.counts_limit |= part == "limits"
        _bound_room(bounds, part, hard - _total(pod, part, name))
        bounds.sources.append(source)
    return found


def _names_of(item: Mapping[str, Any]) -> list[str]:
    keys = ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
    return list(dict.fromkeys(name for key in keys for name in item.get(key) or {}))


def _bound_container(bounds: Bounds, item: Mapping[str, Any], name: str) -> None:
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


def _bound_room(bounds: Bounds, part: str, room: float) -> None:
    bounds.rooms[part] = min(room, bounds.rooms.get(part, math.inf))


def _quotas(
    pod: Mapping[str, Any], quotas: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str, float]]:
    """Source, part, resource and amount of every quota on cpu and memory that counts for the pod."""
    for body in quotas:
        spec = body.get("spec") or {}
        timed = pod.get("activeDeadlineSeconds") is not None
        passed_over = {"BestEffort", "NotTerminating" if timed else "Terminating"}
        if passed_over & set(spec.get("scopes") or []):
            continue
        for key, hard in (spec.get("hard") or {}).items():
            part, _, name = str(key).rpartition(".")
            if name in ("cpu", "memory") and part in ("", "requests", "limits"):
                source = f"ResourceQuota '{body['metadata']['name']}'"
                yield source, part or "requests", name, parse_quantity(hard)


def _total(pod: Mapping[str, Any], part: str, name: str) -> float:
    """What the containers that run beside the sidecar take."""
    amounts = ((c.get("resources") or {}).get(part) or {} for c in pod["containers"])
    return sum(amount_of(amount, name) or 0.0 for amount in amounts)


def amount_of(amounts: Mapping[str, Any], name: str) -> float | None:
    """The amount of a resource among requests or limits; None where there is none."""
    return parse_quantity(amounts[name]) if name in amounts else None
