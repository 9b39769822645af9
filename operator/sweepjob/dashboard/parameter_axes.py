"""The axes of the parameters as the search space declares them, before there is any trial."""

from __future__ import annotations

from typing import Any

from ..api.spec.sweep_spec import SweepSpec
from ..search.space import Branch, Choice, Expression, LogNormal, LogUniform, Quantized
from ..template.references import value_text


def parameter_axes(spec: SweepSpec | None) -> list[dict[str, Any]]:
    """Return the parameters in the order of the search space.

    A parameter that several branches of a choice declare is one axis.

    Args:
        spec: the sweep's spec; None if it was never accepted.

    Returns:
        For each parameter, ``name``, ``log`` (whether its distribution is logarithmic) and ``choices``
        (the texts of the values of a choice; empty for other expressions).
    """
    axes: dict[str, dict[str, Any]] = {}
    for path, expression in spec.space.expressions() if spec else ():
        name = ".".join(part for part in path if isinstance(part, str))
        axis = axes.setdefault(name, {"name": name, "log": True, "choices": []})
        axis["log"] = axis["log"] and _is_log(expression)
        axis["choices"] += [c for c in _choices(expression) if c not in axis["choices"]]
    return list(axes.values())


def _is_log(expression: Expression) -> bool:
    if isinstance(expression, Quantized):
        return _is_log(expression.inner)
    return isinstance(expression, LogUniform | LogNormal)


def _choices(expression: Expression) -> list[str]:
    if not isinstance(expression, Choice):
        return []
    return [value_text(value) for value in expression.values if not isinstance(value, Branch)]
