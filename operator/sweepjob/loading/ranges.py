"""Expressions for ranges with steps, whose values all have the same probability."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..api.spec.search_space import LARGEST_CHOICE

_DIGITS = 15  # those of a float
HALF_STEPS = (
    "the bounds are half a step further out, so that every value has the same probability; no value is "
    "beyond the bounds of the file"
)


def parse_number(text: str) -> Decimal | None:
    """Return the finite number that a text has; None if it has none."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal("1e308") else None


def plain(number: Decimal) -> int | float:
    """Return a number as YAML has it.

    >>> plain(Decimal("1.0")), plain(Decimal("0.5"))
    (1, 0.5)
    """
    return int(number) if number == int(number) else float(number)


def stepped_uniform(low: Decimal, high: Decimal, step: Decimal) -> dict[str, Any]:
    """Return the expression of low, low + step, ... up to high, all with the same probability.

    Args:
        low: the lowest value.
        high: no value is above it.
        step: the distance of two values.

    Raises:
        ValueError: only a choice could express them, and there are too many.

    >>> stepped_uniform(Decimal(2), Decimal(6), Decimal(2))
    {'type': 'quniform', 'minValue': 1, 'maxValue': 7, 'q': 2}
    """
    if low == 0 and step == 1:
        return {"type": "randint", "upper": int(high) + 1}
    _check_digits(low, high, step)
    if low % step:
        return {"type": "choice", "values": step_values(low, high, step)}
    last = low + (high - low) // step * step
    bounds = {"minValue": plain(low - step / 2), "maxValue": plain(last + step / 2)}
    return {"type": "quniform", **bounds, "q": plain(step)}


def _check_digits(low: Decimal, high: Decimal, step: Decimal) -> None:
    """Check that the quotients have no more digits than the module decimal computes with."""
    largest = max(abs(low), abs(high), high - low)
    if largest and largest.adjusted() - step.adjusted() > _DIGITS:
        raise ValueError("is too small for these bounds; use a larger step")


def step_values(low: Decimal, high: Decimal, step: Decimal) -> list[int | float]:
    """Return low, low + step, ... up to high.

    Raises:
        ValueError: there are more values than a choice may have.
    """
    _check_digits(low, high, step)
    count = int((high - low) // step) + 1
    if count > LARGEST_CHOICE:
        raise ValueError(
            f"gives {count} values, and a choice has {LARGEST_CHOICE} at most; use a larger step"
        )
    return [plain(low + number * step) for number in range(count)]


def quantized(expression: Mapping[str, Any], step: Decimal | None) -> dict[str, Any]:
    """Return the q-form of an expression; itself without a step."""
    if step is None:
        return dict(expression)
    return {**expression, "type": f"q{expression['type']}", "q": plain(step)}
