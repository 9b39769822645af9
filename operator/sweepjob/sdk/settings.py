"""Objective, limits and sampling algorithms, with Azure's names and defaults.

The classes spell out the package's own samplers for editors and type checkers; a test holds them to the
declarations. ``sampling_algorithm`` makes the samplers of other distributions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, ClassVar

from ..api.spec.limits import parse_limits
from ..api.spec.sampling_algorithm import parse_algorithm
from ..api.sweepjob import parse_objective
from ..search.samplers.registry import SAMPLERS
from .arguments import ArgumentError, camel_case, check, present, snake_case
from .attributes import KnownAttributes

AZURES_TRIALS = 1000  # max_total_trials where it is not given


@dataclass
class Objective(KnownAttributes):
    """The metric to optimise, and its direction.

    Args:
        goal: ``maximize`` or ``minimize``, in any case.
        primary_metric: Name of the metric, exactly as the script logs it.

    Raises:
        ArgumentError: The goal is unknown, or the name is invalid.
    """

    goal: Any
    primary_metric: str

    def __post_init__(self) -> None:
        check("Objective", self.to_spec(), parse_objective)

    def to_spec(self) -> dict[str, Any]:
        """The objective in the form of a SweepJob."""
        goal = str(getattr(self.goal, "value", self.goal)).lower()
        return {"goal": goal, "primaryMetric": self.primary_metric}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Objective:
        """The objective of a SweepJob."""
        return cls(spec.get("goal", ""), spec.get("primaryMetric", ""))


@dataclass
class SweepJobLimits(KnownAttributes):
    """Numbers of trials, and timeouts.

    Args:
        max_concurrent_trials: Trials that run at the same time; all by default.
        max_total_trials: Trials of the whole sweep; 1000 by default, as in Azure.
        timeout: Seconds after which the sweep is stopped and its trials are canceled.
        trial_timeout: Seconds after which a trial is stopped.
        start_timeout: Seconds after which a trial that cannot start has failed.
        max_failed_trials: Failed trials that the sweep tolerates.

    Raises:
        ArgumentError: A limit is invalid.
    """

    max_concurrent_trials: int | None = None
    max_total_trials: int | None = None
    timeout: int | None = None
    trial_timeout: int | None = None
    start_timeout: int | None = None
    max_failed_trials: int | None = None

    _KEYS: ClassVar[dict[str, str]] = {
        "max_total_trials": "maxTotalTrials",
        "max_concurrent_trials": "maxConcurrentTrials",
        "timeout": "timeout",
        "trial_timeout": "trialTimeout",
        "start_timeout": "startTimeout",
        "max_failed_trials": "maxFailedTrials",
    }

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Check the limits as the operator does.

        Raises:
            ArgumentError: a limit is invalid.
        """
        check("SweepJobLimits", self.to_spec(), parse_limits)

    def to_spec(self) -> dict[str, Any]:
        """The limits in the form of a SweepJob."""
        total = AZURES_TRIALS if self.max_total_trials is None else self.max_total_trials
        given = {key: getattr(self, name) for name, key in self._KEYS.items()}
        return {**present(**given), "maxTotalTrials": total}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> SweepJobLimits:
        """The limits of a SweepJob."""
        names = {key: name for name, key in cls._KEYS.items()}
        return cls(**{names[key]: value for key, value in known(spec, names, "limits").items()})


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
        """The algorithm in the form of a SweepJob."""
        return {"type": self.type, **present(seed=self.seed)}


@dataclass
class RandomSamplingAlgorithm(SamplingAlgorithm):
    """Independent random draws, or a Sobol sequence.

    Args:
        rule: ``"random"`` (the default) or ``"sobol"``.
        seed: Seed of the proposals; by default the operator draws one and stores it.
        logbase: Base of the logarithmic expressions, ``"e"`` (the default) or a number.
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
        self.rule, self.seed, self.logbase = rule, seed, logbase
        self.__post_init__()

    def to_spec(self) -> dict[str, Any]:
        """The algorithm in the form of a SweepJob."""
        rule = self.rule.lower() if isinstance(self.rule, str) else self.rule
        return super().to_spec() | present(rule=rule, logbase=self.logbase)


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
        """The algorithm in the form of a SweepJob."""
        order = {"order": list(self.order)} if self.order else {}
        return super().to_spec() | order


@dataclass
class BayesianSamplingAlgorithm(SamplingAlgorithm):
    """Bayesian optimization with a Gaussian process over the results of ended trials."""

    type = "bayesian"


@dataclass
class PluginSamplingAlgorithm(SamplingAlgorithm):
    """A sampler of another distribution; ``sampling_algorithm`` makes it from its declaration."""

    def to_spec(self) -> dict[str, Any]:
        """The algorithm in the form of a SweepJob."""
        given = {camel_case(field.name): getattr(self, field.name) for field in fields(self)}
        return {"type": self.type, **present(**given)}


_ALGORITHMS: dict[str, type[SamplingAlgorithm]] = {
    found.type: found
    for found in (RandomSamplingAlgorithm, GridSamplingAlgorithm, BayesianSamplingAlgorithm)
}


def sampling_algorithm(given: Any, **arguments: Any) -> SamplingAlgorithm:
    """A sampling algorithm by its name: one of the package's own, or of an installed plug-in.

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
    known(arguments, {field.name: field.name for field in fields(found)}, found.__name__)
    return found(**arguments)


def algorithm_from_spec(spec: Mapping[str, Any]) -> SamplingAlgorithm:
    """The algorithm of a SweepJob.

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
        raise ArgumentError(f"sampling_algorithm: {shown}: {SAMPLERS.unknown()}")
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


def known(spec: Mapping[str, Any], keys: Mapping[str, str], path: str) -> Mapping[str, Any]:
    """A part of a SweepJob, if it has no other keys.

    Args:
        spec: the part.
        keys: the keys it may have.
        path: the path of the part, for the message.

    Raises:
        ArgumentError: there is another key.
    """
    for key in spec:
        if key not in keys:
            listed = ", ".join(sorted(keys))
            raise ArgumentError(f"{path}.{key}: {spec[key]!r}: unknown key; known: {listed}")
    return spec
