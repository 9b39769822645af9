"""Choices, whose values may be branches with parameters of their own."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from .expressions import Expression, Scalar


@dataclass(frozen=True, slots=True)
class Branch:
    """An object among the values of a choice: constants and further expressions by name."""

    entries: Mapping[str, Scalar | Expression]

    def size(self) -> int | None:
        """Return the number of distinct configurations of the branch; None for infinitely many."""
        product = 1
        for entry in self.entries.values():
            size = 1 if isinstance(entry, Scalar) else entry.size()
            if size is None:
                return None
            product *= size
        return product

    def item(self, rank: int) -> dict[str, Any]:
        """Return the configuration of that rank, the last entry fastest (Azure semantics, "Grid")."""
        found: dict[str, Any] = {}
        for name, entry in reversed([*self.entries.items()]):
            if isinstance(entry, Scalar):
                found[name] = entry
                continue
            rank, position = divmod(rank, entry.size() or 1)
            found[name] = entry.item(position)
        return {name: found[name] for name in self.entries}

    def even(self) -> bool:
        """Return whether the branch is finite and all its configurations are equally probable."""
        return all(isinstance(e, Scalar) or e.even() for e in self.entries.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """One of ``values`` with equal probability.

    A value that is written twice is drawn twice as often, but counts once among the distinct ones.

    Attributes:
        values: scalars, or branches with parameters of their own.
    """

    values: tuple[Scalar | Branch, ...]
    _distinct: tuple[Scalar | Branch, ...] = field(init=False, repr=False, compare=False)
    # The number of values before each of the distinct ones, and of all; empty for infinitely many.
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        distinct = {_identity(n, value): value for n, value in reversed([*enumerate(self.values)])}
        object.__setattr__(self, "_distinct", tuple(reversed(distinct.values())))
        sizes = [_size_of(value) for value in self._distinct]
        finite = [size for size in sizes if size is not None]
        before = accumulate(finite, initial=0) if len(finite) == len(sizes) else ()
        object.__setattr__(self, "_before", tuple(before))

    def quantile(self, u: float) -> Scalar | Branch:
        """Return the value at ``u``, 0 < u < 1; possibly a branch."""
        return self.values[self.position(u)]

    def position(self, u: float) -> int:
        """Return the index of the value at ``u``, 0 < u < 1."""
        return min(int(u * len(self.values)), len(self.values) - 1)

    def size(self) -> int | None:
        """Return the number of distinct values, with those in branches; None for infinitely many."""
        return self._before[-1] if self._before else None

    def item(self, rank: int) -> Any:
        """Return the value of that rank, with branches expanded in place (Azure semantics, "Grid")."""
        position = bisect_right(self._before, rank) - 1
        value = self._distinct[position]
        return value.item(rank - self._before[position]) if isinstance(value, Branch) else value

    def even(self) -> bool:
        """Return whether no value occurs twice and none has more than one configuration."""
        return len(self._distinct) == len(self.values) and all(
            _size_of(value) == 1 for value in self.values
        )


def _size_of(value: Scalar | Branch) -> int | None:
    return value.size() if isinstance(value, Branch) else 1


def _identity(position: int, value: Scalar | Branch) -> str:
    """Return a text that is equal for values that a trial cannot tell apart; branches are distinct."""
    if isinstance(value, Branch):
        if not all(isinstance(entry, Scalar) for entry in value.entries.values()):
            return f"branch {position}"
        return json.dumps(dict(value.entries), sort_keys=True)
    return str(value) if type(value) is int else json.dumps(value)  # the same, and sooner
