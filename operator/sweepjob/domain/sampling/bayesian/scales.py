"""How the coordinate of one parameter becomes what the model sees of it."""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ...space import (
    Choice,
    Expression,
    LogNormal,
    LogUniform,
    Normal,
    Quantized,
    Randint,
    Uniform,
)

Array: TypeAlias = NDArray[Any]

# Of unbounded distributions, two standard deviations to each side make the model's unit interval.
_DEVIATIONS = 4.0
_STEPS = 10**9
_FARTHEST = 3.5  # standard deviations; beyond, there is less than a trial in two thousand


class Scale(Protocol):
    """One parameter.

    Attributes:
        width: number of features, 0 for a parameter with a single value.
        continuous: whether a small change of the coordinate is a small change of the value.
        bounds: of the feature, where there is one.
        steps: coordinates of other values to try from a discrete one; empty for a continuous one.
    """

    width: int
    continuous: bool
    bounds: tuple[float, float]

    def features(self, units: Array) -> Array:
        """Coordinates, shape (n,), to features, shape (n, width)."""
        ...

    def unit(self, value: Any) -> float | None:
        """A coordinate of a value; None when the parameter cannot have it."""
        ...

    def positions(self, units: Array) -> Array:
        """Of a discrete parameter, the number of the value at each coordinate."""
        ...

    def units_of(self, feature: Array) -> Array:
        """Of a continuous parameter, the coordinates of features."""
        ...

    def neighbours(self, unit: float) -> list[float]:
        """Of a discrete parameter, coordinates of the values next to try."""
        ...


class Fixed:
    """A parameter with a single value."""

    width, continuous, bounds = 0, False, (0.0, 1.0)

    def features(self, units: Array) -> Array:
        return np.empty((len(units), 0))

    def unit(self, value: Any) -> float | None:
        return 0.5

    def positions(self, units: Array) -> Array:
        return np.zeros(len(units), dtype=int)

    def units_of(self, feature: Array) -> Array:
        return feature

    def neighbours(self, unit: float) -> list[float]:
        return []


