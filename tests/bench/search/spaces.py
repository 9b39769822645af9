"""The bench's spaces to the project's: a list of parameters, log forms with bounds in natural units."""

from __future__ import annotations

import math
from typing import Any

from sweepjob.search.space import (
    Branch,
    Choice,
    Expression,
    LogNormal,
    LogUniform,
    Normal,
    Quantized,
    Randint,
    Scalar,
    Space,
    Uniform,
)

Parameter = dict[str, Any]


def space_of(parameters: list[Parameter]) -> tuple[Space, dict[str, int]]:
    """The space, and for each randint what has to be added to its value (its ``min``)."""
    shifts = {
        p["name"]: int(p["min"]) for p in parameters if p["type"] == "randint" and p.get("min")
    }
    return Space(Branch({p["name"]: expression(p) for p in parameters})), shifts


def expression(p: Parameter) -> Expression:
    """One parameter. A choice may have objects with further parameters, by name, as values."""
    kind = p["type"]
    if kind == "choice":
        return Choice(tuple(_value(value) for value in p["values"]))
    if kind == "randint":
        return Randint(int(p["max"]) - int(p["min"]) + 1)
    plain: Uniform | LogUniform | Normal | LogNormal
    if kind.endswith("loguniform"):
        plain = LogUniform(math.log(p["min"]), math.log(p["max"]))
    elif kind.endswith("uniform"):
        plain = Uniform(p["min"], p["max"])
    elif kind.endswith("lognormal"):
        plain = LogNormal(p["mu"], p["sigma"])
    elif kind.endswith("normal"):
        plain = Normal(p["mu"], p["sigma"])
    else:
        raise ValueError(f"unknown type {kind!r}")
    return Quantized(plain, p["q"]) if kind.startswith("q") else plain


def _value(value: Any) -> Scalar | Branch:
    if isinstance(value, dict):
        parsed = {n: expression(v) if isinstance(v, dict) else v for n, v in value.items()}
        return Branch(parsed)
    scalar: Scalar = value
    return scalar
