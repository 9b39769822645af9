"""A configuration, or a part of one, that a user wants to be tried first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..space import Assignment, Branch, Path, Scalar, Space
from .misfit import Misfit
from .narrowing import narrow_branch, narrow_entry


@dataclass(frozen=True, slots=True)
class InitialPoint:
    """An initial point of a space.

    Attributes:
        values: the values as they are written, by parameter.
        space: the part of the search space whose configurations have them.
    """

    values: Mapping[str, Any]
    space: Space

    @classmethod
    def of(cls, space: Space, values: Mapping[str, Any], misfits: list[Misfit]) -> InitialPoint:
        """Return a point of a space.

        Args:
            space: the search space.
            values: values by parameter.
            misfits: values that are not in the space are added to it; if there are any, the point must
                not be used.
        """
        return cls(values, Space(narrow_branch(space.parameters, values, "", misfits)))

    @property
    def configuration(self) -> Assignment | None:
        """The only configuration with these values; None if there are several."""
        return self.space.item(0) if self.space.size() == 1 else None

    def complete(self, proposal: Assignment, draw: Callable[[Path], float]) -> Assignment:
        """Return a configuration with the values of the point, and otherwise those of a proposal.

        Args:
            proposal: a configuration of the search space.
            draw: the coordinate of a parameter of a branch that the proposal does not choose.
        """
        return {
            name: self._value(name, entry, proposal, draw)
            if name in self.values
            else proposal[name]
            for name, entry in self.space.parameters.entries.items()
        }

    def _value(
        self, name: str, entry: Any, proposal: Assignment, draw: Callable[[Path], float]
    ) -> Any:
        if isinstance(entry, Scalar):
            return entry
        misfits: list[Misfit] = []
        merged = _merged(proposal[name], self.values[name])
        found = Space(Branch({name: narrow_entry(entry, merged, "", misfits)}))
        if misfits or found.size() != 1:
            return Space(Branch({name: entry})).at(draw)[name]
        return found.item(0)[name]


def _merged(below: Any, above: Any) -> Any:
    """Return a value with the parts of another one above it."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{k: _merged(below.get(k), value) for k, value in above.items()}}
