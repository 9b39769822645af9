"""Scales: how the coordinate of one parameter becomes features of the model."""

from __future__ import annotations

import math
from typing import Any, Protocol

from ..space import Choice, Expression, LogNormal, LogUniform, Normal, Quantized, Randint, Uniform
from .arrays import Array
from .discrete_scales import FixedScale, OrderedScale, UnorderedScale
from .numeric_scales import ContinuousScale, RoundedScale

# A q-form or a randint with more values is treated as continuous.
_FINEST = 10**9


class Scale(Protocol):
    """The scale of one parameter.

    Attributes:
        width: the number of features; 0 for a parameter with a single value.
        continuous: whether a small change of the coordinate is a small change of the value.
    """

    width: int
    continuous: bool

    def features(self, units: Array) -> Array:
        """Return the features at coordinates; shape (n,) to (n, width)."""
        ...

    def unit(self, value: Any) -> float | None:
        """Return a coordinate of a value; None for a value that the parameter cannot have."""
        ...

    def positions(self, units: Array) -> Array:
        """Return the index of the discrete value at each coordinate; shape (n,) to (n,)."""
        ...


def scale_of(expression: Expression) -> Scale:
    """Return the scale of an expression."""
    if isinstance(expression, Choice):
        return _of_choice(expression)
    if expression.size() == 1:
        return FixedScale()
    if isinstance(expression, Randint):
        many = expression.upper > _FINEST
        return (
            ContinuousScale(Uniform(0, expression.upper))
            if many
            else OrderedScale(expression.upper)
        )
    if isinstance(expression, Quantized):
        return (
            RoundedScale(expression)
            if _is_coarse(expression)
            else ContinuousScale(expression.inner)
        )
    assert isinstance(expression, Uniform | LogUniform | Normal | LogNormal)
    return ContinuousScale(expression)


def _is_coarse(expression: Quantized) -> bool:
    """Return whether the steps of a q-form are large enough for features to resolve them."""
    if expression.multiples is not None:
        first, last = expression.multiples
        return last - first < _FINEST and max(abs(first), abs(last)) < _FINEST
    inner = expression.inner
    assert isinstance(inner, Normal | LogNormal)
    width = inner.sigma if isinstance(inner, Normal) else math.exp(min(inner.mu + inner.sigma, 700))
    return width / expression.q < _FINEST


def _of_choice(choice: Choice) -> Scale:
    values = choice.values
    if len(values) == 1:
        return FixedScale()
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(values) >= 3 and len(set(numbers)) == len(numbers):
        return OrderedScale(len(values), [float(n) for n in numbers])
    return UnorderedScale(len(values))
