"""Converts ``parameters``: W&B's distributions, whose names and bounds mean other things than here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ...search.space import Scalar
from ..azure.conversion import Section
from ..names import parameter_name
from ..ranges import HALF_STEPS, plain, quantized, step_values, stepped_uniform

_RANGES = ("uniform", "int_uniform", "q_uniform")
_LOG_RANGES = (
    *("log_uniform", "log_uniform_values", "q_log_uniform", "q_log_uniform_values"),
    *("inv_log_uniform", "inv_log_uniform_values"),
)
_NORMAL = {
    "normal": "normal",
    "q_normal": "qnormal",
    "log_normal": "lognormal",
    "q_log_normal": "qlognormal",
}
_CATEGORICAL = ("constant", "categorical", "categorical_w_probabilities")
_BETA = "a beta distribution is not supported; use uniform"
_EXPONENTS = "bounds are natural-log exponents, as here"
_OBJECT = "is an object here; ${args} passes it as JSON"
_INVERSE = "the logarithm of 1/x is uniform: x is between exp(-max) and exp(-min)"
_LARGEST_WEIGHT = 100  # the values of a choice that stand for one with a probability


@dataclass
class Parameters:
    """The parameters of a file.

    Attributes:
        space: the search space.
        theirs: W&B's names by ours, at the top level.
        section: the parameters of the file, for messages.
    """

    space: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    section: Section | None = None

    def arguments(self) -> Iterator[tuple[str, str]]:
        """Yield W&B's name of each parameter, and the reference to its value."""
        for ours, theirs in self.theirs.items():
            yield theirs, f"${{{{search_space.{ours}}}}}"

    def booleans(self, theirs: str) -> set[bool]:
        """Return the booleans among the values of a parameter."""
        ours = next(name for name, other in self.theirs.items() if other == theirs)
        values = self.space[ours].get("values") or ()
        return {value for value in values if isinstance(value, bool)}

    @property
    def combinations(self) -> int:
        """The size of the grid."""
        return _combinations(self.space)

    def write_as_python(self) -> None:
        """Make booleans texts, as W&B's agent writes them on a command line."""
        for ours, theirs in self.theirs.items():
            values = self.space[ours].get("values") or []
            if any(isinstance(value, bool) for value in values):
                self.space[ours]["values"] = [
                    str(value) if isinstance(value, bool) else value for value in values
                ]
                if self.section is not None:
                    message = "are the texts True and False, as W&B's agent writes them"
                    self.section.note(theirs, values, message)


def _combinations(space: Mapping[str, Any]) -> int:
    total = 1
    for expression in space.values():
        values = expression.get("values", [None]) if isinstance(expression, Mapping) else [None]
        total *= sum(_combinations(v) if isinstance(v, Mapping) else 1 for v in values)
    return total


def convert_parameters(top: Section, *, is_grid: bool, is_random: bool) -> Parameters:
    """Convert ``parameters``.

    Args:
        top: the file.
        is_grid: the method is grid.
        is_random: the method is random.
    """
    section = top.subsection("parameters")
    found = Parameters(section=section)
    if not section.data:
        section.reject("", None, "is required: at least one parameter")
    found.space, found.theirs = _space(section, "spec.searchSpace", is_grid, is_random)
    return found


