"""The sidecar's requests and limits, fitted to the constraints of its namespace.

A LimitRange or a ResourceQuota would otherwise refuse a trial's pod because of a container that the user
did not write.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..api.parsing.quantity import parse_quantity
from .namespace_constraints import (
    NamespaceConstraints,
    ResourceBounds,
    amount_of,
    bounds_by_resource,
)

Manifest = dict[str, Any]
Amounts = Mapping[str, Any]
_MEBI = 2**20
# No cpu limit unless one is required: it throttles the start, for which the trainer waits.
_DEFAULT: Mapping[str, Amounts] = {
    "requests": {"cpu": "20m", "memory": "64Mi"},
    "limits": {"memory": "64Mi"},
}
_GUARANTEED = {"cpu": "500m", "memory": "64Mi"}
# Limits where one is required and none is set: enough to start without delay.
_DEFAULT_LIMIT = {"cpu": 0.5, "memory": 64.0 * _MEBI}
_MIN_CPU = 0.05  # below this the sidecar is too slow


def wanted_resources(pod: Manifest, explicit: Mapping[str, Amounts]) -> Manifest:
    """Return the sidecar's resources before they are fitted.

    Args:
        pod: the pod's spec, without the sidecar.
        explicit: what the sweep or the operator's settings set; the defaults complete it.
    """
    if not explicit:
        containers = [*pod["containers"], *pod.get("initContainers", [])]
        if all(_is_guaranteed(c.get("resources") or {}) for c in containers):
            return {"requests": dict(_GUARANTEED), "limits": dict(_GUARANTEED)}
    given = {part: dict(explicit.get(part) or {}) for part in _DEFAULT}
    merged = {part: {**_DEFAULT[part], **given[part]} for part in _DEFAULT}
    requests, constraints = merged["requests"], merged["limits"]
    for name in requests.keys() & constraints.keys():
        if parse_quantity(requests[name]) > parse_quantity(constraints[name]):
            # A value that is set moves the default. The API server reports a contradiction.
            if name not in given["requests"]:
                requests[name] = constraints[name]
            elif name not in given["limits"]:
                constraints[name] = requests[name]
    return merged


def _is_guaranteed(resources: Mapping[str, Any]) -> bool:
    constraints = resources.get("limits") or {}
    requests = {**constraints, **(resources.get("requests") or {})}
    return all(constraints.get(r) and requests[r] == constraints[r] for r in ("cpu", "memory"))


def fit_resources(
    wanted: Manifest, pod: Mapping[str, Any], constraints: NamespaceConstraints
) -> tuple[Manifest, str]:
    """Return resources that the namespace admits, and a clause with the changes, empty without any.

    Args:
        wanted: requests and limits without the constraints.
        pod: the pod's spec, without the sidecar; its containers use up quotas.
        constraints: the constraints of the namespace.
    """
    fitted = {part: dict(amounts) for part, amounts in wanted.items()}
    changes: list[str] = []
    sources: list[str] = []
    for name, bounds in bounds_by_resource(pod, constraints).items():
        before = {part: amount_of(wanted[part], name) for part in ("requests", "limits")}
        for part, amount in zip(("requests", "limits"), _fit(name, before, bounds), strict=True):
            if amount is not None and amount != before[part]:
                fitted[part][name] = _text(name, amount)
                changes.append(f"{part}.{name}={fitted[part][name]}")
                sources += (s for s in bounds.sources if s not in sources)
    if not changes:
        return wanted, ""
    return fitted, f"{', '.join(changes)}, as {', '.join(sources)} of its namespace demand"


def _fit(
    name: str, before: Mapping[str, float | None], bounds: ResourceBounds
) -> tuple[float | None, float | None]:
    """Request and limit of one resource; None where admission may set it, or none is required."""
    own_request, own_limit = before["requests"], before["limits"]
    limit = bounds.default_limit if own_limit is None else own_limit
    request = own_request if own_request is not None else own_limit
    request = bounds.default_request if request is None else request
    admitted = request, limit
    if own_limit is None and (bounds.counts_limit or (limit is None and bounds.needs_limit)):
        usual = max(_DEFAULT_LIMIT.get(name, 0.0), request or 0.0)
        limit = usual if limit is None else min(usual, limit)
    if request is None and (bounds.needs_request or bounds.least):
        request = limit or bounds.least
    request, limit = _clamp(request, bounds), _clamp(limit, bounds)
    if name == "cpu":
        request = _reduce(request, bounds.remaining.get("requests"), bounds.least)
        limit = _reduce(limit, bounds.remaining.get("limits"), max(bounds.least, request or 0.0))
    if request and limit is not None:
        request, limit = _in_ratio(name, request, max(limit, request), bounds)
        if own_request is not None and own_request == own_limit:
            request = limit  # the pod keeps its QoS class Guaranteed
    if (request, limit) == admitted:
        return own_request, own_limit
    return request, limit


def _clamp(amount: float | None, bounds: ResourceBounds) -> float | None:
    return None if amount is None else max(bounds.least, min(bounds.most, amount))


def _reduce(amount: float | None, room: float | None, least: float) -> float | None:
    """Return an amount reduced to what remains, if that is enough for the sidecar."""
    if amount is None or room is None or room >= amount or room < max(least, _MIN_CPU):
        return amount
    return math.floor(room * 1000 + 1e-6) / 1000


def _in_ratio(
    name: str, request: float, limit: float, bounds: ResourceBounds
) -> tuple[float, float]:
    """Request and limit within the ratio: lowers the limit to its default, then raises the request."""
    if limit <= request * bounds.ratio:
        return request, limit
    limit = max(request, bounds.least, min(limit, _DEFAULT_LIMIT.get(name, limit)))
    unit = 1000 if name == "cpu" else 1
    return max(request, math.ceil(limit / bounds.ratio * unit - 1e-6) / unit), limit


def _text(name: str, amount: float) -> str:
    if name == "cpu":
        return f"{math.ceil(amount * 1000 - 1e-6)}m"
    return f"{amount / _MEBI:.0f}Mi" if amount % _MEBI == 0 else f"{math.ceil(amount)}"
