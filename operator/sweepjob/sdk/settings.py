"""Objective, limits and sampling algorithms, with Azure's names and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..api.sampling_algorithm import parse_algorithm
from ..api.sweepjob import parse_limits, parse_objective
from .arguments import ArgumentError, check, present

AZURES_TRIALS = 1000  # where nobody says how many


@dataclass
class Objective:
    """What is optimised.

    Args:
        goal: ``maximize`` or ``minimize``, in any case.
        primary_metric: the metric's name, exactly as the script logs it.
    """

    goal: Any
    primary_metric: str

    def __post_init__(self) -> None:
        self.goal = str(getattr(self.goal, "value", self.goal)).lower()
        check("Objective", self.to_spec(), parse_objective)

    def to_spec(self) -> dict[str, Any]:
        return {"goal": self.goal, "primaryMetric": self.primary_metric}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Objective:
        return cls(spec.get("goal", ""), spec.get("primaryMetric", ""))


@dataclass
class SweepJobLimits:
    """How many trials, how many at a time, for how long.

    Args:
        max_concurrent_trials: as many as there are trials, if it is not given.
        max_total_trials: 1000, Azure's default, if it is not given.
        timeout: seconds after which the sweep and its trials are canceled.
        trial_timeout: seconds that a trial may run.
        start_timeout: seconds that a trial may fail to get going.
        max_failed_trials: failed trials that the sweep survives.
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
        """Raises:
        ArgumentError: a limit cannot be right.
        """
        check("SweepJobLimits", self.to_spec(), parse_limits)

    def to_spec(self) -> dict[str, Any]:
        total = AZURES_TRIALS if self.max_total_trials is None else self.max_total_trials
        given = {key: getattr(self, name) for name, key in self._KEYS.items()}
        return {**present(**given), "maxTotalTrials": total}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> SweepJobLimits:
        names = {key: name for name, key in cls._KEYS.items()}
        return cls(**{names[key]: value for key, value in known(spec, names, "limits").items()})


@dataclass
class SamplingAlgorithm:
    """How trials are proposed.

    Args:
        seed: the same seed gives the same proposals; None for one that is drawn once.
    """

    type: ClassVar[str]
    seed: int | None = None

    def __post_init__(self) -> None:
        check(type(self).__name__, self.to_spec(), parse_algorithm)

    def to_spec(self) -> dict[str, Any]:
        return {"type": self.type, **present(seed=self.seed)}


@dataclass
class RandomSamplingAlgorithm(SamplingAlgorithm):
    """Independent draws, or with ``rule="sobol"`` quasi-random ones.

    Args:
        logbase: base of the logarithmic expressions, ``"e"`` or a number.
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
        return super().to_spec() | present(rule=self.rule, logbase=self.logbase)


@dataclass
class GridSamplingAlgorithm(SamplingAlgorithm):
    """All combinations of choices.

    Args:
        order: parameters, slowest first; None for the order of the search space.
    """

    type = "grid"
    order: Sequence[str] | None = None

    def to_spec(self) -> dict[str, Any]:
        order = {"order": list(self.order)} if self.order else {}
        return super().to_spec() | order


@dataclass
class BayesianSamplingAlgorithm(SamplingAlgorithm):
    """A model of the trials that have ended says what to try next."""

    type = "bayesian"


_ALGORITHMS: dict[str, type[SamplingAlgorithm]] = {
    found.type: found
    for found in (RandomSamplingAlgorithm, GridSamplingAlgorithm, BayesianSamplingAlgorithm)
}


def sampling_algorithm(given: Any) -> SamplingAlgorithm:
    """An algorithm by its object or its name.

    Raises:
        ArgumentError: there is none of that name.
    """
    if isinstance(given, SamplingAlgorithm):
        return given
    found = _ALGORITHMS.get(str(given).lower())
    if found is None:
        listed = ", ".join(_ALGORITHMS)
        raise ArgumentError(f"sampling_algorithm: {given!r}: unknown; known: {listed}")
    return found()


def algorithm_of(spec: Mapping[str, Any]) -> SamplingAlgorithm:
    """The algorithm that a SweepJob has."""
    check("samplingAlgorithm", spec, parse_algorithm)
    given = {key: value for key, value in spec.items() if key != "type"}
    if spec["type"] == "grid":
        given.setdefault("order", ())  # none is what was written
    return _ALGORITHMS[spec["type"]](**given)


def known(spec: Mapping[str, Any], keys: Mapping[str, str], path: str) -> Mapping[str, Any]:
    """The part of a SweepJob, if it has no other keys."""
    for key in spec:
        if key not in keys:
            listed = ", ".join(sorted(keys))
            raise ArgumentError(f"{path}.{key}: {spec[key]!r}: unknown key; known: {listed}")
    return spec
