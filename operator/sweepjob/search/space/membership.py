"""Which values an expression can have, and which of them is nearest to a number."""

from __future__ import annotations

import math
from fractions import Fraction

from .continuous import LogNormal, LogUniform, Normal, Uniform
from .deterministic_math import power
from .expressions import Expression, Randint
from .quantized import Quantized, exact

# Two numbers with a smaller relative difference differ by rounding: 3 * 0.1 is the value 0.3.
_ROUNDING = 1e-12


def nearest_value(expression: Expression, number: float) -> int | float | None:
    """Return the value of a numeric expression that is nearest to a number.

    Args:
        expression: any expression but a choice.
        number: a finite number.

    Returns:
        The value; None for a lognormal and a number of 0 or less, since values are arbitrarily near to 0.
    """
    if isinstance(expression, Randint):
        return min(max(round(number), 0), expression.upper - 1)
    if isinstance(expression, Quantized):
        return _nearest_multiple(expression, number)
    assert isinstance(expression, Uniform | LogUniform | Normal | LogNormal)
    if expression.is_point():
        return expression.quantile(0.5)
    if isinstance(expression, Uniform):
        return float(min(max(number, expression.low), expression.high))
    if isinstance(expression, LogUniform):
        # Sorted, because a base below 1 exchanges the bounds.
        low, high = sorted(power(expression.base, x) for x in (expression.low, expression.high))
        return min(max(float(number), low), high)
    if isinstance(expression, LogNormal) and number <= 0:
        return None
    return float(number)


def is_rounded(number: float, value: float) -> bool:
    """Return whether a number differs from a value by no more than rounding."""
    return number == value or math.isclose(number, value, rel_tol=_ROUNDING)


def _nearest_multiple(expression: Quantized, number: float) -> int | float:
    inner, first, last = expression.inner, None, None
    if expression.multiples is not None:
        first, last = expression.multiples
    elif inner.is_point():
        return expression.quantile(0.5)
    elif isinstance(inner, LogNormal):
        first = 0
    multiple = round(Fraction(exact(number)) / exact(expression.q))
    multiple = multiple if first is None else max(multiple, first)
    return expression.value(multiple if last is None else min(multiple, last))
