"""Converts ``ParameterRanges``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..azure.conversion import Section
from ..names import parameter_name
from ..ranges import parse_number, plain, stepped_uniform

_KINDS = ("ContinuousParameterRanges", "IntegerParameterRanges", "CategoricalParameterRanges")
_SCALES = {
    "auto": "auto",
    "linear": "linear",
    "logarithmic": "log",
    "reverselogarithmic": "reverse",
}
_REVERSE = "has no counterpart: write 1 - x as a parameter with the scale Logarithmic"


def convert_ranges(section: Section) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the search space, and the names of the file by those of the space.

    Args:
        section: ``ParameterRanges``.
    """
    space: dict[str, Any] = {}
    named: dict[str, str] = {}
    for kind in _KINDS:
        listed = section.read(kind, [])
        if not isinstance(listed, list):
            section.reject(kind, listed, "must be a list")
            continue
        for number, entry in enumerate(listed):
            one = section.conversion.section(entry, section.at(f"{kind}[{number}]"))
            name = one.required_text("Name", "the name of the parameter")
            if name:
                ours = parameter_name(one, name, space)
                named[ours] = name
                one.conversion.source_paths[f"spec.searchSpace.{ours}"] = one.path
                space[ours] = _categorical(one) if kind == _KINDS[2] else _range(one, kind)
            one.reject_unknown_keys()
    auto = section.read("AutoParameters")
    if auto:
        message = "their ranges are chosen by SageMaker and are in no file; write them as ranges"
        section.reject("AutoParameters", auto, message)
    section.reject_unknown_keys()
    return space, named


def _categorical(one: Section) -> Mapping[str, Any]:
    values = one.read("Values", [])
    if not isinstance(values, list) or not values:
        one.reject("Values", values, "must be a list of texts")
        return {}
    return {"type": "choice", "values": [str(value) for value in values]}


def _range(one: Section, kind: str) -> Mapping[str, Any]:
    low, high = _bound(one, "MinValue"), _bound(one, "MaxValue")
    scale = one.keyword("ScalingType", _SCALES, "auto")
    if low is None or high is None or scale is None:
        return {}
    if scale == "reverse":
        one.reject("ScalingType", one.data["ScalingType"], _REVERSE)
        return {}
    if scale == "auto":
        one.note("ScalingType", "Auto", "SageMaker chooses a scale; linear here")
    is_integer = kind == _KINDS[1]
    if scale == "log":
        return _logarithmic(one, low, high, is_integer=is_integer)
    if not is_integer:
        return {"type": "uniform", "minValue": plain(low), "maxValue": plain(high)}
    try:
        return stepped_uniform(low, high, Decimal(1))
    except ValueError as error:
        one.reject("MinValue", str(low), str(error))
        return {}


def _logarithmic(one: Section, low: Decimal, high: Decimal, *, is_integer: bool) -> dict[str, Any]:
    if low <= 0:
        one.reject("MinValue", str(low), "must be above 0 for the scale Logarithmic")
        return {}
    bounds = {"low": plain(low), "high": plain(high)}
    if is_integer:
        return {"type": "qloguniform", **bounds, "q": 1}
    return {"type": "loguniform", **bounds}


def _bound(one: Section, key: str) -> Decimal | None:
    text = one.text(key)
    found = None if text is None else parse_number(text)
    if found is None:
        one.reject(key, text, "must be a number")
    return found
