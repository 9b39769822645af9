"""Which value of a parameter is meant by one of an earlier trial, which may be a text."""

from __future__ import annotations

import math
from typing import Any

from ..space import Branch, Expression, Quantized, Randint, Scalar
from ..space.membership import is_rounded, nearest_value

_MAX_NUMBER = 400  # characters of a number


def listed_value(listed: tuple[Scalar | Branch, ...], value: Any) -> Scalar | None:
    """Return the value of a choice that is meant; None if there is none.

    Args:
        listed: the values of the choice, or the constant in the place of one.
        value: the value; of CSV, a text.
    """
    scalars = [one for one in listed if not isinstance(one, Branch)]
    for one in scalars:
        if type(one) is type(value) and one == value:
            return one
    if isinstance(value, str):
        return _meant_by_text(scalars, value.strip())
    return next((one for one in scalars if _is_same(one, value)), None)


def _meant_by_text(scalars: list[Scalar], text: str) -> Scalar | None:
    """Return the boolean or number that has a text: of another tool, possibly ``True`` or ``32.0``."""
    word, number = text.lower(), _number(text)
    for one in scalars:
        if isinstance(one, bool):
            if word == str(one).lower():
                return one
        elif not isinstance(one, str) and number is not None and _is_same(one, number):
            return one
    return None


def numeric_value(expression: Expression, value: Any) -> int | float | None:
    """Return the value of a numeric parameter that is meant; None out of its bounds.

    A value between two steps of a parameter is kept: it says as much about the neighbouring steps.

    Args:
        expression: any expression but a choice.
        value: the value; of CSV, a text.
    """
    number = _number(value.strip()) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if not _is_finite(number):
        return None
    nearest = nearest_value(expression, number)
    if nearest is None:
        return None
    if not is_rounded(number, nearest):
        return number if _is_between_steps(expression, number, nearest) else None
    return number if number == nearest and type(number) is type(nearest) else nearest


def _is_between_steps(expression: Expression, number: float, nearest: float) -> bool:
    if isinstance(expression, Randint):
        return 0 <= number <= expression.upper - 1
    return isinstance(expression, Quantized) and abs(number - nearest) <= expression.q / 2


def _number(text: str) -> int | float | None:
    if len(text) > _MAX_NUMBER:
        return None
    try:
        return int(text) if text.removeprefix("-").isdecimal() else float(text)
    except ValueError:
        return None


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number above 1e308
        return False


def _is_same(one: Scalar, value: Any) -> bool:
    """Return whether a trial cannot tell two values apart: 3 equals 3.0, but not "3" or True."""
    if isinstance(one, bool) or isinstance(value, bool) or isinstance(one, str):
        return type(one) is type(value) and bool(one == value)
    is_number = isinstance(value, int | float) and _is_finite(value)
    return is_number and is_rounded(value, one)
