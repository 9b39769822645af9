"""Converts ``parameters`` to ``searchSpace``."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from ...template.references import value_text
from ..azure.conversion import Section
from ..names import parameter_name
from ..ranges import HALF_STEPS, parse_number, plain, quantized, step_values, stepped_uniform

_TYPES = ("double", "int", "discrete", "categorical")
_DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal")
# Without draws of hyperopt, the only service of Katib's that has these distributions.
_UNBOUNDED = (
    "has no bounds, as in Katib's hyperopt service: min and max are three standard deviations from the "
    "mean"
)
_HALF_INTEGERS = (
    "the bounds are 0.5 further out, as in Optuna: the integers min to max, each with the probability of "
    "what is rounded to it"
)


def convert_parameters(
    parent: Section, spec: dict[str, Any], algorithm: str | None
) -> dict[str, str]:
    """Convert ``parameters``.

    Args:
        parent: the spec of the Experiment.
        spec: of the SweepJob; receives the search space.
        algorithm: Katib's name of the algorithm.

    Returns:
        Our names of the parameters by Katib's.
    """
    space: dict[str, Any] = {}
    spec["searchSpace"] = space
    listed = parent.read("parameters", [])
    if not isinstance(listed, list) or not listed:
        parent.reject("parameters", listed, "must be a list of at least one parameter")
        return {}
    names: dict[str, str] = {}
    for position, found in enumerate(listed):
        section = parent.conversion.section(found, parent.at(f"parameters[{position}]"))
        name = section.required_text("name", "the parameter's name")
        ours = parameter_name(section.section("name"), name, space)
        section.conversion.source_paths[f"spec.searchSpace.{ours}"] = section.path
        names[name] = ours
        space[ours] = _expression(section, algorithm == "grid")
        section.reject_unknown_keys()
    return names


def _expression(section: Section, is_grid: bool) -> dict[str, Any]:
    kind = section.read("parameterType")
    if kind not in _TYPES:
        section.reject("parameterType", kind, f"must be one of: {', '.join(_TYPES)}")
        section.read("feasibleSpace")
        return {}
    space = section.subsection("feasibleSpace")
    if kind in ("discrete", "categorical"):
        made = {"type": "choice", "values": _listed(space, kind == "discrete")}
    else:
        made = _range(space, kind == "int", is_grid)
    for key in ("min", "max", "step", "list", "distribution"):
        if space.data.get(key) in (None, "", []):
            space.read(key)
    if kind not in ("double", "int") and space.data.get("distribution") == "uniform":
        space.read("distribution")  # Katib writes this default
    space.reject_unknown_keys()
    return made


def _listed(section: Section, is_number: bool) -> list[Any]:
    values = section.read("list")
    if not isinstance(values, list) or not values:
        section.reject("list", values, "must be a list of at least one value")
        return []
    made: list[Any] = []
    for position, value in enumerate(values):
        text = value_text(value)
        number = parse_number(text) if is_number else None
        if is_number and number is None:
            section.reject(f"list[{position}]", value, "must be a number")
        short = None if number is None else plain(number)
        # 0.10 as a number would reach the script as 0.1.
        made.append(text if short is None or value_text(short) != text else short)
    for position, value in enumerate(made):
        if value in made[:position]:
            section.reject(f"list[{position}]", value, "is listed twice; remove one")
    if is_number and any(isinstance(value, str) for value in made):
        message = "stay texts, since the script gets them as they are written"
        section.note("list", [value for value in made if isinstance(value, str)], message)
    return made


def _number(section: Section, key: str) -> Decimal | None:
    value = section.read(key)
    if value is None or value == "":
        return None
    number = parse_number(str(value)) if not isinstance(value, bool) else None
    if number is None:
        section.reject(key, value, "must be a text with a finite number")
    return number


def _range(section: Section, is_integer: bool, is_grid: bool) -> dict[str, Any]:
    bounds = _bounds(section, is_integer)
    distribution = section.read("distribution", "uniform")
    if distribution not in _DISTRIBUTIONS:
        known = ", ".join(_DISTRIBUTIONS)
        section.reject("distribution", distribution, f"must be one of: {known}")
    if bounds is None or distribution not in _DISTRIBUTIONS:
        return {}
    low, high, step = bounds
    if distribution.startswith("log") and low <= 0:
        section.reject("min", str(low), f"must be above 0 for {distribution}")
        return {}
    try:
        if is_grid:
            return _grid(section, low, high, step, distribution)
        if distribution == "uniform":
            return _uniform(section, low, high, step)
    except ValueError as error:
        section.reject("step", str(step), str(error))
        return {}
    if distribution == "logUniform":
        return _log_uniform(section, low, high, step, is_integer)
    section.note("distribution", distribution, _UNBOUNDED)
    if distribution == "normal":
        mu, sigma = plain((low + high) / 2), plain((high - low) / 6)
        return quantized({"type": "normal", "mu": mu, "sigma": sigma}, step)
    logs = math.log(low), math.log(high)
    moments = {"mu": (logs[0] + logs[1]) / 2, "sigma": (logs[1] - logs[0]) / 6}
    return quantized({"type": "lognormal", **moments}, step)


def _bounds(section: Section, is_integer: bool) -> tuple[Decimal, Decimal, Decimal | None] | None:
    """Return min, max and step; None if they are rejected."""
    low, high, step = (_number(section, key) for key in ("min", "max", "step"))
    before = len(section.conversion.problems)
    for key, value in (("min", low), ("max", high), ("step", step)):
        if key != "step" and section.data.get(key) in (None, ""):
            section.reject(key, None, "is required for a range")
        if is_integer and value is not None and value != int(value):
            section.reject(key, str(value), "must be a whole number")
    if step is not None and step <= 0:
        section.reject("step", str(step), "must be above 0")
    if low is not None and high is not None and low > high:
        section.reject("min", str(low), f"must not be above max, {high}; exchange the two")
    if low is None or high is None or len(section.conversion.problems) > before:
        return None
    return low, high, Decimal(1) if is_integer and step is None else step


def _uniform(section: Section, low: Decimal, high: Decimal, step: Decimal | None) -> dict[str, Any]:
    if step is None:
        return {"type": "uniform", "minValue": plain(low), "maxValue": plain(high)}
    made = stepped_uniform(low, high, step)
    if made["type"] == "quniform":
        section.note("step", str(step), HALF_STEPS)
    elif made["type"] == "choice":
        message = "min is no multiple of step: a choice of the values min, min + step, ..."
        section.note("step", str(step), message)
    return made


def _log_uniform(
    section: Section, low: Decimal, high: Decimal, step: Decimal | None, is_integer: bool
) -> dict[str, Any]:
    if is_integer and step == 1:
        section.note("distribution", "logUniform", _HALF_INTEGERS)
        low, high = low - Decimal("0.5"), high + Decimal("0.5")
    elif step is not None:
        section.note("step", str(step), "values are the multiples of step between min and max")
    return quantized({"type": "loguniform", "low": plain(low), "high": plain(high)}, step)


def _grid(
    section: Section, low: Decimal, high: Decimal, step: Decimal | None, distribution: str
) -> dict[str, Any]:
    if step is None:
        section.reject("step", None, "is required for a grid, as in Katib")
        return {}
    if distribution != "uniform":
        message = "not carried over: a grid has the values min, min + step, ..., as in Katib"
        section.note("distribution", distribution, message)
    return {"type": "choice", "values": step_values(low, high, step)}
