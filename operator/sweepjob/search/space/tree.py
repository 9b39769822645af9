"""A search space as a tree: parameters, and below a choice's branches further parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .choice import Branch, Choice
from .expressions import Expression, Scalar

# The configuration of a trial: values by parameter; a chosen branch is a mapping of its own.
Assignment = dict[str, Any]
# Names of parameters and positions of branches, from the root: ("model", 0, "hidden").
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """The search space of a sweep.

    Attributes:
        parameters: the parameters in the order of the spec.
    """

    parameters: Branch

    def size(self) -> int | None:
        """Return the number of distinct configurations; None for infinitely many."""
        return self.parameters.size()

    def even(self) -> bool:
        """Return whether the space is finite and all its configurations are equally probable."""
        return self.parameters.even()

    def item(self, rank: int) -> Assignment:
        """Return the configuration of that rank in the Cartesian product, the last parameter fastest.

        It follows Azure semantics, "Grid". The cost does not grow with the size of the space.

        Args:
            rank: 0 <= rank < size of a finite space.
        """
        return self.parameters.item(rank)

    def at(self, draw: Callable[[Path], float]) -> Assignment:
        """Return the configuration at a point of the unit cube.

        Args:
            draw: the coordinate, in the open unit interval, of the parameter at a path. It is called
                for the parameters of chosen branches only.
        """
        return _resolve(self.parameters, (), draw)

    def expressions(self) -> Iterator[tuple[Path, Expression]]:
        """Yield every expression with its path, in the order written, parents before children."""
        return _expressions(self.parameters, ())


def _expressions(branch: Branch, path: Path) -> Iterator[tuple[Path, Expression]]:
    for name, entry in branch.entries.items():
        if isinstance(entry, Scalar):
            continue
        yield (*path, name), entry
        if isinstance(entry, Choice):
            for position, value in enumerate(entry.values):
                if isinstance(value, Branch):
                    yield from _expressions(value, (*path, name, position))


def _resolve(branch: Branch, path: Path, draw: Callable[[Path], float]) -> Assignment:
    return {name: _value(entry, (*path, name), draw) for name, entry in branch.entries.items()}


def _value(entry: Scalar | Expression, path: Path, draw: Callable[[Path], float]) -> Any:
    if isinstance(entry, Scalar):
        return entry
    if isinstance(entry, Choice):
        position = entry.position(draw(path))
        chosen = entry.values[position]
        return _resolve(chosen, (*path, position), draw) if isinstance(chosen, Branch) else chosen
    return entry.quantile(draw(path))


def leaves(assignment: Assignment, prefix: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield every scalar of a configuration with its dotted name, such as ``model.hidden``."""
    for name, value in assignment.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def canonical(assignment: Assignment) -> str:
    """Return a text that is equal for equal configurations, in any order of keys; 3 and "3" differ."""
    return json.dumps(assignment, sort_keys=True, separators=(",", ":"))
