"""Objective, limits and sampling algorithms, with Azure's names and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..api.limits import parse_limits
from ..api.sampling_algorithm import parse_algorithm
from ..api.sweepjob import parse_objective
from .arguments import ArgumentError, check, present

AZURES_TRIALS = 1000  # Azure's default of max_total_trials


@dataclass
class Objective:
    """The metric that is optimized.

    Args:
        goal: ``maximize`` or ``minimize``, in any case.
        primary_metric: Name of the metric, exactly as the script logs it.

    Raises:
        ArgumentError: The goal is unknown, or the name is invalid.
    """

    goal: Any
    primary_metric: str

    def __post_init__(self) -> None:
        self.goal = str(getattr(self.goal, "value", self.goal)).lower()
        check("Objective", self.to_spec(), parse_objective)

    def to_spec(self) -> dict[str, Any]:
        """Return ``spec.objective``."""
        return {"goal": self.goal, "primaryMetric": self.primary_metric}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Objective:
        """Return the objective of ``spec.objective``."""
        return cls(spec.get("goal", ""), spec.get("primaryMetric", ""))


@dataclass
class SweepJobLimits:
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
        """Check the limits.

        Raises:
            ArgumentError: A limit is invalid.
        """
        check("SweepJobLimits", self.to_spec(), parse_limits)

    def to_spec(self) -> dict[str, Any]:
        """Return ``spec.limits``."""
        total = AZURES_TRIALS if self.max_total_trials is None else self.max_total_trials
        given = {key: getattr(self, name) for name, key in self._KEYS.items()}
        return {**present(**given), "maxTotalTrials": total}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> SweepJobLimits:
        """Return the limits of ``spec.limits``."""
        names = {key: name for name, key in cls._KEYS.items()}
        return cls(**{names[key]: value for key, value in known(spec, names, "limits").items()})


@dataclass
class SamplingAlgorithm:
    """How trials are proposed.

    Args:
        seed: Seed of the proposals; by default the operator draws one and stores it.
    """

    type: ClassVar[str]
    seed: int | None = None

    def __post_init__(self) -> None:
        check(type(self).__name__, self.to_spec(), parse_algorithm)

    def to_spec(self) -> dict[str, Any]:
        """Return ``spec.samplingAlgorithm``."""
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
        self.rule = rule.lower() if isinstance(rule, str) else rule
        self.seed, self.logbase = seed, logbase
        self.__post_init__()

    def to_spec(self) -> dict[str, Any]:
        """Return ``spec.samplingAlgorithm``."""
        return super().to_spec() | present(rule=self.rule, logbase=self.logbase)


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
        """Return ``spec.samplingAlgorithm``."""
        order = {"order": list(self.order)} if self.order else {}
        return super().to_spec() | order


@dataclass
class BayesianSamplingAlgorithm(SamplingAlgorithm):
    """Bayesian optimization with a Gaussian process over the results of ended trials."""

    type = "bayesian"


_ALGORITHMS: dict[str, type[SamplingAlgorithm]] = {
    found.type: found
    for found in (RandomSamplingAlgorithm, GridSamplingAlgorithm, BayesianSamplingAlgorithm)
}


def sampling_algorithm(given: Any) -> SamplingAlgorithm:
    """Return an algorithm by its object or its name.

    Raises:
        ArgumentError: there is no algorithm of that name.
    """
    if isinstance(given, SamplingAlgorithm):
        return given
    found = _ALGORITHMS.get(str(given).lower())
    if found is None:
        listed = ", ".join(_ALGORITHMS)
        raise ArgumentError(f"sampling_algorithm: {given!r}: unknown; known: {listed}")
    return found()


def algorithm_from_spec(spec: Mapping[str, Any]) -> SamplingAlgorithm:
    """Return the algorithm of ``spec.samplingAlgorithm``."""
    check("samplingAlgorithm", spec, parse_algorithm)
    given = {key: value for key, value in spec.items() if key != "type"}
    if spec["type"] == "grid":
        given.setdefault("order", ())  # keeps an order that is absent from being added
    return _ALGORITHMS[spec["type"]](**given)


def known(spec: Mapping[str, Any], keys: Mapping[str, str], path: str) -> Mapping[str, Any]:
    """Return a part of a SweepJob object unchanged after checking its keys.

    Args:
        spec: the part.
        keys: the allowed keys.
        path: its path, for the message.

    Raises:
        ArgumentError: it has another key.
    """
    for key in spec:
        if key not in keys:
            listed = ", ".join(sorted(keys))
            raise ArgumentError(f"{path}.{key}: {spec[key]!r}: unknown key; known: {listed}")
    return spec
