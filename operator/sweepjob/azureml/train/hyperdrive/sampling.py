"""Search spaces with their sampling algorithms, as in v1, with v1's restrictions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ....sdk.arguments import ArgumentError
from ....sdk.expressions import Choice, Expression, QUniform, Uniform
from ....sdk.sampling_algorithms import (
    BayesianSamplingAlgorithm,
    GridSamplingAlgorithm,
    RandomSamplingAlgorithm,
    SamplingAlgorithm,
)
from ..._other_names import other_names

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MAX_QUNIFORM_STEPS = 100_000  # with v1's bayesian sampling


class ParameterSampling:
    """A search space and its sampling algorithm.

    Args:
        parameter_space: Expressions by parameter name, with or without leading dashes.
        properties: Not supported; raises ArgumentError.

    Attributes:
        arguments: Argument name without leading dashes, by parameter name.
        space: Expressions by parameter name. In parameter names, dashes are underscores.

    Raises:
        ArgumentError: The space is empty, or a name or an expression is invalid.
    """

    algorithm: SamplingAlgorithm

    def __init__(self, parameter_space: Mapping[str, Expression], properties: Any = None) -> None:
        if properties is not None:
            raise ArgumentError(f"{type(self).__name__}: properties: Azure documents none")
        if not isinstance(parameter_space, Mapping) or not parameter_space:
            raise ArgumentError(
                f"{type(self).__name__}: parameter_space: must have at least one parameter, e.g. "
                "{'--lr': uniform(0.01, 0.1)}"
            )
        self.arguments: dict[str, str] = {}
        self.space: dict[str, Expression] = {}
        for written, expression in parameter_space.items():
            argument = str(written).lstrip("-")
            name = argument.replace("-", "_")
            if not _NAME.fullmatch(name) or name in self.space:
                raise ArgumentError(
                    f"{type(self).__name__}: {written!r}: must be a unique name of letters, "
                    "digits, - and _"
                )
            if not isinstance(expression, Expression):
                raise ArgumentError(
                    f"{type(self).__name__}: {written!r}: {expression!r}: must be an expression, e.g. "
                    "choice(1, 2)"
                )
            self.arguments[name], self.space[name] = argument, expression


class RandomParameterSampling(ParameterSampling):
    """Independent random draws."""

    algorithm = RandomSamplingAlgorithm()


class GridParameterSampling(ParameterSampling):
    """All combinations. The space may have choices only."""

    algorithm = GridSamplingAlgorithm()

    def __init__(self, parameter_space: Mapping[str, Expression], properties: Any = None) -> None:
        super().__init__(parameter_space, properties)
        for name, expression in self.space.items():
            if not isinstance(expression, Choice):
                raise ArgumentError(
                    f"GridParameterSampling: {name!r}: {expression.type}: grid takes choice only"
                )


class BayesianParameterSampling(ParameterSampling):
    """Bayesian optimization over the results of ended trials.

    Args:
        parameter_space: Expressions by parameter name.
        properties: Not supported; raises ArgumentError.
        strict: True to enforce v1's restriction to ``choice``, ``uniform`` and ``quniform``, and to warn
            of a policy. False to allow every expression and every policy.

    Raises:
        ArgumentError: The space is empty, or breaks a restriction.
    """

    algorithm = BayesianSamplingAlgorithm()

    def __init__(
        self,
        parameter_space: Mapping[str, Expression],
        properties: Any = None,
        strict: bool = True,
    ) -> None:
        super().__init__(parameter_space, properties)
        self.strict = strict
        for name, expression in self.space.items():
            if strict and (mistake := _v1_restriction(expression)):
                raise ArgumentError(
                    f"BayesianParameterSampling: {name!r}: {mistake} in v1; strict=False allows it"
                )


def _v1_restriction(expression: Expression) -> str:
    """Return why v1's bayesian sampling refuses an expression; empty if it does not."""
    if isinstance(expression, Choice):
        words = [isinstance(value, str) for value in expression.values]
        numbers = [
            isinstance(v, int | float) and not isinstance(v, bool) for v in expression.values
        ]
        return "" if all(words) or all(numbers) else "a choice has only numbers or only texts"
    if isinstance(expression, QUniform):
        low, high, q = expression.min_value, expression.max_value, expression.q
        if any(value != int(value) for value in (low, high, q)):
            return "quniform takes whole numbers"
        return (
            ""
            if (high - low) / q <= _MAX_QUNIFORM_STEPS
            else f"quniform has at most {_MAX_QUNIFORM_STEPS} steps"
        )
    if isinstance(expression, Uniform):
        return ""
    return f"{expression.type} is not supported (choice, uniform, quniform are)"


HyperParameterSampling = ParameterSampling  # its name in Azure's client

__getattr__ = other_names(__name__)
