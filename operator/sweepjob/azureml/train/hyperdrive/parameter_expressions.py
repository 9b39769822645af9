"""The ten search space functions of v1, with v1's checks (Azure semantics, "Expressions")."""

from __future__ import annotations

import warnings
from typing import Any

from ....sdk.arguments import ArgumentError
from ....sdk.expressions import (
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
    to_plain,
)
from ....training.unused_arguments import level_of_the_program
from ..._other_names import other_names


def choice(*options: Any) -> Choice:
    """Return one of the options, with equal probability.

    Args:
        options: The options one by one, as one list, or as one range.

    >>> choice(16, 32).values, choice([16, 32]).values, choice(range(1, 4)).values
    ([16, 32], [16, 32], [1, 2, 3])
    """
    given = to_plain(options[0]) if len(options) == 1 else list(options)
    return Choice(given if isinstance(given, list) else [given])


def randint(upper: int) -> Randint:
    """Return an integer from 0 to ``upper - 1``.

    Args:
        upper: Exclusive upper bound.
    """
    return Randint(upper)


def uniform(min_value: float, max_value: float) -> Uniform:
    """Uniform distribution.

    Args:
        min_value: Lower bound.
        max_value: Upper bound.
    """
    _check_bounds("uniform", min_value, max_value)
    return Uniform(min_value, max_value)


def quniform(min_value: float, max_value: float, q: int) -> QUniform:
    """Uniform distribution, rounded to a multiple of ``q``.

    Args:
        min_value: Lower bound.
        max_value: Upper bound.
        q: Step, an integer.
    """
    _check_bounds("quniform", min_value, max_value)
    return QUniform(min_value, max_value, _whole("quniform", q))


def loguniform(min_value: float, max_value: float) -> LogUniform:
    """Log-uniform distribution, ``exp(uniform)``; the bounds are natural-log exponents.

    Args:
        min_value: Natural logarithm of the lower bound.
        max_value: Natural logarithm of the upper bound.
    """
    return LogUniform(*_ordered("loguniform", min_value, max_value))


def qloguniform(min_value: float, max_value: float, q: int) -> QLogUniform:
    """Log-uniform distribution, rounded to a multiple of ``q``.

    Args:
        min_value: Natural logarithm of the lower bound.
        max_value: Natural logarithm of the upper bound.
        q: Step, an integer.
    """
    low, high = _ordered("qloguniform", min_value, max_value)
    return QLogUniform(low, high, _whole("qloguniform", q))


def normal(mu: float, sigma: float) -> Normal:
    """Return a normal distribution.

    Args:
        mu: Mean.
        sigma: Standard deviation.
    """
    return Normal(mu, sigma)


def qnormal(mu: float, sigma: float, q: int) -> QNormal:
    """Return a normal distribution, rounded to a multiple of ``q``.

    Args:
        mu: Mean.
        sigma: Standard deviation.
        q: Step, an integer.
    """
    return QNormal(mu, sigma, _whole("qnormal", q))


def lognormal(mu: float, sigma: float) -> LogNormal:
    """Log-normal distribution, ``exp(normal)``.

    Args:
        mu: Mean of the natural logarithm.
        sigma: Standard deviation of the natural logarithm.
    """
    return LogNormal(mu, sigma)


def qlognormal(mu: float, sigma: float, q: int) -> QLogNormal:
    """Log-normal distribution, rounded to a multiple of ``q``.

    Args:
        mu: Mean of the natural logarithm.
        sigma: Standard deviation of the natural logarithm.
        q: Step, an integer.
    """
    return QLogNormal(mu, sigma, _whole("qlognormal", q))


def _ordered(name: str, low: Any, high: Any) -> tuple[Any, Any]:
    """Return bounds in their order. Azure's client does not check those of log expressions."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high))
    if not numbers or low <= high:
        return low, high
    warnings.warn(
        f"{name}: min_value {low} is above max_value {high}; exchanged",
        stacklevel=level_of_the_program(),
    )
    return high, low


def _check_bounds(name: str, low: Any, high: Any) -> None:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high))
    if numbers and not low < high:
        raise ArgumentError(f"{name}: min_value {low} must be below max_value {high}")


def _whole(name: str, q: Any) -> int:
    if isinstance(q, bool) or not isinstance(q, int | float) or q != int(q):
        raise ArgumentError(
            f"{name}.q: {q!r}: must be a whole number in v1; sweepjob.sweep's classes take any"
        )
    return int(q)


__getattr__ = other_names(__name__)
