"""What is known of each parameter before any trial: whether it is logarithmic, and its choices."""

from __future__ import annotations

from typing import Any

from ..api.sweepjob import SweepSpec
from ..search.space import Branch, Choice, Expression, LogNormal, LogUniform, Quantized
from ..template.references import text_of


def parameters(spec: SweepSpec | None) -> list[dict[str, Any]]:
    """The parameters in the order written; one that more than one branch of a choice has is one."""
    found: dict[str, dict[str, Any]] = {}
    for path, expression in spec.space.expressions() if spec else ():
        name = ".".join(part for part in path if isinstance(part, str))
        entry = found.setdefault(name, {"name": name, "log": True, "choices": []})
        entry["log"] = entry["log"] and _is_log(expression)
        entry["choices"] += [c for c in _choices(expression) if c not in entry["choices"]]
    return list(found.values())


def _is_log(expression: Expression) -> bool:
    if isinstance(expression, Quantized):
        return _is_log(expression.inner)
    return isinstance(expression, LogUniform | LogNormal)


def _choices(expression: Expression) -> list[str]:
    if not isinstance(expression, Choice):
        return []
    return [text_of(value) for value in expression.values if not isinstance(value, Branch)]
