"""The four continuous expressions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from .deterministic_math import normal_quantile, power


class _Continuous(ABC):
    """A continuous expression, which is finite only if its distribution is a single point."""

    __slots__ = ()

    @abstractmethod
    def quantile(self, u: float) -> float:
        """Return the value at ``u``, 0 < u < 1."""

    @abstractmethod
    def is_point(self) -> bool:
        """Return whether the distribution has a single value."""

    def size(self) -> int | None:
        return 1 if self.is_point() else None

    def item(self, rank: int) -> float:
        return self.quantile(0.5)

    def even(self) -> bool:
        return self.is_point()


@dataclass(frozen=True, slots=True)
class Uniform(_Continuous):
    """U(low, high).

    Attributes:
        low: the lower bound.
        high: the upper bound.
    """

    low: float
    high: float

    def quantile(self, u: float) -> float:
        """Return the value low + u (high - low), clipped to the bounds."""
        # Not low + u * (high - low): the difference may overflow.
        return min(max(self.low * (1 - u) + self.high * u, self.low), self.high)

    def is_point(self) -> bool:
        """Return whether the bounds are equal."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class LogUniform(_Continuous):
    """base ** U(low, high).

    Attributes:
        low: the exponent of the lower bound.
        high: the exponent of the upper bound.
        base: the base of the exponents, e by default.
    """

    low: float
    high: float
    base: float = math.e

    def quantile(self, u: float) -> float:
        """Return the value base ** (low + u (high - low)); positive and finite."""
        return power(self.base, Uniform(self.low, self.high).quantile(u))

    def is_point(self) -> bool:
        """Return whether the bounds are equal."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Normal(_Continuous):
    """N(mu, sigma), clipped to the finite floats.

    Attributes:
        mu: the mean.
        sigma: the standard deviation, 0 or more.
    """

    mu: float
    sigma: float

    def quantile(self, u: float) -> float:
        """Return the value mu + sigma z(u) with the standard normal's quantile function z; finite."""
        value = self.mu + self.sigma * normal_quantile(u)
        largest = math.nextafter(math.inf, 0.0)
        return min(max(value, -largest), largest)

    def is_point(self) -> bool:
        """Return whether sigma is 0."""
        return self.sigma == 0


@dataclass(frozen=True, slots=True)
class LogNormal(_Continuous):
    """base ** N(mu, sigma).

    Attributes:
        mu: the mean of the logarithm.
        sigma: the standard deviation of the logarithm, 0 or more.
        base: the base of the logarithm, e by default.
    """

    mu: float
    sigma: float
    base: float = math.e

    def quantile(self, u: float) -> float:
        """Return the value base ** (mu + sigma z(u)); positive and finite."""
        return power(self.base, Normal(self.mu, self.sigma).quantile(u))

    def is_point(self) -> bool:
        """Return whether sigma is 0."""
        return self.sigma == 0
