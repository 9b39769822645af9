"""Kubernetes quantities: ``2``, ``500m``, ``1k``, ``4Gi``, ``1e3``.

``kubernetes.utils.quantity`` is not used: its import takes over a second (this package must load fast,
and decisions may not depend on a client), and it accepts what the API server refuses, such as ``1K``,
``1_000`` and ``NaN``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .reader import Reader

_FORM = re.compile(r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def parse_quantity(quantity: str | int | float) -> float:
    """Return the number that a quantity represents.

    Raises:
        ValueError: it is not a quantity.
    """
    text = str(quantity)
    if text[-2:] in _BINARY:
        return float(text[:-2]) * 2.0 ** _BINARY[text[-2:]]
    if text[-1:] in _DECIMAL:
        return float(text[:-1]) * 10.0 ** _DECIMAL[text[-1:]]
    return float(text)


def is_quantity(value: object) -> bool:
    """Return whether it is an amount of a resource, which is not negative."""
    if isinstance(value, str):
        return _FORM.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def check_amounts(reader: Reader) -> None:
    """Record problems with a container's resources below ``reader``."""
    for part in ("limits", "requests"):
        amounts = reader.data.get(part, {})
        if not isinstance(amounts, Mapping):
            reader.note(part, amounts, "must be amounts by name, e.g. {nvidia.com/gpu: 1}")
            continue
        reader.bounded(part, amounts, 100)
        for name, amount in amounts.items():
            if not is_quantity(amount):
                remedy = "must be a quantity, e.g. 1, 500m or 4Gi"
                reader.note(f"{part}.{name}", amount, remedy)
