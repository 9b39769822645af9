"""Sampling algorithms, with Azure's names and defaults.

The classes spell out the package's own samplers for editors and type checkers; a test holds them to the
declarations. ``sampling_algorithm`` makes the samplers of other distributions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, ClassVar

from ..api.parsing.suggestions import did_you_mean
from ..api.spec.sampling_algorithm import parse_algorithm
from ..search.samplers.registry import SAMPLERS
from .arguments import ArgumentError, camel_case, check, present, reject_unknown_keys, snake_case
from .attributes import KnownAttributes


@dataclass
class SamplingAlgorithm(KnownAttributes):
    """How trials are proposed.

    Args:
        seed: Seed of the proposals; by default the operator draws one and stores it.
    """

    type: ClassVar[str]
    seed: int | None = None

    def __post_init__(self) -> None:
        check(type(self).__name__, self.to_spec(), parse_algorithm)

    def to_spec(self) -> dict[str, Any]:
        """Return the algorithm in the form of a SweepJob."""
        return {"type": self.type, **present(seed=self.seed)}


@dataclass
class RandomSamplingAlgorithm(SamplingAlgorithm):
    """Independent random draws, or a Sobol sequence.

    Args:
        rule: ``"random"`` (the default) or ``"sobol"``.
        seed: Seed of the proposals; by default the operator draws one and stores it.
        logbase: Base of the logarithmic expressions, ``"e"`` (the default) or a number, also as a text.
    """

    type = "random"
    rule: str | None = None
    seed: int | None = None
    logbase: float | str | None = None

    def __init__(
        self,
        *,
        rule: str | None = None,
        seed: int | None = None,
        logbase: float | str | None = None,
    ) -> None:
        self.rule, self.seed, self.logbase = rule, seed, _number(logbase)
        self.__post_init__()

    def to_spec(self) -> dict[str, Any]:
        """Return the algorithm in the form of a SweepJob."""
        rule = self.rule.lower() if isinstance(self.rule, str) else self.rule
        return super().to_spec() | present(rule=rule, logbase=self.logbase)


def _number(logbase: float | str | None) -> float | str | None:
    """Return a base that is a number in a text as that number, as Azure's service reads it."""
    try:
        return float(logbase) if isinstance(logbase, str) else logbase
    except ValueError:
        return logbase


@dataclass
class GridSamplingAlgorithm(SamplingAlgorithm):
    """All combinations of choices.

    Args:
        order: Parameter names, the one that varies slowest first; by default in the order of the
            search space.
    """

    type = "grid"
    order: Sequence[str] | None = None

    def to_spec(self) -> dict[str, Any]:
        """Return the algorithm in the form of a SweepJob."""
        order = {"order": list(self.order)} if self.order else {}
        return super().to_spec() | order


@dataclass
class BayesianSamplingAlgorithm(SamplingAlgorithm):
    """Bayesian optimization with a Gaussian process over the results of ended trials."""

    type = "bayesian"


@dataclass
class PluginSamplingAlgorithm(SamplingAlgorithm):
    """A sampler from a plug-in; ``sampling_algorithm`` creates it from its declaration."""

    def to_spec(self) -> dict[str, Any]:
        """Return the algorithm in the form of a SweepJob."""
        given = {camel_case(field.name): getattr(self, field.name) for field in fields(self)}
        return {"type": self.type, **present(**given)}


_ALGORITHMS: dict[str, type[SamplingAlgorithm]] = {
    found.type: found
    for found in (RandomSamplingAlgorithm, GridSamplingAlgorithm, BayesianSamplingAlgorithm)
}


def sampling_algorithm(given: Any, **arguments: Any) -> SamplingAlgorithm:
    """Return a sampling algorithm by its name: one of the package's own, or of an installed plug-in.

    Args:
        given: the name, as in ``samplingAlgorithm.type``, in any case; or an algorithm, which is
            returned.
        **arguments: its parameters in snake_case.

    Raises:
        ArgumentError: there is no algorithm of that name, or an argument is invalid.
    """
    if isinstance(given, SamplingAlgorithm):
        return given
    found = _class_of(str(given).lower(), repr(given))
    reject_unknown_keys(
        arguments, {field.name: field.name for field in fields(found)}, found.__name__
    )
    return found(**arguments)


def algorithm_from_spec(spec: Mapping[str, Any]) -> SamplingAlgorithm:
    """Return the algorithm of a SweepJob.

    Args:
        spec: ``samplingAlgorithm`` of the SweepJob.

    Raises:
        ArgumentError: the operator would not accept it.
    """
    check("samplingAlgorithm", spec, parse_algorithm)
    found = _class_of(spec["type"], repr(spec["type"]))
    given = {snake_case(key): value for key, value in spec.items() if key != "type"}
    if found is GridSamplingAlgorithm:
        given.setdefault("order", ())  # no order is what was written
    return found(**given)


def _class_of(name: str, shown: str) -> type[SamplingAlgorithm]:
    if name in _ALGORITHMS:
        return _ALGORITHMS[name]
    declaration = SAMPLERS.get(name)
    if declaration is None:
        near = did_you_mean(str(name), SAMPLERS.names())
        raise ArgumentError(f"sampling_algorithm: {shown}: {SAMPLERS.unknown(near)}")
    return make_dataclass(
        f"{name.title().replace('_', '')}SamplingAlgorithm",
        [
            ("logbase", Any, None),
            *((snake_case(parameter.name), Any, None) for parameter in declaration.parameters),
        ],
        bases=(PluginSamplingAlgorithm,),
        namespace={"type": name, "__doc__": f"{declaration.summary.capitalize()}."},
        kw_only=True,
    )
