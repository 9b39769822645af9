"""The expressions that parameters are drawn from (Azure semantics, "Expressions"), with Azure's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar

from ..api.reader import Reader
from ..api.search_space import EXPRESSIONS
from .arguments import ArgumentError, check

_KEYS = {"min_value": "minValue", "max_value": "maxValue"}


@dataclass(frozen=True)
class Expression:
    """What one parameter is drawn from."""

    type: ClassVar[str]

    def __post_init__(self) -> None:
        for own in fields(self):
            object.__setattr__(self, own.name, plain(getattr(self, own.name)))
        # Without the base of logarithms, which no check depends on.
        read = EXPRESSIONS[self.type][1]
        check(type(self).__name__, self.to_spec(), lambda reader: read(reader, 2.718281828459045))

    def to_spec(self) -> dict[str, Any]:
        """The expression as a SweepJob has it."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        absent = {f.name for f in fields(self) if f.default is None and found[f.name] is None}
        given = {_KEYS.get(k, k): _dumped(value) for k, value in found.items() if k not in absent}
        return {"type": self.type, **given}


def _base_value(value: str | int | float) -> str | int | float:
    """The value of a subclass, such as numpy's, as the base's own. ``str()`` may give another one."""
    if isinstance(value, str):
        return value if type(value) is str else str.__getnewargs__(value)[0]
    if isinstance(value, int):
        return value if type(value) is int else int.__getnewargs__(value)[0]
    return value if type(value) is float else float.__getnewargs__(value)[0]


def plain(value: Any) -> Any:
    """Texts, numbers and lists of numpy, members of enums, ranges and the like as Python's own: YAML and
    JSON know no others.
    """
    if isinstance(value, Expression | bytes):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return _base_value(value)
    if isinstance(value, Mapping):
        return {plain(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | range) or (
        isinstance(value, Iterable) and not hasattr(value, "item")
    ):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist()) if getattr(value, "ndim", 0) else value.item()
    return value


def _dumped(value: Any) -> Any:
    if isinstance(value, Expression):
        return value.to_spec()
    if isinstance(value, list):
        return [_dumped(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _dumped(inner) for name, inner in value.items()}
    return value


@dataclass(frozen=True)
class Choice(Expression):
    """One of the values, equally likely: numbers, texts, booleans, or dicts, whose entries are constants
    and further expressions.

    >>> Choice([16, 32, 64]).to_spec()
    {'type': 'choice', 'values': [16, 32, 64]}
    >>> Choice(range(1, 4)).values
    [1, 2, 3]
    """

    type = "choice"
    values: Any


@dataclass(frozen=True)
class Randint(Expression):
    """A whole number from 0 to ``upper - 1``."""

    type = "randint"
    upper: int


@dataclass(frozen=True)
class _Bounded(Expression):
    min_value: float
    max_value: float


@dataclass(frozen=True)
class Uniform(_Bounded):
    """Between the two, equally likely.

    >>> Uniform(1, 0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    sweepjob.sdk.arguments.ArgumentError: Uniform.min_value: 1: must not be above max_value (0); ...
    """

    type = "uniform"


@dataclass(frozen=True)
class _LogBounded(Expression):
    min_value: float | None = None
    max_value: float | None = None
    low: float | None = field(default=None, kw_only=True)
    high: float | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class LogUniform(_LogBounded):
    """``exp(uniform)``: **the bounds are natural-log exponents**, as in Azure: ``LogUniform(-6, -1)`` is
    0.0025 to 0.37. With ``low`` and ``high`` they are the values themselves.

    >>> LogUniform(low=1e-4, high=0.1).to_spec()
    {'type': 'loguniform', 'low': 0.0001, 'high': 0.1}
    """

    type = "loguniform"


@dataclass(frozen=True)
class QUniform(_Bounded):
    """Uniform, rounded to a multiple of ``q``."""

    type = "quniform"
    q: float


@dataclass(frozen=True)
class QLogUniform(_LogBounded):
    """``exp(uniform)``, rounded to a multiple of ``q``; bounds as those of ``LogUniform``."""

    type = "qloguniform"
    q: float | None = None


@dataclass(frozen=True)
class _Moments(Expression):
    mu: float
    sigma: float


@dataclass(frozen=True)
class Normal(_Moments):
    """Normal, with mean ``mu`` and standard deviation ``sigma``."""

    type = "normal"


@dataclass(frozen=True)
class LogNormal(_Moments):
    """``exp(normal)``; ``mu`` and ``sigma`` are of the logarithm."""

    type = "lognormal"


@dataclass(frozen=True)
class QNormal(_Moments):
    """Normal, rounded to a multiple of ``q``."""

    type = "qnormal"
    q: float


@dataclass(frozen=True)
class QLogNormal(_Moments):
    """``exp(normal)``, rounded to a multiple of ``q``."""

    type = "qlognormal"
    q: float


_CLASSES: tuple[type[Expression], ...] = (
    *(Choice, Randint, Uniform, QUniform, LogUniform, QLogUniform),
    *(Normal, QNormal, LogNormal, QLogNormal),
)
BY_TYPE = {found.type: found for found in _CLASSES}


def expression(spec: Any, path: str) -> Expression:
    """The expression that a SweepJob has at a path."""
    if not isinstance(spec, Mapping) or spec.get("type") not in BY_TYPE:
        check(path, {"type": spec}, lambda reader: _note(reader, spec))
    found = BY_TYPE[spec["type"]]
    names = {_KEYS.get(field.name, field.name): field.name for field in fields(found)}
    unknown = set(spec) - set(names) - {"type"}
    needed = {field.name for field in fields(found) if field.default is MISSING}
    missing = {key for key, name in names.items() if name in needed} - set(spec)
    if unknown or missing:
        told = f"takes {', '.join(names.values())}"
        raise ArgumentError(f"{path}: {dict(spec)}: {spec['type']} {told}")
    given = {names[key]: value for key, value in spec.items() if key != "type"}
    if found is Choice and isinstance(given["values"], list):
        given["values"] = [_branch(v, f"{path}.values[{n}]") for n, v in enumerate(given["values"])]
    return found(**given)


def _branch(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        name: expression(inner, f"{path}.{name}") if isinstance(inner, Mapping) else inner
        for name, inner in value.items()
    }


def _note(reader: Reader, spec: Any) -> None:
    reader.note("", spec, f"must be an expression: {', '.join(BY_TYPE)}")
