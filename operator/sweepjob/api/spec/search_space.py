"""Converts ``spec.searchSpace`` to a search space.

The ten expressions are Azure's and fixed: ``EXPRESSIONS`` is the only table of them here. Their part of
the CRD is written by hand; a test compares both over all combinations of keys.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping

from ...search.space import (
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
from ...search.space.deterministic_math import exponent_within
from ..parsing.reader import Reader
from ..parsing.size_limits import NAME_LIMIT, VALUE_LIMIT

_NAME = re.compile(rf"[a-zA-Z_][a-zA-Z0-9_]{{0,{NAME_LIMIT - 1}}}")
_MAX_DEPTH = 32
LARGEST_CHOICE = 1000
NAME_RULE = (
    f"a parameter's name has letters, digits and _, at most {NAME_LIMIT}, and no digit first"
)
_BOUNDS = ("minValue", "maxValue")
# The bounds of log forms as values instead of exponents.
VALUE_KEYS = ("low", "high")
_MOMENTS = ("mu", "sigma")


def is_parameter_name(name: str) -> bool:
    """Return whether a text may be the name of a parameter."""
    return _NAME.fullmatch(name) is not None


def parse_space(reader: Reader, base: float = math.e) -> Space:
    """Return the search space that a section describes.

    Args:
        reader: the section. Mistakes are recorded there; if there are any, the result must not be used.
        base: the base of the logarithmic expressions (``samplingAlgorithm.logbase``).
    """
    if not reader.data:
        reader.note("", {}, "is required: at least one parameter, e.g. learning_rate: {type: ...}")
    reader.bounded("", reader.data, 200)
    return Space(_branch(reader, base, constants=False))


def _branch(reader: Reader, base: float, *, constants: bool) -> Branch:
    entries: dict[str, Scalar | Expression] = {}
    if reader.path.count(".values[") > _MAX_DEPTH:
        reader.note("", "...", f"choices may be nested {_MAX_DEPTH} deep at most")
        return Branch(entries)
    for name, value in reader.data.items():
        if not _NAME.fullmatch(str(name)):
            reader.note(str(name), value, NAME_RULE + _similar_name(str(name)))
        if constants and isinstance(value, Scalar):
            entries[name] = _constant(reader, str(name), value)
        else:
            # A placeholder for a wrong expression, so that references to it are not reported as well.
            entries[name] = _named_expression(reader, str(name), value, base) or ""
    return Branch(entries)


def _similar_name(name: str) -> str:
    similar = re.sub(r"\W", "_", name, flags=re.ASCII)[:NAME_LIMIT]
    is_valid = similar != name and _NAME.fullmatch(similar) is not None
    return f"; write {similar}, which changes nothing in the command" if is_valid else ""


def _named_expression(reader: Reader, name: str, value: object, base: float) -> Expression | None:
    """Read the expression of a parameter; what is none gets one that was probably meant."""
    if isinstance(value, list) and all(isinstance(item, Scalar) for item in value) and value:
        listed = json.dumps(value)
        reader.note(name, value, f"is a list; write {name}: {{type: choice, values: {listed}}}")
        return None
    if isinstance(value, Scalar):
        constant = json.dumps(value)
        remedy = f"is a constant; write {name}: {{type: choice, values: [{constant}]}}"
        reader.note(name, value, f"{remedy}, or move it to spec.inputs")
        return None
    return _expression(reader.child(name), base)


def _expression(reader: Reader, base: float) -> Expression | None:
    if not reader.data:
        if not reader.problems or reader.problems[-1].path != reader.path:
            reader.note("", {}, "must be an expression, e.g. {type: choice, values: [1, 2]}")
        return None
    kind = reader.word("type", tuple(EXPRESSIONS))
    if kind not in EXPRESSIONS:
        return None
    keys, parse = EXPRESSIONS[kind]
    _reject_unknown(reader, keys)
    before = len(reader.problems)
    expression = parse(reader, base)
    return expression if len(reader.problems) == before else None


def _reject_unknown(reader: Reader, keys: tuple[str, ...]) -> None:
    """Record keys that an expression does not have; ``low`` of one without it means ``minValue``."""
    meant = dict(zip(VALUE_KEYS, _BOUNDS, strict=True)) if set(_BOUNDS) <= {*keys} else {}
    reader.known(("type", *keys), meant)


def _choice(reader: Reader, base: float) -> Expression:
    values = reader.data.get("values")
    if not isinstance(values, list) or not values:
        reader.note("values", values, "must be a list of at least one value")
        return Choice(())
    reader.bounded("values", values, LARGEST_CHOICE)
    parsed: list[Scalar | Branch] = []
    for position, value in enumerate(values):
        if isinstance(value, Mapping):
            inner = Reader(value, f"{reader.at('values')}[{position}]", reader.problems)
            parsed.append(_branch(inner, base, constants=True))
        elif isinstance(value, Scalar):
            parsed.append(_constant(reader, f"values[{position}]", value))
        else:
            text = json.dumps(value, default=str)
            message = f"must be a number, string, boolean or object; write the string '{text[:40]}'"
            reader.note(f"values[{position}]", value, message)
    return Choice(tuple(parsed))


def _constant(reader: Reader, key: str, value: Scalar) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        reader.note(
            key, value, "must be finite, because JSON has no such number; write it as a string"
        )
    if isinstance(value, str):
        reader.bounded(key, value, VALUE_LIMIT)
    return value


def _randint(reader: Reader, base: float) -> Expression:
    return Randint(reader.integer("upper", least=1))


def _ordered(reader: Reader, keys: tuple[str, str]) -> tuple[float, float]:
    before = len(reader.problems)
    low, high = (reader.number(key) for key in keys)
    if low > high and len(reader.problems) == before:
        reader.note(keys[0], low, f"must not be above {keys[1]} ({high:g}); exchange the two")
    return low, high


def _log_bounds(reader: Reader, base: float) -> tuple[float, float]:
    """Return the bounds as exponents; bounds given as values are rounded outwards."""
    before = len(reader.problems)
    _check_log_keys(reader)
    if len(reader.problems) > before:
        return 0.0, 0.0
    keys = _bound_keys(reader)
    low, high = _ordered(reader, keys)
    if keys == _BOUNDS or len(reader.problems) > before:
        return low, high
    for key, value in zip(keys, (low, high), strict=True):
        if value <= 0:
            message = "must be above 0, because a power is never 0 or less; use uniform for that"
            reader.note(key, value, message)
    if len(reader.problems) > before:
        return 0.0, 0.0
    exponents = exponent_within(low, base, up=False), exponent_within(high, base, up=True)
    # With a base below 1, larger exponents give smaller values.
    return min(exponents), max(exponents)


def _check_log_keys(reader: Reader) -> None:
    """Record bounds that are both values and exponents, or neither, or objects."""
    values, exponents = ([k for k in keys if k in reader.data] for keys in (VALUE_KEYS, _BOUNDS))
    if values and exponents:
        message = (
            "is a value itself, minValue and maxValue are exponents; remove one of the two pairs"
        )
        reader.note(values[0], reader.data[values[0]], message)
    elif not values and not exponents:
        message = (
            "needs minValue and maxValue, the exponents, or low and high, the values themselves"
        )
        reader.note("", reader.data, message)
    for key in exponents:
        if isinstance(reader.data[key], Mapping):
            message = "must be a number; write low and high for the values themselves"
            reader.note(key, reader.data[key], message)


def _bound_keys(reader: Reader) -> tuple[str, str]:
    return VALUE_KEYS if any(key in reader.data for key in VALUE_KEYS) else _BOUNDS


def _moments(reader: Reader) -> tuple[float, float]:
    mu, sigma = reader.number("mu"), reader.number("sigma")
    if sigma < 0:
        reader.note("sigma", sigma, "must be 0 or more")
    return mu, sigma


def _uniform(reader: Reader, base: float) -> Uniform:
    return Uniform(*_ordered(reader, _BOUNDS))


def _loguniform(reader: Reader, base: float) -> LogUniform:
    return LogUniform(*_log_bounds(reader, base), base)


def _normal(reader: Reader, base: float) -> Normal:
    return Normal(*_moments(reader))


def _lognormal(reader: Reader, base: float) -> LogNormal:
    return LogNormal(*_moments(reader), base)


Continuous = Uniform | LogUniform | Normal | LogNormal


def _quantized(
    inner: Callable[[Reader, float], Continuous],
) -> Callable[[Reader, float], Expression]:
    def parse(reader: Reader, base: float) -> Expression:
        before = len(reader.problems)
        q, continuous = reader.number("q"), inner(reader, base)
        if q <= 0 and len(reader.problems) == before:
            reader.note("q", q, "must be above 0")
        if len(reader.problems) > before:
            return continuous
        quantized = Quantized(continuous, q)
        multiples = quantized.multiples
        if multiples is not None and multiples[0] > multiples[1]:
            between = " and ".join(_bound_keys(reader))
            reader.note("q", q, f"has no multiple between {between}; choose a smaller q")
        return quantized

    return parse


Parser = Callable[[Reader, float], Expression]
# The keys of every expression besides ``type``, and its parser.
EXPRESSIONS: dict[str, tuple[tuple[str, ...], Parser]] = {
    "choice": (("values",), _choice),
    "randint": (("upper",), _randint),
    "uniform": (_BOUNDS, _uniform),
    "quniform": ((*_BOUNDS, "q"), _quantized(_uniform)),
    "loguniform": ((*_BOUNDS, *VALUE_KEYS), _loguniform),
    "qloguniform": ((*_BOUNDS, *VALUE_KEYS, "q"), _quantized(_loguniform)),
    "normal": (_MOMENTS, _normal),
    "qnormal": ((*_MOMENTS, "q"), _quantized(_normal)),
    "lognormal": (_MOMENTS, _lognormal),
    "qlognormal": ((*_MOMENTS, "q"), _quantized(_lognormal)),
}
