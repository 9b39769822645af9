"""How the coordinate of one parameter becomes what the model sees of it."""

from __future__ import annotations

import math
from typing import Any, Protocol

from ..space import Choice, Expression, LogNormal, LogUniform, Normal, Quantized, Randint, Uniform
from .arrays import Array
from .discrete_scales import Fixed, Ordered, Unordered
from .numeric_scales import Continuous, Rounded

# With more values than this, a q-form or a randint is as good as continuous.
_FINEST = 10**9


class Scale(Protocol):
    """One parameter.

    Attributes:
        width: number of features, 0 for a parameter with a single value.
        continuous: whether a small change of the coordinate is a small change of the value.
    """

    width: int
    continuous: bool

    def features(self, units: Array) -> Array:
        """Coordinates, shape (n,), to features, shape (n, width)."""
        ...

    def unit(self, value: Any) -> float | None:
        """A coordinate of a value; None when the parameter cannot have it."""
        ...

    def positions(self, units: Array) -> Array:
        """Of a discrete parameter, the number of the value at each coordinate."""
        ...


def scale_of(expression: Expression) -> Scale:
    """The scale of an expression."""
    if isinstance(expression, Choice):
        return _of_choice(expression)
    if expression.size() == 1:
        return Fixed()
    if isinstance(expression, Randint):
        many = expression.upper > _FINEST
        return Continuous(Uniform(0, expression.upper)) if many else Ordered(expression.upper)
    if isinstance(expression, Quantized):
        return Rounded(expression) if _is_coarse(expression) else Continuous(expression.inner)
    assert isinstance(expression, Uniform | LogUniform | Normal | LogNormal)
    return Continuous(expression)


def _is_coarse(expression: Quantized) -> bool:
    """Whether the steps of a q-form are large enough to be seen by a float."""
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
        return Fixed()
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(values) >= 3 and len(set(numbers)) == len(numbers):
        return Ordered(len(values), [float(n) for n in numbers])
    return Unordered(len(values))
