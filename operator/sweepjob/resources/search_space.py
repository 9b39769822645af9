"""``spec.searchSpace`` to a ``Space``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from ..domain.space import (
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
from ..domain.space.portable import exponent_within
from .bounds import NAME_LIMIT, VALUE_LIMIT
from .reading import Reader

_NAME = re.compile(rf"[a-zA-Z_][a-zA-Z0-9_]{{0,{NAME_LIMIT - 1}}}")
_DEEPEST = 32
_NAME_RULE = (
    f"a parameter's name has letters, digits and _, at most {NAME_LIMIT}, and no digit first"
)
_BOUNDS = ("minValue", "maxValue")
_MOMENTS = ("mu", "sigma")


def parse_space(reader: Reader, base: float = math.e) -> Space:
    """The search space below ``reader``.

    Args:
        base: base of the logarithmic expressions (``samplingAlgorithm.logbase``).

    Mistakes are noted in ``reader``; then the result is not to be used.
    """
    if not reader.data:
        reader.note("", {}, "is required: at least one parameter, e.g. learning_rate: {type: ...}")
    reader.bounded("", reader.data, 200)
    return Space(_branch(reader, base, constants=False))


def _branch(reader: Reader, base: float, *, constants: bool) -> Branch:
    entries: dict[str, Scalar | Expression] = {}
    if reader.path.count(".values[") > _DEEPEST:
        reader.note("", "...", f"choices may be nested {_DEEPEST} deep at most")
        return Branch(entries)
    for name, value in reader.data.items():
        if not _NAME.fullmatch(str(name)):
            reader.note(str(name), value, _NAME_RULE)
        if constants and isinstance(value, Scalar):
            entries[name] = _constant(reader, str(name), value)
        else:
            # Something stands in for what is wrong, so that references to it are not wrong as well.
            entries[name] = _expression(reader.child(name), base) or ""
    return Branch(entries)


def _expression(reader: Reader, base: float) -> Expression | None:
    if not reader.data:
        if not reader.problems or reader.problems[-1].path != reader.path:
            reader.note("", {}, "must be an expression, e.g. {type: choice, values: [1, 2]}")
        return None
    kind = reader.word("type", tuple(EXPRESSIONS))
    if kind not in EXPRESSIONS:
        return None
    keys, parse = EXPRESSIONS[kind]
    reader.known(("type", *keys))
    before = len(reader.problems)
    expression = parse(reader, base)
    return expression if len(reader.problems) == before else None


def _choice(reader: Reader, base: float) -> Expression:
    values = reader.data.get("values")
    if not isinstance(values, list) or not values:
        reader.note("values", values, "must be a list of at least one value")
        return Choice(())
    reader.bounded("values", values, 1000)
    parsed: list[Scalar | Branch] = []
    for position, value in enumerate(values):
        if isinstance(value, Mapping):
            inner = Reader(value, f"{reader.at('values')}[{position}]", reader.problems)
            parsed.append(_branch(inner, base, constants=True))
        elif isinstance(value, Scalar):
            parsed.append(_constant(reader, f"values[{position}]", value))
        else:
            reader.note(f"values[{position}]", value, "must be a number, text, boolean or object")
    return Choice(tuple(parsed))


def _constant(reader: Reader, key: str, value: Scalar) -> Scalar:
    if isinstance(value, float) and not math.isfinite(value):
        reader.note(key, value, "must be finite; JSON has no such number: write it as a text")
    if isinstance(value, str):
        reader.bounded(key, value, VALUE_LIMIT)
    return value


def _randint(reader: Reader, base: float) -> Expression:
    return Randint(reader.integer("upper", least=1))


def _bounds(reader: Reader) -> tuple[float, float]:
    before = len(reader.problems)
    for key in _BOUNDS:
        given = reader.data.get(key)
        if is_value(given):
            remedy = "is the form of loguniform and qloguniform; write the number itself"
            reader.note(key, given, remedy)
    if len(reader.problems) > before:
        return 0.0, 0.0
    low, high = reader.number("minValue"), reader.number("maxValue")
    if len(reader.problems) == before:
        _check_order(reader, low, high)
    return low, high


def _check_order(reader: Reader, low: float, high: float) -> None:
    if low > high:
        message = f"must not be above maxValue ({high:g}); exchange the two"
        reader.note("minValue", low, message)


def is_value(bound: object) -> bool:
    """Whether a bound is given as the value itself, ``{value: 0.1}``, in place of an exponent."""
    return isinstance(bound, Mapping) and "value" in bound


def _log_bounds(reader: Reader, base: float) -> tuple[float, float]:
    """Exponents; of a bound that is given as the value itself the one just outside of it."""
    before = len(reader.problems)
    given = [_log_bound(reader, key) for key in _BOUNDS]
    low, high = (number for number, _ in given)
    if len(reader.problems) > before:
        return 0.0, 0.0
    if given[0][1] and given[1][1]:
        _check_order(reader, low, high)
    exponents = [
        exponent_within(number, base, up=position == 1) if meant else number
        for position, (number, meant) in enumerate(given)
    ]
    if base < 1 and given[0][1] and given[1][1]:
        exponents.reverse()  # larger exponents are smaller values
    if len(reader.problems) == before:
        _check_order(reader, *exponents)
    return exponents[0], exponents[1]


def _log_bound(reader: Reader, key: str) -> tuple[float, bool]:
    """A number, and whether it is the value itself."""
    if not isinstance(reader.data.get(key), Mapping):
        return reader.number(key), False
    inner = reader.child(key)
    inner.known(("value",))
    before = len(reader.problems)
    number = inner.number("value")
    if number <= 0 and len(reader.problems) == before:
        inner.note("value", number, "must be above 0: no power is 0 or less; take uniform for that")
    return number, True


def _moments(reader: Reader) -> tuple[float, float]:
    mu, sigma = reader.number("mu"), reader.number("sigma")
    if sigma < 0:
        reader.note("sigma", sigma, "must be 0 or more")
    return mu, sigma


def _uniform(reader: Reader, base: float) -> Uniform:
    return Uniform(*_bounds(reader))


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
            reader.note("q", q, "has no multiple between minValue and maxValue; choose a smaller q")
        return quantized

    return parse


Parser = Callable[[Reader, float], Expression]
# Every expression: the keys it has beside ``type``, and how it is read.
EXPRESSIONS: dict[str, tuple[tuple[str, ...], Parser]] = {
    "choice": (("values",), _choice),
    "randint": (("upper",), _randint),
    "uniform": (_BOUNDS, _uniform),
    "quniform": ((*_BOUNDS, "q"), _quantized(_uniform)),
    "loguniform": (_BOUNDS, _loguniform),
    "qloguniform": ((*_BOUNDS, "q"), _quantized(_loguniform)),
    "normal": (_MOMENTS, _normal),
    "qnormal": ((*_MOMENTS, "q"), _quantized(_normal)),
    "lognormal": (_MOMENTS, _lognormal),
    "qlognormal": ((*_MOMENTS, "q"), _quantized(_lognormal)),
}