class Continuous:
    """A number: uniform over its prior's bounds, or in standard deviations; log forms by the
    logarithm."""

    width, continuous = 1, True

    def __init__(self, expression: Uniform | LogUniform | Normal | LogNormal) -> None:
        self._logarithmic = isinstance(expression, LogUniform | LogNormal)
        base = expression.base if isinstance(expression, LogUniform | LogNormal) else math.e
        self._logbase = math.log(base)
        self._bounded = isinstance(expression, Uniform | LogUniform)
        if isinstance(expression, Uniform | LogUniform):
            # Halves: the difference of two large bounds may overflow.
            self._centre, self._spread = expression.low, expression.high / 2 - expression.low / 2
            self.bounds = (0.0, 1.0)
        else:
            self._centre, self._spread = expression.mu, expression.sigma / 2
            edge = _FARTHEST / _DEVIATIONS
            self.bounds = (0.5 - edge, 0.5 + edge)

    def features(self, units: Array) -> Array:
        if self._bounded:
            return units[:, None]
        deviations: Array = np.clip(0.5 + ndtri(units) / _DEVIATIONS, *self.bounds)
        return deviations[:, None]

    def units_of(self, feature: Array) -> Array:
        if self._bounded:
            return np.clip(feature, 0.0, 1.0)
        found: Array = ndtr((np.asarray(feature) - 0.5) * _DEVIATIONS)
        return found

    def unit(self, value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self._logarithmic and value <= 0:
            return None
        position = self.position(float(value))
        return position if math.isfinite(position) and 0 <= position <= 1 else None

    def position(self, value: float) -> float:
        """The coordinate of a value, not clipped."""
        place = math.log(value) / self._logbase if self._logarithmic else value
        standard = (place / 2 - self._centre / 2) / self._spread
        return standard if self._bounded else float(ndtr(standard))

    def place(self, values: Array) -> Array:
        """The features of values, shape (n,)."""
        places = np.log(values) / self._logbase if self._logarithmic else values
        standard = (places / 2 - self._centre / 2) / self._spread
        if not self._bounded:
            standard = 0.5 + standard / _DEVIATIONS
        return np.clip(standard, *self.bounds)

    def values(self, units: Array) -> Array:
        """The values at coordinates."""
        standard = units if self._bounded else ndtri(units)
        places = self._centre + standard * self._spread + standard * self._spread
        if not self._logarithmic:
            return places
        values: Array = np.exp(np.minimum(places * self._logbase, 700))
        return values

    def positions(self, units: Array) -> Array:
        raise TypeError("a continuous parameter has no positions")

    def neighbours(self, unit: float) -> list[float]:
        return []


class Rounded:
    """A q-form: the continuous scale at the multiples of q."""

    width, continuous = 1, False

    def __init__(self, expression: Quantized) -> None:
        self._inner = Continuous(expression.inner)
        self._q = float(expression.q)
        self._multiples = expression.multiples
        self.bounds = self._inner.bounds

    def positions(self, units: Array) -> Array:
        rounded = np.rint(self._inner.values(units) / self._q)
        if self._multiples is not None:
            rounded = np.clip(rounded, float(self._multiples[0]), float(self._multiples[1]))
        return rounded

    def features(self, units: Array) -> Array:
        values = self.positions(units) * self._q
        if self._inner._logarithmic:
            values = np.maximum(values, self._q / 2)  # 0 has no logarithm
        return self._inner.place(values)[:, None]

    def units_of(self, feature: Array) -> Array:
        return self._inner.units_of(feature)

    def unit(self, value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self._inner._logarithmic:
            value = max(value, self._q / 2)
        position = self._inner.position(float(value))
        if not math.isfinite(position):
            return None
        # The outermost multiples may lie a rounding outside the bounds.
        return min(max(position, 0.0), 1.0) if -0.5 <= position <= 1.5 else None

    def neighbours(self, unit: float) -> list[float]:
        position = float(self.positions(np.array([unit]))[0])
        values = [(position + step) * self._q for step in (-2, -1, 1, 2)]
        if self._inner._logarithmic:
            values = [value for value in values if value > 0]
        return [min(max(self._inner.position(value), 0.0), 1.0) for value in values]


class Ordered:
    """A randint, or a choice of three numbers and more: their ranks, evenly spaced."""

    width, continuous, bounds = 1, False, (0.0, 1.0)

    def __init__(self, count: int, values: list[float] | None = None) -> None:
        """``values`` are those of a choice, in its order; without, they are 0 to count - 1."""
        self._count = count
        self._values = values
        self._rank = None if values is None else np.argsort(np.argsort(values))
        self._at_rank = None if values is None else np.argsort(values)

    def positions(self, units: Array) -> Array:
        return np.minimum((units * self._count).astype(np.int64), self._count - 1)

    def features(self, units: Array) -> Array:
        positions = self.positions(units)
        ranks = positions if self._rank is None else self._rank[positions]
        return (ranks / (self._count - 1))[:, None]

    def units_of(self, feature: Array) -> Array:
        ranks = np.clip(np.rint(feature * (self._count - 1)), 0, self._count - 1).astype(int)
        positions = ranks if self._at_rank is None else self._at_rank[ranks]
        units: Array = (positions + 0.5) / self._count
        return units

    def unit(self, value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return (value + 0.5) / self._count if 0 <= value < self._count else None

    def neighbours(self, unit: float) -> list[float]:
        if self._count <= 12:
            return [(position + 0.5) / self._count for position in range(self._count)]
        feature = float(self.features(np.array([unit]))[0, 0])
        steps = np.array([-2, -1, 1, 2]) / (self._count - 1)
        found: list[float] = self.units_of(feature + steps).tolist()
        return found


class Unordered:
    """A choice of anything else: all values are equally far from each other."""

    continuous, bounds = False, (0.0, 1.0)

    def __init__(self, count: int) -> None:
        self.width = count

    def positions(self, units: Array) -> Array:
        return np.minimum((units * self.width).astype(np.int64), self.width - 1)

    def features(self, units: Array) -> Array:
        # Scaled so that two different values are at a distance of 1.
        return np.eye(self.width)[self.positions(units)] * math.sqrt(0.5)

    def units_of(self, feature: Array) -> Array:
        raise TypeError("values without an order lie on no line")

    def unit(self, value: Any) -> float | None:
        raise TypeError("a choice is placed by its values")

    def neighbours(self, unit: float) -> list[float]:
        return [(position + 0.5) / self.width for position in range(self.width)]


def scale_of(expression: Expression) -> Scale:
    """The scale of an expression."""
    if isinstance(expression, Choice):
        return _of_choice(expression)
    if expression.size() == 1:
        return Fixed()
    if isinstance(expression, Randint):
        return Ordered(expression.upper)
    if isinstance(expression, Quantized):
        return Rounded(expression) if _is_coarse(expression) else Continuous(expression.inner)
    assert isinstance(expression, Uniform | LogUniform | Normal | LogNormal)
    return Continuous(expression)


def _is_coarse(expression: Quantized) -> bool:
    """Whether the steps of a q-form are large enough to be seen by a float."""
    if expression.multiples is not None:
        first, last = expression.multiples
        return last - first < _STEPS and max(abs(first), abs(last)) < _STEPS
    inner = expression.inner
    assert isinstance(inner, Normal | LogNormal)
    width = inner.sigma if isinstance(inner, Normal) else math.exp(min(inner.mu + inner.sigma, 700))
    return width / expression.q < _STEPS


def _of_choice(choice: Choice) -> Scale:
    values = choice.values
    if len(values) == 1:
        return Fixed()
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(values) >= 3 and len(set(numbers)) == len(numbers):
        return Ordered(len(values), [float(n) for n in numbers])
    return Unordered(len(values))
