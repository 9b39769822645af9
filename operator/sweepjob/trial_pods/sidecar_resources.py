"""What the sidecar requests and is limited to, fitted to what its namespace demands of every container.

A LimitRange or a ResourceQuota would otherwise refuse a trial's pod because of a container that its user
has not written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..api.quantity import parse_quantity
from .namespace_constraints import Bounds, NamespaceConstraints, amount_of, bounds_by_resource

Manifest = dict[str, Any]
Amounts = Mapping[str, Any]
_MEBI = 2**20
# A cpu limit makes the trainer wait for a throttled start, so there is one only where it is demanded.
_DEFAULT: Mapping[str, Amounts] = {
    "requests": {"cpu": "20m", "memory": "64Mi"},
    "limits": {"memory": "64Mi"},
}
_GUARANTEED = {"cpu": "500m", "memory": "64Mi"}
# Limits with which it starts without delay, where one is demanded and none is named.
_USUAL_LIMIT = {"cpu": 0.5, "memory": 64.0 * _MEBI}
_LEAST_CPU = 0.05  # with which it is of use


def wanted_resources(pod: Manifest, explicit: Mapping[str, Amounts]) -> Manifest:
    """The sidecar's resources before they are fitted.

    Args:
        pod: without the sidecar.
        explicit: what the sweep or the operator's settings name; the defaults fill in the rest.
    """
    if not explicit:
        containers = [*pod["containers"], *pod.get("initContainers", [])]
        if all(_is_guaranteed(c.get("resources") or {}) for c in containers):
            return {"requests": dict(_GUARANTEED), "limits": dict(_GUARANTEED)}
    given = {part: dict(explicit.get(part) or {}) for part in _DEFAULT}
    merged = {part: {**_DEFAULT[part], **given[part]} for part in _DEFAULT}
    requests, limits = merged["requests"], merged["limits"]
    for name in requests.keys() & limits.keys():
        if parse_quantity(requests[name]) > parse_quantity(limits[name]):
            # The one that is named draws the default along; a contradiction is left for the API server.
            if name not in given["requests"]:
                requests[name] = limits[name]
            elif name not in given["limits"]:
                limits[name] = requests[name]
    return merged


def _is_guaranteed(resources: Mapping[str, Any]) -> bool:
    limits = resources.get("limits") or {}
    requests = {**limits, **(resources.get("requests") or {})}
    return all(limits.get(r) and requests[r] == limits[r] for r in ("cpu", "memory"))


def fit_resources(
    wanted: Manifest, pod: Mapping[str, Any], limits: NamespaceConstraints
) -> tuple[Manifest, str]:
    """Resources that the namespace admits, and a clause that says what was changed; empty if nothing was.

    Args:
        wanted: requests and limits, as they would be without the namespace.
        pod: without the sidecar; it counts for what is left of quotas.
    """
    fitted = {part: dict(amounts) for part, amounts in wanted.items()}
    changes: list[str] = []
    sources: list[str] = []
    for name, bounds in bounds_by_resource(pod, limits).items():
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
    name: str, before: Mapping[str, float | None], bounds: Bounds
) -> tuple[float | None, float | None]:
    """Request and limit of one resource; None where admission may fill it in, or nobody needs it."""
    own_request, own_limit = before["requests"], before["limits"]
    limit = bounds.default_limit if own_limit is None else own_limit
    request = own_request if own_request is not None else own_limit
    request = bounds.default_request if request is None else request
    admitted = request, limit
    if own_limit is None and (bounds.counts_limit or (limit is None and bounds.needs_limit)):
        usual = max(_USUAL_LIMIT.get(name, 0.0), request or 0.0)
        limit = usual if limit is None else min(usual, limit)
    if request is None and (bounds.needs_request or bounds.least):
        request = limit or bounds.least
    request, limit = _between(request, bounds), _between(limit, bounds)
    if name == "cpu":
        request = _squeezed(request, bounds.rooms.get("requests"), bounds.least)
        limit = _squeezed(limit, bounds.rooms.get("limits"), max(bounds.least, request or 0.0))
    if request and limit is not None:
        request, limit = _in_ratio(name, request, max(limit, request), bounds)
        if own_request is not None and own_request == own_limit:
            request = limit  # a pod of the Guaranteed class stays one
    if (request, limit) == admitted:
        return own_request, own_limit
    return request, limit


def _between(amount: float | None, bounds: Bounds) -> float | None:
    return None if amount is None else max(bounds.least, min(bounds.most, amount))


def _squeezed(amount: float | None, room: float | None, least: float) -> float | None:
    """An amount that fits in what is left, if that is enough to be of use."""
    if amount is None or room is None or room >= amount or room < max(least, _LEAST_CPU):
        return amount
    return math.floor(room * 1000 + 1e-6) / 1000


def _in_ratio(name: str, request: float, limit: float, bounds: Bounds) -> tuple[float, float]:
    """Request and limit within the ratio: a lower limit as far as it is ample, then a higher request."""
    if limit <= request * bounds.ratio:
        return request, limit
    limit = max(request, bounds.least, min(limit, _USUAL_LIMIT.get(name, limit)))
    unit = 1000 if name == "cpu" else 1
    return max(request, math.ceil(limit / bounds.ratio * unit - 1e-6) / unit), limit


def _text(name: str, amount: float) -> str:
    if name == "cpu":
        return f"{math.ceil(amount * 1000 - 1e-6)}m"
    return f"{amount / _MEBI:.0f}Mi" if amount % _MEBI == 0 else f"{math.ceil(amount)}"
