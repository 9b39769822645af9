"""The ten expressions of a search space (Azure semantics, section 2), each by its quantile function.

``quantile(u)`` maps u, uniform on the open unit interval, to a value of the distribution. That one
function serves independent draws and quasi-random points alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any, Protocol

Scalar = bool | int | float | str

_STANDARD_NORMAL = NormalDist()
# Beyond these exponents a float overflows; a draw there is clipped to the largest finite value.
_LARGEST = math.nextafter(math.inf, 0.0)


class Expression(Protocol):
    """A distribution over the values of one parameter."""

    def quantile(self, u: float) -> Any:
        """The value at ``u``, 0 < u < 1."""
        ...

    def size(self) -> int | None:
        """How many different values there are; None for infinitely many."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One of ``values`` with equal probability; a value may be a branch with parameters of its own."""

    values: tuple[Any, ...]

    def quantile(self, u: float) -> Any:
        return self.values[self.position(u)]

    def position(self, u: float) -> int:
        return min(int(u * len(self.values)), len(self.values) - 1)

    def size(self) -> int | None:
        sizes = [v.size() if hasattr(v, "size") else 1 for v in self.values]
        return None if None in sizes else sum(s for s in sizes if s is not None)


@dataclass(frozen=True, slots=True)
class Randint:
    """An integer in [0, upper)."""

    upper: int

    def quantile(self, u: float) -> int:
        return min(int(u * self.upper), self.upper - 1)

    def size(self) -> int | None:
        return self.upper


@dataclass(frozen=True, slots=True)
class Uniform:
    """U(low, high)."""

    low: float
    high: float

    def quantile(self, u: float) -> float:
        return min(max(self.low + u * (self.high - self.low), self.low), self.high)

    def size(self) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class LogUniform:
    """base ** U(low, high): the bounds are exponents, natural ones unless ``base`` says otherwise."""

    low: float
    high: float
    base: float = math.e

    def quantile(self, u: float) -> float:
        return _power(self.base, Uniform(self.low, self.high).quantile(u))

    def size(self) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class Normal:
    """N(mu, sigma), unbounded."""

    mu: float
    sigma: float

    def quantile(self, u: float) -> float:
        return self.mu + self.sigma * _STANDARD_NORMAL.inv_cdf(u)

    def size(self) -> int | None:
        return 1 if self.sigma == 0 else None


@dataclass(frozen=True, slots=True)
class LogNormal:
    """exp(N(mu, sigma)); mu and sigma are those of the logarithm."""

    mu: float
    sigma: float
    base: float = math.e

    def quantile(self, u: float) -> float:
        return _power(self.base, Normal(self.mu, self.sigma).quantile(u))

    def size(self) -> int | None:
        return 1 if self.sigma == 0 else None


@dataclass(frozen=True, slots=True)
class Quantized:
    """round(inner / q) * q: the q-form of one of the four continuous expressions.

    Half-way cases round to even. Where the inner distribution is bounded, the value is clipped to
    the multiples of q inside the bounds (Azure semantics, section 11, rule 1). Values are integers
    when q is one, and the float nearest to the exact multiple otherwise: never 0.30000000000000004.
    """

    inner: Uniform | LogUniform | Normal | LogNormal
    q: float

    def quantile(self, u: float) -> int | float:
        step = _exact(self.q)
        multiple = round(_exact(self.inner.quantile(u)) / step)
        bounds = self.multiples()
        if bounds is not None:
            multiple = min(max(multiple, bounds[0]), bounds[1])
        value = multiple * step
        return int(value) if step.denominator == 1 else float(value)

    def multiples(self) -> tuple[int, int] | None:
        """The first and the last multiple of q inside the bounds, first > last when there is none;
        None for an unbounded distribution."""
        if isinstance(self.inner, Uniform):
            low, high = self.inner.low, self.inner.high
        elif isinstance(self.inner, LogUniform):
            low, high = (_power(self.inner.base, x) for x in (self.inner.low, self.inner.high))
        else:
            return None
        step = _exact(self.q)
        return math.ceil(_exact(low) / step), math.floor(_exact(high) / step)

    def size(self) -> int | None:
        bounds = self.multiples()
        if bounds is None:
            return self.inner.size()
        return bounds[1] - bounds[0] + 1


def _exact(number: float) -> Fraction:
    """The decimal number a person wrote, not its binary neighbour."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _power(base: float, exponent: float) -> float:
    try:
        return math.exp(exponent) if base == math.e else base**exponent
    except OverflowError:
        return _LARGEST
