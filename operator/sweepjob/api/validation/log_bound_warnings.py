"""Warnings about bounds of log forms that look like values, though they are exponents as in Azure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ...search.space.deterministic_math import power
from ..parsing.problem import Problem

LOGARITHMIC = ("loguniform", "qloguniform")
_BOUNDS = ("minValue", "maxValue", "mu", "sigma")
_NORMAL = ("lognormal", "qlognormal")
# A decimal exponent that no hyperparameter has: e**20 is about 5e8.
_LARGE = 20 * math.log10(math.e)
_TINY = 0.05  # a smaller positive lower bound is a value, not an exponent


def exponent_warnings(space: Any, base: float, path: str = "spec.searchSpace") -> Iterator[Problem]:
    """Yield a warning for every log form whose numbers look like values, with the line to write instead.

    Args:
        space: ``spec.searchSpace`` as it is written, or a branch of a choice.
        base: the base of the logarithmic expressions.
        path: the path of ``space``, for the warnings.
    """
    for name, expression in space.items() if isinstance(space, Mapping) else ():
        if not isinstance(expression, Mapping):
            continue
        at = f"{path}.{name}"
        message = ""
        if expression.get("type") in LOGARITHMIC:
            message = bounds_warning(name, expression, base)
        elif expression.get("type") in _NORMAL:
            message = _moments_warning(name, expression, base)
        if message:
            # In this order: the API server sorts keys, and maxValue comes before minValue there.
            numbers = [expression[key] for key in _BOUNDS if key in expression]
            yield Problem(at, numbers, message)
        values = expression.get("values")
        for number, value in enumerate(values if isinstance(values, list) else ()):
            yield from exponent_warnings(value, base, f"{at}.values[{number}]")


def bounds_warning(name: str, expression: Mapping[str, Any], base: float) -> str:
    """Return the warning about the bounds of a log form; empty where they can be exponents.

    Args:
        name: the name of the parameter.
        expression: the expression as it is written in the spec.
        base: the base of the logarithmic expressions.
    """
    low, high = expression.get("minValue"), expression.get("maxValue")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return ""
    scale = abs(math.log10(base))
    if not (0 <= low <= high <= 1 or 0 < low < _TINY or high * scale > _LARGE):
        return ""
    message = (
        f"bounds of {expression['type']} are exponents: values from {_formatted(base, low)} to "
        f"{_formatted(base, high)}. These look like values; if you mean values, "
    )
    if low <= 0:
        return f"{message}use uniform, or low and high, both above 0"
    q = f", q: {expression['q']}" if "q" in expression else ""
    line = f"{{type: {expression['type']}, low: {low}, high: {high}{q}}}"
    return f"{message}write {name}: {line}"


def _moments_warning(name: str, expression: Mapping[str, Any], base: float) -> str:
    mu, sigma = expression.get("mu"), expression.get("sigma")
    if not isinstance(mu, int | float) or not isinstance(sigma, int | float):
        return ""
    scale = abs(math.log10(base))
    if not (0 < mu <= 1 and sigma < 0.2) and not mu * scale > _LARGE:
        return ""
    q = f", q: {expression['q']}" if "q" in expression else ""
    spread = max(sigma, 0.5)
    line = f"{{type: {expression['type']}, mu: {math.log(mu) / math.log(base):.6g}, sigma: {spread}{q}}}"
    return (
        f"mu and sigma of {expression['type']} are of the logarithm: two of three values lie between "
        f"{_formatted(base, mu - sigma)} and {_formatted(base, mu + sigma)}. These look like values; "
        f"if {mu} is to be the median, write {name}: {line}, with sigma as the logarithm of the "
        "factor around it"
    )


def _formatted(base: float, exponent: float) -> str:
    value = power(base, exponent)
    return f"{value:.3g}" if value < 1e308 else "beyond 1e308"
