"""The interface of expressions of a search space (Azure semantics, "Expressions"), and ``randint``.

``quantile(u)`` maps u, uniform on the open unit interval, to a value of the distribution. It serves
independent draws and quasi-random points alike. A finite expression also enumerates its values:
``item(n)``, n from 0 to ``size()`` - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Scalar = bool | int | float | str


class Expression(Protocol):
    """A distribution over the values of one parameter."""

    def quantile(self, u: float) -> Any:
        """Return the value at ``u``, 0 < u < 1."""
        ...

    def size(self) -> int | None:
        """Return the number of distinct values; None for infinitely many."""
        ...

    def item(self, rank: int) -> Any:
        """Return the value of that rank of a finite expression, 0 <= rank < size."""
        ...

    def even(self) -> bool:
        """Return whether the expression is finite and all its values are equally probable."""
        ...


@dataclass(frozen=True, slots=True)
class Randint:
    """A uniform integer in [0, upper).

    Attributes:
        upper: the exclusive upper bound.
    """

    upper: int

    def quantile(self, u: float) -> int:
        """Return the value floor(u upper)."""
        # Computed in integers: above 2**53 a product of floats skips values.
        numerator, denominator = u.as_integer_ratio()
        return numerator * self.upper // denominator

    def size(self) -> int | None:
        """``upper``."""
        return self.upper

    def item(self, rank: int) -> int:
        """Return the rank itself."""
        return rank

    def even(self) -> bool:
        """Return True."""
        return True
