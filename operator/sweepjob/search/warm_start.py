"""Warm start: which finished sweeps can be compared with a new one."""

from __future__ import annotations

from collections.abc import Iterable

from ..objective import Objective
from .space import Assignment, Path, Space


def incompatibility(objective: Objective, space: Space, other: Objective, theirs: Space) -> str:
    """Return why the trials of another sweep cannot be used; empty when they can.

    Both sweeps need the same metric and goal, and the same parameters; ranges and values may differ.

    Args:
        objective: the objective of the new sweep.
        space: the space of the new sweep.
        other: the objective of the finished sweep.
        theirs: the space of the finished sweep.
    """
    if other != objective:
        return (
            f"it was to {other.goal.value} {other.primary_metric}, and this one is to "
            f"{objective.goal.value} {objective.primary_metric}; use sweeps with the same objective"
        )
    here, there = _names(space), _names(theirs)
    found = [f"it has no {name}" for name in sorted(here - there)]
    found += [f"it has {name}, which is not in searchSpace" for name in sorted(there - here)]
    return f"{'; '.join(found)}; use sweeps with the same parameters" if found else ""


def _names(space: Space) -> set[str]:
    """Dotted names of all parameters, in every branch of every choice."""
    constants = {name for name in space.parameters.entries}
    return constants | {_dotted(path) for path, _ in space.expressions()}


def _dotted(path: Path) -> str:
    return ".".join(step for step in path if isinstance(step, str))


def any_within(space: Space, assignments: Iterable[Assignment]) -> bool:
    """Return whether any of some configurations lies in the space."""
    # Imported on demand: only sweeps with a sampler that uses observations get here.
    from .gaussian_process.encoding import Encoding

    encoding = Encoding(space)
    return any(encoding.point(assignment) is not None for assignment in assignments)
