"""The ten expressions of a search space (Azure semantics, section 2), each by its quantile function.

``quantile(u)`` maps u, uniform on the open unit interval, to a value of the distribution. That one
function serves independent draws and quasi-random points alike. A finite expression also lists its
values: ``item(n)``, n from 0 to ``size()`` - 1.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import Any, Protocol

from .portable import normal_quantile, power

Scalar = bool | int | float | str


class Expression(Protocol):
    """A distribution over the values of one parameter."""

    def quantile(self, u: float) -> Any:
        """The value at ``u``, 0 < u < 1."""
        ...

    def size(self) -> int | None:
        """How many different values there are; None for infinitely many."""
        ...

    def item(self, rank: int) -> Any:
        """The value of that rank of a finite expression, 0 <= rank < size."""
        ...

    def even(self) -> bool:
        """Whether the expression is finite and all its values are equally probable."""
        ...


@dataclass(frozen=True, slots=True)
class Branch:
    """An object among the values of a choice: constants and further expressions by name."""

    entries: Mapping[str, Scalar | Expression]

    def size(self) -> int | None:
        """Number of different assignments of this branch; None for infinitely many."""
        product = 1
        for entry in self.entries.values():
            size = 1 if isinstance(entry, Scalar) else entry.size()
            if size is None:
                return None
            product *= size
        return product

    def item(self, rank: int) -> dict[str, Any]:
        """The assignment of that rank, the last entry fastest (section 11, rule 3)."""
        found: dict[str, Any] = {}
        for name, entry in reversed([*self.entries.items()]):
            if isinstance(entry, Scalar):
                found[name] = entry
                continue
            rank, position = divmod(rank, entry.size() or 1)
            found[name] = entry.item(position)
        return {name: found[name] for name in self.entries}

    def even(self) -> bool:
        """Whether it is finite and all its assignments are equally probable."""
        return all(isinstance(e, Scalar) or e.even() for e in self.entries.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """One of ``values`` with equal probability; a value may be a branch with parameters of its own.

    A value that is written twice is drawn twice as often, but listed once.
    """

    values: tuple[Scalar | Branch, ...]
    _distinct: tuple[Scalar | Branch, ...] = field(init=False, repr=False, compare=False)
    # How many values there are before each of the distinct ones, and in all; empty for infinitely many.
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        distinct = {_identity(n, value): value for n, value in reversed([*enumerate(self.values)])}
        object.__setattr__(self, "_distinct", tuple(reversed(distinct.values())))
        sizes = [_size_of(value) for value in self._distinct]
        finite = [size for size in sizes if size is not None]
        before = accumulate(finite, initial=0) if len(finite) == len(sizes) else ()
        object.__setattr__(self, "_before", tuple(before))

    def quantile(self, u: float) -> Scalar | Branch:
        return self.values[self.position(u)]

    def position(self, u: float) -> int:
        """The number, from 0, of the value at ``u``."""
        return min(int(u * len(self.values)), len(self.values) - 1)

    def size(self) -> int | None:
        return self._before[-1] if self._before else None

    def item(self, rank: int) -> Any:
        position = bisect_right(self._before, rank) - 1
        value = self._distinct[position]
        return value.item(rank - self._before[position]) if isinstance(value, Branch) else value

    def even(self) -> bool:
        return len(self._distinct) == len(self.values) and all(
            _size_of(value) == 1 for value in self.values
        )


def _size_of(value: Scalar | Branch) -> int | None:
    return value.size() if isinstance(value, Branch) else 1


def _identity(position: int, value: Scalar | Branch) -> str:
    """Equal for values that a trial could not tell apart; branches count as different."""
    if isinstance(value, Branch):
        if not all(isinstance(entry, Scalar) for entry in value.entries.values()):
            return f"branch {position}"
        return json.dumps(dict(value.entries), sort_keys=True)
    return json.dumps(value)


@dataclass(frozen=True, slots=True)
class Randint:
    """An integer in [0, upper)."""

    upper: int

    def quantile(self, u: float) -> int:
        # In integers: above 2**53 a product of floats would skip values.
        numerator, denominator = u.as_integer_ratio()
        return numerator * self.upper // denominator

    def size(self) -> int | None:
        return self.upper

    def item(self, rank: int) -> int:
        return rank

    def even(self) -> bool:
        return True


class _Continuous:
    """What the four continuous expressions share: finite only if the distribution is one point."""

    __slots__ = ()

    def quantile(self, u: float) -> float:
        raise NotImplementedError

    def is_point(self) -> bool:
        """Whether the distribution has a single value."""
        raise NotImplementedError

    def size(self) -> int | None:
        return 1 if self.is_point() else None

    def item(self, rank: int) -> float:
        return self.quantile(0.5)

    def even(self) -> bool:
        return self.is_point()


@dataclass(frozen=True, slots=True)
class Uniform(_Continuous):
    """U(low, high)."""

    low: float
    high: float

    def quantile(self, u: float) -> float:
        # Not low + u * (high - low): the difference may overflow.
        return min(max(self.low * (1 - u) + self.high * u, self.low), self.high)

    def is_point(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class LogUniform(_Continuous):
    """base ** U(low, high): the bounds are exponents, natural ones unless ``base`` says otherwise."""

    low: float
    high: float
    base: float = math.e

    def quantile(self, u: float) -> float:
        return power(self.base, Uniform(self.low, self.high).quantile(u))

    def is_point(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Normal(_Continuous):
    """N(mu, sigma), unbounded but for the range of floats."""

    mu: float
    sigma: float

    def quantile(self, u: float) -> float:
        value = self.mu + self.sigma * normal_quantile(u)
        largest = math.nextafter(math.inf, 0.0)
        return min(max(value, -largest), largest)

    def is_point(self) -> bool:
        return self.sigma == 0


@dataclass(frozen=True, slots=True)
class LogNormal(_Continuous):
    """base ** N(mu, sigma); mu and sigma are those of the logarithm."""

    mu: float
    sigma: float
    base: float = math.e

    def quantile(self, u: float) -> float:
        return power(self.base, Normal(self.mu, self.sigma).quantile(u))

    def is_point(self) -> bool:
        return self.sigma == 0


@dataclass(frozen=True, slots=True)
class Quantized:
    """round(inner / q) * q: the q-form of one of the four continuous expressions.

    Half-way cases round to even. Where the inner distribution is bounded, the value is clipped to
    the multiples of q inside the bounds (Azure semantics, section 11, rule 1). Values are integers
    when q is one, and the float nearest to the exact multiple otherwise: never 0.30000000000000004.

    Attributes:
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
            # Sorted: a base below 1 turns the bounds round.
            low, high = sorted(exact(self._bound(x)) for x in (self.inner.low, self.inner.high))
            multiples = (math.ceil(low / step), math.floor(high / step))
        object.__setattr__(self, "_step", step)
        object.__setattr__(self, "multiples", multiples)

    def _bound(self, x: float) -> float:
        return power(self.inner.base, x) if isinstance(self.inner, LogUniform) else x

    def quantile(self, u: float) -> int | float:
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
        """That multiple of q: an integer when q is one, the nearest float otherwise."""
        if self._step.denominator == 1:
            return multiple * self._step.numerator
        try:
            return multiple * self._step.numerator / self._step.denominator
        except OverflowError:
            return math.copysign(math.nextafter(math.inf, 0.0), multiple)

    def size(self) -> int | None:
        if self.multiples is None:
            return self.inner.size()
        return self.multiples[1] - self.multiples[0] + 1

    def item(self, rank: int) -> int | float:
        return (
            self.quantile(0.5) if self.multiples is None else self.value(self.multiples[0] + rank)
        )

    def even(self) -> bool:
        return self.size() == 1


def exact(number: float) -> Fraction:
    """The decimal number a person wrote, not its binary neighbour."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)
