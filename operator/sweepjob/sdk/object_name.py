"""Names of SweepJob objects."""

from __future__ import annotations

import re

from ..api import names

_MAX_NAME_LENGTH = names.SWEEP_NAME_LIMIT


def object_name(text: str) -> str:
    """Return a valid name of a Kubernetes object for a text.

    >>> object_name("My first sweep!")
    'my-first-sweep'
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_MAX_NAME_LENGTH].strip("-")
    return name if name and not name[0].isdigit() else f"sweep-{name}".strip("-")[:_MAX_NAME_LENGTH]
