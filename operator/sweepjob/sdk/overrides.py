"""``params_override``: changes of a file that is loaded, as of Azure's client."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from .arguments import ArgumentError


def overridden(data: Mapping[str, Any], changes: Iterable[Mapping[str, Any]] | None) -> Any:
    """Return the contents of a file with other values.

    >>> overridden({"limits": {"timeout": 9}}, [{"limits.timeout": 60}, {"name": "a"}])
    {'limits': {'timeout': 60}, 'name': 'a'}

    Args:
        data: the contents.
        changes: values by dotted key, in a list of dicts; None for no changes.

    Raises:
        ArgumentError: a change is no dict, or its key is below a value that has no keys.
    """
    if not isinstance(data, Mapping):
        raise ArgumentError("params_override: the file holds no object with keys and values")
    made = copy.deepcopy(dict(data))
    for change in changes or ():
        if not isinstance(change, Mapping):
            raise ArgumentError(f"params_override: {change!r}: must be a dict with dotted keys")
        for path, value in change.items():
            _set(made, str(path), value)
    return made


def _set(node: dict[str, Any], path: str, value: Any) -> None:
    *around, last = path.split(".")
    for part in around:
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ArgumentError(f"params_override: {path}: {part} has no keys, but is {inner!r}")
        node = inner
    node[last] = value
