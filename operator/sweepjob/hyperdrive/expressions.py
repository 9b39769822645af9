"""v1's ten functions, with v1's checks (Azure semantics, "Expressions")."""

from __future__ import annotations

from typing import Any

from ..sdk.arguments import ArgumentError
from ..sdk.expressions import (
    Choice,
    LogNormal,
    LogUniform,
    Normal,
    QLogNormal,
    QLogUniform,
    QNormal,
    QUniform,
    Randint,
    Uniform,
    plain,
)


def choice(*options: Any) -> Choice:
    """One of the options: written one by one, as one list, or as one range.

    >>> choice(16, 32).values, choice([16, 32]).values, choice(range(1, 4)).values
    ([16, 32], [16, 32], [1, 2, 3])
    """
    given = plain(options[0]) if len(options) == 1 else list(options)
    return Choice(given if isinstance(given, list) else [given])


def randint(upper: int) -> Randint:
    """A whole number below ``upper``."""
    return Randint(upper)


def uniform(min_value: float, max_value: float) -> Uniform:
    """Between the two."""
    _below("uniform", min_value, max_value)
    return Uniform(min_value, max_value)


def quniform(min_value: float, max_value: float, q: int) -> QUniform:
    """Uniform, rounded to a multiple of ``q``, a whole number."""
    _below("quniform", min_value, max_value)
    return QUniform(min_value, max_value, _whole("quniform", q))


def loguniform(min_value: float, max_value: float) -> LogUniform:
    """``exp(uniform)``: the bounds are natural-log exponents."""
    return LogUniform(min_value, max_value)


def qloguniform(min_value: float, max_value: float, q: int) -> QLogUniform:
    """``exp(uniform)``, rounded to a multiple of ``q``, a whole number."""
    return QLogUniform(min_value, max_value, _whole("qloguniform", q))


def normal(mu: float, sigma: float) -> Normal:
    """Normal."""
    return Normal(mu, sigma)


def qnormal(mu: float, sigma: float, q: int) -> QNormal:
    """Normal, rounded to a multiple of ``q``, a whole number."""
    return QNormal(mu, sigma, _whole("qnormal", q))


def lognormal(mu: float, sigma: float) -> LogNormal:
    """``exp(normal)``."""
    return LogNormal(mu, sigma)


def qlognormal(mu: float, sigma: float, q: int) -> QLogNormal:
    """``exp(normal)``, rounded to a multiple of ``q``, a whole number."""
    return QLogNormal(mu, sigma, _whole("qlognormal", q))


def _below(name: str, low: Any, high: Any) -> None:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high))
    if numbers and not low < high:
        raise ArgumentError(f"{name}: min_value {low} must be below max_value {high}")


def _whole(name: str, q: Any) -> int:
    if isinstance(q, bool) or not isinstance(q, int | float) or q != int(q):
        raise ArgumentError(
            f"{name}.q: {q!r}: must be a whole number in v1; sweepjob.sweep's classes take any"
        )
    return int(q)
