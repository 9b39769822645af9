"""``spec.warmStart``: the finished sweeps whose trials the sampler learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..parsing.reader import Reader

_MAX_SWEEPS = 20
_NAME_LIMIT = 63


def parse_warm_start(spec: Reader, metadata: Any) -> tuple[str, ...]:
    """Read ``spec.warmStart``; problems are added to the reader's.

    Args:
        spec: of the SweepJob.
        metadata: of the SweepJob, for its own name.

    Returns:
        The names of the sweeps; none without ``warmStart``.
    """
    if "warmStart" not in spec.data:
        return ()
    reader = spec.child("warmStart")
    reader.known(("sweeps",))
    sweeps = reader.data.get("sweeps")
    if not isinstance(sweeps, list) or not all(isinstance(s, str) and s for s in sweeps):
        reader.note("sweeps", sweeps, "must be a list of names of finished sweeps")
        return ()
    reader.bounded("sweeps", sweeps, _MAX_SWEEPS)
    if not sweeps:
        reader.note("sweeps", sweeps, "must have at least one name; otherwise remove warmStart")
    own_name = metadata.get("name") if isinstance(metadata, Mapping) else None
    found = sweeps[:_MAX_SWEEPS]
    for position, name in enumerate(found):
        for remedy in _problems(name, found[:position], own_name):
            reader.note(f"sweeps[{position}]", name, remedy)
    return tuple(found)


def _problems(name: str, earlier: list[str], own_name: Any) -> list[str]:
    found = []
    if name in earlier:
        found.append("is listed twice; remove one")
    if len(name) > _NAME_LIMIT:
        found.append("is longer than the name of a sweep can be")
    if name == own_name:
        found.append("is this sweep; a sweep cannot start from itself")
    return found
