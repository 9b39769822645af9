"""Counts the accelerators that a pod requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..api.parsing.quantity import parse_quantity

# Claims of Dynamic Resource Allocation have no resource name of their own.
CLAIM = "claim/"
_MAX_QUANTITY = 2.0**63  # no quantity of Kubernetes is larger


def requested(pod: Mapping[str, Any]) -> dict[str, float]:
    """Return the number of accelerators by resource name.

    These are resources that end in ``/gpu``, MIG slices, and claims of Dynamic Resource Allocation
    (``claim/`` and the name of the claim or of its template).

    Args:
        pod: the pod's spec.
    """
    found: Counter[str] = Counter()
    for container in pod.get("containers") or []:
        resources = container.get("resources") or {}
        wanted = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        for name, quantity in wanted.items():
            if name.endswith("/gpu") or "/mig-" in name:
                found[name] += _amount(quantity)  # type: ignore[assignment] # fractions exist
    for claim in pod.get("resourceClaims") or []:
        source = claim.get("resourceClaimTemplateName") or claim.get("resourceClaimName")
        found[f"{CLAIM}{source or claim.get('name', '')}"] += 1
    return {name: float(count) for name, count in found.items() if count}


def _amount(quantity: str | int | float) -> float:
    """Parse a quantity; 0 where it is invalid."""
    try:
        amount = parse_quantity(quantity)
    except (ValueError, OverflowError):
        return 0.0
    return amount if 0 <= amount < _MAX_QUANTITY else 0.0
