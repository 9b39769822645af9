"""Beginning with what other sweeps have shown: which of them can be compared with."""

from __future__ import annotations

from collections.abc import Iterable

from ..objective import Objective
from .space import Assignment, Path, Space


def mismatch(objective: Objective, space: Space, other: Objective, theirs: Space) -> str:
    """Why the trials of another sweep say nothing about one; empty when they do.

    The same number of the same metric has to mean the same, and a configuration of the one sweep has
    to be a configuration of the other but for its ranges and values.

    Args:
        objective, space: of the sweep that is to begin.
        other, theirs: of the one that has ended.
    """
    if other != objective:
        return (
            f"it was to {other.goal.value} {other.primary_metric}, and this one is to "
            f"{objective.goal.value} {objective.primary_metric}; take sweeps of the same objective"
        )
    here, there = _names(space), _names(theirs)
    found = [f"it has no {name}" for name in sorted(here - there)]
    found += [f"it has {name}, which searchSpace has not" for name in sorted(there - here)]
    return f"{'; '.join(found)}; take sweeps of the same parameters" if found else ""


def _names(space: Space) -> set[str]:
    """Parameters with their dots, whatever branch of a choice they are in."""
    constants = {name for name in space.parameters.entries}
    return constants | {_dotted(path) for path, _ in space.expressions()}


def _dotted(path: Path) -> str:
    return ".".join(step for step in path if isinstance(step, str))


def lies_within(space: Space, assignments: Iterable[Assignment]) -> bool:
    """Whether any of these configurations is one of the space."""
    # For samplers that learn only, whose mathematics has been loaded then.
    from .gaussian_process.encoding import Encoding

    encoding = Encoding(space)
    return any(encoding.point(assignment) is not None for assignment in assignments)