def _space(
    section: Section, path: str, is_grid: bool, is_random: bool
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the search space of parameters, and W&B's names by ours.

    Args:
        section: the parameters.
        path: the path of the search space in the SweepJob.
        is_grid: the method is grid.
        is_random: the method is random.
    """
    space: dict[str, Any] = {}
    theirs: dict[str, str] = {}
    for name in section.data:
        ours = parameter_name(section.section(str(name)), str(name), space)
        theirs[ours] = str(name)
        section.conversion.source_paths[f"{path}.{ours}"] = section.at(str(name))
        inner = section.subsection(name)
        space[ours] = _expression(inner, f"{path}.{ours}", is_grid, is_random)
    return space, theirs


def _expression(section: Section, path: str, is_grid: bool, is_random: bool) -> dict[str, Any]:
    if section.data.get("parameters") is not None:
        nested = section.subsection("parameters")
        section.conversion.source_paths[f"{path}.values[0]"] = nested.path
        inner, _ = _space(nested, f"{path}.values[0]", is_grid, is_random)
        section.note("parameters", list(inner), _OBJECT)
        section.reject_unknown_keys()
        return {"type": "choice", "values": [inner]}
    kind = section.read("distribution") or _default(section)
    kind = kind if isinstance(kind, str) else repr(kind)
    if kind in ("beta", "q_beta"):
        section.reject("distribution", kind, _BETA)
        return {}
    if kind in _CATEGORICAL:
        made = _choice(section, kind, is_random)
    elif kind in _NORMAL:
        made = _normal(section, kind)
    elif kind in _RANGES:
        made = _range(section, kind, is_grid)
    elif kind in _LOG_RANGES:
        made = _log_range(section, kind)
    else:
        known = ", ".join((*_CATEGORICAL, *_RANGES, *_LOG_RANGES, *_NORMAL))
        section.reject("distribution", kind, f"unknown; known: {known}")
        return {}
    if is_grid and made and made["type"] != "choice":
        section.reject("", kind, "has no list of values, which a grid needs; write values")
    section.reject_unknown_keys()
    return made


def _default(section: Section) -> str | None:
    """Return the distribution that W&B takes where none is named."""
    if "values" in section.data:
        return "categorical_w_probabilities" if "probabilities" in section.data else "categorical"
    if "value" in section.data:
        return "constant"
    bounds = [section.data.get(key) for key in ("min", "max")]
    if None in bounds:
        section.reject("", dict(section.data), "must have values, value, or min and max")
        return "uniform"
    return "int_uniform" if all(isinstance(bound, int) for bound in bounds) else "uniform"


def _choice(section: Section, kind: str, is_random: bool) -> dict[str, Any]:
    if kind == "constant":
        values = [section.data.get("value")]
        section.read("value")
    else:
        values = section.read("values")
    if not isinstance(values, list) or not values:
        section.reject("values", values, "must be a list of at least one value")
        return {}
    paths = ["value"] if kind == "constant" else [f"values[{n}]" for n in range(len(values))]
    made = [_value(section, path, value) for path, value in zip(paths, values, strict=True)]
    weights = section.read("probabilities")
    if weights is not None:
        made = _weighted(section, made, weights, is_random)
    return {"type": "choice", "values": made}


def _value(section: Section, path: str, value: Any) -> Any:
    """Return a value of a choice.

    Args:
        section: the parameter, or the object that has the value.
        path: the path of the value in it.
        value: the value.
    """
    if value is None:
        section.note(path, None, "is the text None here")
        return "None"
    if isinstance(value, Mapping) and value:
        section.note(path, list(value), _OBJECT)
        inner, made = section.conversion.section(value, section.at(path)), dict[str, Any]()
        for name, one in value.items():
            ours = parameter_name(inner.section(str(name)), str(name), made)
            below = _value(inner, str(name), one)
            is_object = isinstance(below, Mapping)
            made[ours] = {"type": "choice", "values": [below]} if is_object else below
        return made
    if not isinstance(value, Scalar):
        message = "must be a number, a text or a boolean here; write it as a text, such as '[1, 2]'"
        section.reject(path, value, message)
        return ""
    return value


def _is_weight(weight: Any) -> bool:
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    return is_number and 0 <= weight < math.inf


def _weighted(section: Section, values: list[Any], weights: Any, is_random: bool) -> list[Any]:
    """Return the values, each as often as its probability says."""
    is_list = isinstance(weights, list) and len(weights) == len(values)
    if not is_list or not all(_is_weight(weight) for weight in weights) or not sum(weights):
        section.reject("probabilities", weights, "must have a number of at least 0 for each value")
        return values
    if not is_random:
        section.note(
            "probabilities", weights, "not carried over: they count for method random only"
        )
        return values
    total = sum(Fraction(str(weight)) for weight in weights)
    shares = [Fraction(str(weight)) / total for weight in weights]
    size = math.lcm(*(share.denominator for share in shares))
    if size > _LARGEST_WEIGHT:
        message = (
            f"must be multiples of 1/{_LARGEST_WEIGHT} at the finest: values are repeated here"
        )
        section.reject("probabilities", weights, message)
        return values
    section.note("probabilities", weights, "each value is listed as often as its probability says")
    return [v for v, share in zip(values, shares, strict=True) for _ in range(int(share * size))]


def _numbers(section: Section, *keys: str) -> list[Decimal] | None:
    """Read numbers; None if one is absent or rejected."""
    found = [section.number(key) for key in keys]
    for key, value in zip(keys, found, strict=True):
        if value is None and section.data.get(key) is None:
            section.reject(key, None, "is required")
    if any(value is None for value in found):
        return None
    return [Decimal(str(value)) for value in found]


def _step(section: Section) -> Decimal | None:
    """Read ``q``, W&B's default of which is 1; None if it is rejected."""
    value = section.number("q")
    if section.data.get("q") is None:
        return Decimal(1)
    if value is None or value <= 0:
        section.reject("q", value, "must be above 0")
        return None
    return Decimal(str(value))


def _ordered(section: Section) -> list[Decimal] | None:
    bounds = _numbers(section, "min", "max")
    if bounds and bounds[0] > bounds[1]:
        section.reject("min", str(bounds[0]), f"must not be above max, {bounds[1]}")
        return None
    return bounds


def _range(section: Section, kind: str, is_grid: bool) -> dict[str, Any]:
    bounds = _ordered(section)
    step = Decimal(1) if kind == "int_uniform" else None
    if kind == "q_uniform" and (step := _step(section)) is None:
        return {}
    if bounds is None:
        return {}
    low, high = bounds
    if step is None:
        return {"type": "uniform", "minValue": plain(low), "maxValue": plain(high)}
    if kind == "int_uniform" and (low != int(low) or high != int(high)):
        section.reject("min", [str(low), str(high)], "min and max must be whole numbers")
        return {}
    try:
        if is_grid:
            return {"type": "choice", "values": step_values(low, high, step)}
        if kind == "q_uniform":
            ends = {"minValue": plain(low), "maxValue": plain(high)}
            return quantized({"type": "uniform", **ends}, step)
        made = stepped_uniform(low, high, step)
    except ValueError as error:
        section.reject("min", str(low), str(error))
        return {}
    if made["type"] == "quniform":
        section.note("", kind, HALF_STEPS)
    return made


def _log_range(section: Section, kind: str) -> dict[str, Any]:
    bounds = _ordered(section)
    step = _step(section) if kind.startswith("q_") else None
    if bounds is None or (kind.startswith("q_") and step is None):
        return {}
    low, high = bounds
    if kind.endswith("_values"):
        if low <= 0:
            section.reject("min", str(low), f"must be above 0 for {kind}")
            return {}
        return quantized({"type": "loguniform", "low": plain(low), "high": plain(high)}, step)
    if kind.startswith("inv_"):
        low, high = -high, -low
    section.note("distribution", kind, _INVERSE if kind.startswith("inv_") else _EXPONENTS)
    ends = {"minValue": plain(low), "maxValue": plain(high)}
    return quantized({"type": "loguniform", **ends}, step)


def _normal(section: Section, kind: str) -> dict[str, Any]:
    moments = {}
    for key, default in (("mu", 0), ("sigma", 1)):
        value = section.number(key)
        moments[key] = default if value is None else value
        if section.data.get(key) is None:
            section.note(key, None, f"is absent; {default}, W&B's default")
    step = _step(section) if kind.startswith("q_") else None
    made = {"type": _NORMAL[kind].removeprefix("q"), **moments}
    return quantized(made, step)
