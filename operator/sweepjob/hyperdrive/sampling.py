"""v1's parameter spaces with their samplers, and v1's rules about the two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..sdk.arguments import ArgumentError
from ..sdk.expressions import Choice, Expression, QUniform, Uniform
from ..sdk.settings import (
    BayesianSamplingAlgorithm,
    GridSamplingAlgorithm,
    RandomSamplingAlgorithm,
    SamplingAlgorithm,
)

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MOST_STEPS = 100_000  # of a quniform, for v1's bayesian sampling


class ParameterSampling:
    """Parameters by name, with or without leading dashes, and how they are sampled.

    Attributes:
        arguments: the name of each parameter's argument, without dashes.
        space: the parameters by their names in a SweepJob, where dashes are underscores.
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
                    f"{type(self).__name__}: {written!r}: must be a name of its own, with letters, "
                    "digits, - and _"
                )
            if not isinstance(expression, Expression):
                raise ArgumentError(
                    f"{type(self).__name__}: {written!r}: {expression!r}: must be an expression, e.g. "
                    "choice(1, 2)"
                )
            self.arguments[name], self.space[name] = argument, expression


class RandomParameterSampling(ParameterSampling):
    """Independent draws."""

    algorithm = RandomSamplingAlgorithm()


class GridParameterSampling(ParameterSampling):
    """All combinations; of choices only."""

    algorithm = GridSamplingAlgorithm()

    def __init__(self, parameter_space: Mapping[str, Expression], properties: Any = None) -> None:
        super().__init__(parameter_space, properties)
        for name, expression in self.space.items():
            if not isinstance(expression, Choice):
                raise ArgumentError(
                    f"GridParameterSampling: {name!r}: {expression.type}: grid takes choice only"
                )


class BayesianParameterSampling(ParameterSampling):
    """A model of the trials that have ended says what to try next.

    Args:
        strict: v1's rules hold: ``choice``, ``uniform`` and ``quniform`` only, no policy. False lifts
            them, since here every expression and every policy works with it.
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
            if strict and (mistake := _mistake(expression)):
                raise ArgumentError(
                    f"BayesianParameterSampling: {name!r}: {mistake} in v1; strict=False lifts that"
                )


def _mistake(expression: Expression) -> str:
    """What v1's bayesian sampling has against an expression; empty for nothing."""
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
            "" if (high - low) / q <= _MOST_STEPS else f"quniform has at most {_MOST_STEPS} steps"
        )
    if isinstance(expression, Uniform):
        return ""
    return f"{expression.type} is not supported (choice, uniform, quniform are)"
