"""Search space expressions (Azure semantics, "Expressions"), with Azure's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar

from ..api.spec.search_space import EXPRESSIONS
from .arguments import check

SPEC_KEYS = {"min_value": "minValue", "max_value": "maxValue"}


@dataclass(frozen=True)
class Expression:
    """Distribution or set of values of one parameter."""

    type: ClassVar[str]

    def __post_init__(self) -> None:
        for own in fields(self):
            object.__setattr__(self, own.name, to_plain(getattr(self, own.name)))
        # The base of logarithms is another setting; no check depends on it.
        read = EXPRESSIONS[self.type][1]
        check(type(self).__name__, self.to_spec(), lambda reader: read(reader, 2.718281828459045))

    def to_spec(self) -> dict[str, Any]:
        """Return the expression as an entry of ``spec.searchSpace``."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        absent = {f.name for f in fields(self) if f.default is None and found[f.name] is None}
        given = {
            SPEC_KEYS.get(k, k): _dumped(value) for k, value in found.items() if k not in absent
        }
        return {"type": self.type, **given}


def _base_value(value: str | int | float) -> str | int | float:
    """Return an object of a subclass of str, int or float as one of the base class.

    ``str(value)`` may differ: an enum member has a ``__str__`` of its own.
    """
    if isinstance(value, str):
        return value if type(value) is str else str.__getnewargs__(value)[0]
    if isinstance(value, int):
        return value if type(value) is int else int.__getnewargs__(value)[0]
    return value if type(value) is float else float.__getnewargs__(value)[0]


def to_plain(value: Any) -> Any:
    """Return a value with only Python's own types, which are all that YAML and JSON represent.

    Converts numpy's scalars and arrays, enum members, tuples, ranges and other iterables.
    """
    if isinstance(value, Expression | bytes):
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return _base_value(value)
    if isinstance(value, Mapping):
        return {to_plain(name): to_plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | range) or (
        isinstance(value, Iterable) and not hasattr(value, "item")
    ):
        return [to_plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        found = value.tolist() if getattr(value, "ndim", 0) else value.item()
        # An object with every attribute, such as a mock, would have this one without end.
        return value if hasattr(found, "tolist") else to_plain(found)
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
    """One of the values, with equal probability.

    A value is a number, a string, a boolean, or a dict of constants and further expressions.

    Args:
        values: The values: a list, a range or another iterable.

    Raises:
        ArgumentError: There are no values, or one is of another type.

    >>> Choice([16, 32, 64]).to_spec()
    {'type': 'choice', 'values': [16, 32, 64]}
    >>> Choice(range(1, 4)).values
    [1, 2, 3]
    """

    type = "choice"
    values: Any


@dataclass(frozen=True)
class Randint(Expression):
    """An integer from 0 to ``upper - 1``.

    Args:
        upper: Exclusive upper bound.

    Raises:
        ArgumentError: The bound is not a positive integer.
    """

    type = "randint"
    upper: int


@dataclass(frozen=True)
class _Bounded(Expression):
    min_value: float
    max_value: float


@dataclass(frozen=True)
class Uniform(_Bounded):
    """Uniform distribution.

    Args:
        min_value: Lower bound.
        max_value: Upper bound.

    Raises:
        ArgumentError: A bound is invalid.

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
    """Log-uniform distribution, ``exp(uniform)``.

    **The bounds are natural-log exponents**, as in Azure: ``LogUniform(-6, -1)`` is 0.0025 to 0.37. With
    ``low`` and ``high`` they are the values themselves.

    Args:
        min_value: Natural logarithm of the lower bound.
        max_value: Natural logarithm of the upper bound.
        low: Lower bound, instead of ``min_value``.
        high: Upper bound, instead of ``max_value``.

    Raises:
        ArgumentError: A bound is invalid, or both forms are given.

    >>> LogUniform(low=1e-4, high=0.1).to_spec()
    {'type': 'loguniform', 'low': 0.0001, 'high': 0.1}
    """

    type = "loguniform"


@dataclass(frozen=True)
class QUniform(_Bounded):
    """Uniform distribution, rounded to a multiple of ``q``.

    Args:
        min_value: Lower bound.
        max_value: Upper bound.
        q: Step.
    """

    type = "quniform"
    q: float


@dataclass(frozen=True)
class QLogUniform(_LogBounded):
    """Log-uniform distribution, rounded to a multiple of ``q``.

    Args:
        min_value: Natural logarithm of the lower bound.
        max_value: Natural logarithm of the upper bound.
        low: Lower bound, instead of ``min_value``.
        high: Upper bound, instead of ``max_value``.
        q: Step.
    """

    type = "qloguniform"
    q: float | None = None


@dataclass(frozen=True)
class _Moments(Expression):
    mu: float
    sigma: float


@dataclass(frozen=True)
class Normal(_Moments):
    """Normal distribution.

    Args:
        mu: Mean.
        sigma: Standard deviation.
    """

    type = "normal"


@dataclass(frozen=True)
class LogNormal(_Moments):
    """Log-normal distribution, ``exp(normal)``.

    Args:
        mu: Mean of the natural logarithm.
        sigma: Standard deviation of the natural logarithm.
    """

    type = "lognormal"


@dataclass(frozen=True)
class QNormal(_Moments):
    """Normal distribution, rounded to a multiple of ``q``.

    Args:
        mu: Mean.
        sigma: Standard deviation.
        q: Step.
    """

    type = "qnormal"
    q: float


@dataclass(frozen=True)
class QLogNormal(_Moments):
    """Log-normal distribution, rounded to a multiple of ``q``.

    Args:
        mu: Mean of the natural logarithm.
        sigma: Standard deviation of the natural logarithm.
        q: Step.
    """

    type = "qlognormal"
    q: float


_CLASSES: tuple[type[Expression], ...] = (
    *(Choice, Randint, Uniform, QUniform, LogUniform, QLogUniform),
    *(Normal, QNormal, LogNormal, QLogNormal),
)
BY_TYPE = {found.type: found for found in _CLASSES}
