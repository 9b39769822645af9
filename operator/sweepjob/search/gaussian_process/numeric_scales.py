"""The scales of numeric parameters: continuous ones, and those rounded to multiples of q."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from ..space import LogNormal, LogUniform, Normal, Quantized, Uniform
from .arrays import Array

# Of unbounded distributions, the width of the feature's unit interval in standard deviations.
_DEVIATIONS = 4.0
_ROUNDING = 1e-9  # of a coordinate
_FARTHEST = 3.5  # standard deviations; fewer than one trial in two thousand lies beyond


class ContinuousScale:
    """A number: in units of its bounds, or in standard deviations; log forms by the logarithm."""

    width, continuous = 1, True

    def __init__(self, expression: Uniform | LogUniform | Normal | LogNormal) -> None:
        self._logarithmic = isinstance(expression, LogUniform | LogNormal)
        base = expression.base if isinstance(expression, LogUniform | LogNormal) else math.e
        self._logbase = math.log(base)
        self._bounded = isinstance(expression, Uniform | LogUniform)
        if isinstance(expression, Uniform | LogUniform):
            # Halves: the difference of two large bounds may overflow.
            self._centre, self._spread = expression.low, expression.high / 2 - expression.low / 2
            self._bounds = (0.0, 1.0)
        else:
            self._centre, self._spread = expression.mu, expression.sigma / 2
            edge = _FARTHEST / _DEVIATIONS
            self._bounds = (0.5 - edge, 0.5 + edge)

    def features(self, units: Array) -> Array:
        """Return coordinates as they are, or in standard deviations; shape (n,) to (n, 1)."""
        if self._bounded:
            return units[:, None]
        deviations: Array = np.clip(0.5 + ndtri(units) / _DEVIATIONS, *self._bounds)
        return deviations[:, None]

    def unit(self, value: Any) -> float | None:
        """Return the coordinate of a number; None for other values, and out of bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self._logarithmic and value <= 0:
            return None
        position = self.position(float(value))
        # A bound itself may lie outside by rounding: log(0.1) / log(10) is not -1.
        inside = -_ROUNDING <= position <= 1 + _ROUNDING
        return min(max(position, 0.0), 1.0) if inside else None

    def position(self, value: float) -> float:
        """Return the coordinate of a value, not clipped to the unit interval."""
        place = math.log(value) / self._logbase if self._logarithmic else value
        standard = (place / 2 - self._centre / 2) / self._spread
        return standard if self._bounded else float(ndtr(standard))

    def place(self, values: Array) -> Array:
        """Return the features of values; shape (n,) to (n,)."""
        places = np.log(values) / self._logbase if self._logarithmic else values
        standard = (places / 2 - self._centre / 2) / self._spread
        if not self._bounded:
            standard = 0.5 + standard / _DEVIATIONS
        return np.clip(standard, *self._bounds)

    def values(self, units: Array) -> Array:
        """Return the values at coordinates; shape (n,) to (n,)."""
        standard = units if self._bounded else ndtri(units)
        places = self._centre + standard * self._spread + standard * self._spread
        if not self._logarithmic:
            return places
        values: Array = np.exp(np.minimum(places * self._logbase, 700))
        return values

    def positions(self, units: Array) -> Array:
        """Not defined for a continuous parameter.

        Raises:
            TypeError: always.
        """
        raise TypeError("a continuous parameter has no positions")


class RoundedScale:
    """A q-form: the continuous scale at the multiples of q."""

    width, continuous = 1, False

    def __init__(self, expression: Quantized) -> None:
        self._inner = ContinuousScale(expression.inner)
        self._q = float(expression.q)
        self._multiples = expression.multiples

    def positions(self, units: Array) -> Array:
        """Return the multiple of q at each coordinate; shape (n,) to (n,)."""
        rounded = np.rint(self._inner.values(units) / self._q)
        if self._multiples is not None:
            rounded = np.clip(rounded, float(self._multiples[0]), float(self._multiples[1]))
        return rounded

    def features(self, units: Array) -> Array:
        """Return the features of the rounded values; shape (n,) to (n, 1)."""
        values = self.positions(units) * self._q
        if self._inner._logarithmic:
            values = np.maximum(values, self._q / 2)  # 0 has no logarithm
        return self._inner.place(values)[:, None]

    def unit(self, value: Any) -> float | None:
        """Return the coordinate of a number; None for other values, and far out of bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self._inner._logarithmic:
            value = max(value, self._q / 2)
        position = self._inner.position(float(value))
        if not math.isfinite(position):
            return None
        # The outermost multiples may lie outside the bounds by rounding.
        return min(max(position, 0.0), 1.0) if -0.5 <= position <= 1.5 else None
