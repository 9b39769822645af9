"""The q-forms: a continuous expression rounded to multiples of q."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from .continuous import LogNormal, LogUniform, Normal, Uniform
from .deterministic_math import power


@dataclass(frozen=True, slots=True)
class Quantized:
    """round(inner / q) * q: the q-form of one of the four continuous expressions.

    Ties round to even. Where the inner distribution is bounded, the value is clipped to the multiples
    of q inside the bounds (Azure semantics, "Rounding of q-forms"). Values are integers when q is an
    integer, and otherwise the float nearest to the exact multiple: never 0.30000000000000004.

    Attributes:
        inner: the continuous expression.
        q: the distance between two values, above 0.
        multiples: the first and the last multiple of q inside the bounds, first > last when there
            is none; None for an unbounded distribution.
    """

    inner: Uniform | LogUniform | Normal | LogNormal
    q: float
    multiples: tuple[int, int] | None = field(init=False, repr=False, compare=False)
    _step: Fraction = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        step, multiples = exact(self.q), None
        if isinstance(self.inner, Uniform | LogUniform):
            # Sorted, because a base below 1 exchanges the bounds.
            low, high = sorted(exact(self._bound(x)) for x in (self.inner.low, self.inner.high))
            multiples = (math.ceil(low / step), math.floor(high / step))
        object.__setattr__(self, "_step", step)
        object.__setattr__(self, "multiples", multiples)

    def _bound(self, x: float) -> float:
        return power(self.inner.base, x) if isinstance(self.inner, LogUniform) else x

    def quantile(self, u: float) -> int | float:
        """Return the multiple of q nearest to the inner quantile, inside the bounds."""
        numerator, denominator = self.inner.quantile(u).as_integer_ratio()
        numerator *= self._step.denominator
        denominator *= self._step.numerator
        multiple, rest = divmod(numerator, denominator)
        if 2 * rest > denominator or (2 * rest == denominator and multiple % 2):
            multiple += 1
        if self.multiples is not None:
            multiple = min(max(multiple, self.multiples[0]), self.multiples[1])
        return self.value(multiple)

    def value(self, multiple: int) -> int | float:
        """Return a multiple of q: an integer when q is an integer, the nearest float otherwise."""
        if self._step.denominator == 1:
            return multiple * self._step.numerator
        try:
            return multiple * self._step.numerator / self._step.denominator
        except OverflowError:
            return math.copysign(math.nextafter(math.inf, 0.0), multiple)

    def size(self) -> int | None:
        """Return the number of multiples inside the bounds; None for an unbounded distribution."""
        if self.multiples is None:
            return self.inner.size()
        return self.multiples[1] - self.multiples[0] + 1

    def item(self, rank: int) -> int | float:
        """Return the multiple of that rank, from the lowest."""
        return (
            self.quantile(0.5) if self.multiples is None else self.value(self.multiples[0] + rank)
        )

    def even(self) -> bool:
        """Return whether there is one value only; of several, the outermost are half as probable."""
        return self.size() == 1


def exact(number: float) -> Fraction:
    """Return the exact value of the shortest decimal form of a number: the number as it was written."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)
