"""The objective and the limits of a sweep, with Azure's names and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..api.spec.limits import parse_limits
from ..api.spec.objective import parse_one_of_several
from .arguments import check, present, reject_unknown_keys
from .attributes import KnownAttributes

AZURES_TRIALS = 1000  # max_total_trials where it is not given


@dataclass
class Objective(KnownAttributes):
    """The metric to optimise, and its direction.

    Args:
        goal: ``maximize`` or ``minimize``, in any case.
        primary_metric: Name of the metric, exactly as the script logs it.
        reference: With several objectives, the value that a trial has to exceed to be of use.

    Raises:
        ArgumentError: The goal is unknown, the name is invalid, or the reference is no number.
    """

    goal: Any
    primary_metric: str
    reference: float | None = None

    def __post_init__(self) -> None:
        check("Objective", self.to_spec(), parse_one_of_several)

    def to_spec(self) -> dict[str, Any]:
        """Return the objective in the form of a SweepJob."""
        goal = str(getattr(self.goal, "value", self.goal)).lower()
        found = {"goal": goal, "primaryMetric": self.primary_metric}
        return {**found, **present(reference=self.reference)}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Objective:
        """Return the objective of a SweepJob."""
        return cls(spec.get("goal", ""), spec.get("primaryMetric", ""), spec.get("reference"))


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
        target: The sweep ends when a trial reports this value of the metric, or a better one.
        no_improvement_trials: The sweep ends when so many trials have ended in a row without a new best.
        max_gpu_hours: The sweep ends when its trials have used so many GPU-hours.
        max_cost: The sweep ends when its trials have cost so much.
        prices: What an hour of a resource costs, such as ``{"nvidia.com/gpu": 2.5, "cpu": 0.04}``.

    Raises:
        ArgumentError: A limit is invalid.
    """

    max_concurrent_trials: int | None = None
    max_total_trials: int | None = None
    timeout: int | None = None
    trial_timeout: int | None = None
    start_timeout: int | None = None
    max_failed_trials: int | None = None
    target: float | None = None
    no_improvement_trials: int | None = None
    max_gpu_hours: float | None = None
    max_cost: float | None = None
    prices: Mapping[str, float] | None = None

    _KEYS: ClassVar[dict[str, str]] = {
        "max_total_trials": "maxTotalTrials",
        "max_concurrent_trials": "maxConcurrentTrials",
        "timeout": "timeout",
        "trial_timeout": "trialTimeout",
        "start_timeout": "startTimeout",
        "max_failed_trials": "maxFailedTrials",
        "target": "target",
        "no_improvement_trials": "noImprovementTrials",
        "max_gpu_hours": "maxGpuHours",
        "max_cost": "maxCost",
        "prices": "prices",
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
        """Return the limits in the form of a SweepJob."""
        total = AZURES_TRIALS if self.max_total_trials is None else self.max_total_trials
        given = {key: getattr(self, name) for name, key in self._KEYS.items()}
        return {**present(**given), "maxTotalTrials": total}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> SweepJobLimits:
        """Return the limits of a SweepJob."""
        names = {key: name for name, key in cls._KEYS.items()}
        given = reject_unknown_keys(spec, names, "limits")
        return cls(**{names[key]: value for key, value in given.items()})
