"""What defines a sweep in Python: its settings, before they become a SweepJob object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .arguments import UNSUPPORTED, ArgumentError, present, refuse
from .data import Output
from .expressions import Expression
from .policies import EarlyTerminationPolicy
from .settings import Objective, SamplingAlgorithm, SweepJobLimits
from .settings import sampling_algorithm as algorithm_named
from .trial import TrialDefinition

_UNSUPPORTED = {
    **{name: UNSUPPORTED[name] for name in ("identity", "compute", "queue_settings")},
    "resources": "give them to command(...)",
}


class SweepDefinition:
    """The settings of a sweep, with Azure's names. See :class:`SweepJob` for the arguments."""

    _command_class: ClassVar[type[TrialDefinition]] = TrialDefinition

    def __init__(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        display_name: str | None = None,
        experiment_name: str | None = None,
        identity: Any = None,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Output] | None = None,
        compute: Any = None,
        limits: SweepJobLimits | None = None,
        sampling_algorithm: Any = "random",
        search_space: Mapping[str, Expression] | None = None,
        objective: Objective | None = None,
        trial: TrialDefinition | None = None,
        early_termination: EarlyTerminationPolicy | None = None,
        queue_settings: Any = None,
        resources: Any = None,
        properties: Mapping[str, str] | None = None,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        queue: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        warm_start: Sequence[Any] = (),
        suspend: bool | None = None,
        stop: bool | None = None,
    ) -> None:
        self.identity, self.compute = identity, compute
        self.queue_settings, self.resources = queue_settings, resources
        self.name, self.namespace = name, namespace
        self.display_name, self.experiment_name = display_name, experiment_name
        self.description = description
        self.tags, self.properties = dict(tags or {}), dict(properties or {})
        self.labels, self.annotations = dict(labels or {}), dict(annotations or {})
        self.trial = trial or self._command_class()
        # As in Azure, the trial's settings are the defaults of the sweep's.
        self.inputs = dict(_constants(self.trial.inputs) if inputs is None else inputs)
        self.outputs = dict(self.trial.outputs if outputs is None else outputs)
        self.queue = queue or self.trial.queue
        self.metrics = self.trial.metrics if metrics is None else dict(metrics)
        self.limits = limits or SweepJobLimits(trial_timeout=self.trial.timeout)
        self.sampling_algorithm = sampling_algorithm
        self.search_space: dict[str, Expression] = dict(search_space or {})
        self.objective = objective
        self.early_termination = early_termination
        self.warm_start = list(warm_start)
        self.suspend, self.stop = suspend, stop
        # Names that a SweepJob object has both as an input and as a parameter, independently.
        self._unlinked = frozenset[str]()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        Raises:
            ArgumentError: the attribute has no meaning on Kubernetes; the message names the alternative.
        """
        refuse("SweepJob", {name: value}, _UNSUPPORTED)
        super().__setattr__(name, value)

    @property
    def sampling_algorithm(self) -> SamplingAlgorithm:
        """How trials are proposed. May be set by name: ``"random"``, ``"grid"``, ``"bayesian"``."""
        return self._algorithm

    @sampling_algorithm.setter
    def sampling_algorithm(self, given: Any) -> None:
        self._algorithm = algorithm_named(given)

    @property
    def swept(self) -> set[str]:
        """Parameters that replace the input of the same name, as in Azure's client."""
        return set(self.search_space) - self._unlinked

    def set_limits(
        self,
        *,
        max_concurrent_trials: int | None = None,
        max_total_trials: int | None = None,
        timeout: int | None = None,
        trial_timeout: int | None = None,
    ) -> None:
        """Change limits; an argument that is None leaves its limit unchanged.

        Args:
            max_concurrent_trials: Trials that run at the same time.
            max_total_trials: Trials of the whole sweep.
            timeout: Seconds after which the sweep is stopped.
            trial_timeout: Seconds after which a trial is stopped.

        Raises:
            ArgumentError: A limit is invalid.
        """
        given = present(max_concurrent_trials=max_concurrent_trials, timeout=timeout)
        given |= present(max_total_trials=max_total_trials, trial_timeout=trial_timeout)
        for key, value in given.items():
            setattr(self.limits, key, value)
        self.limits.check()

    def set_objective(self, *, goal: str | None = None, primary_metric: str | None = None) -> None:
        """Change the objective; an argument that is None leaves its part unchanged.

        Args:
            goal: ``maximize`` or ``minimize``, in any case.
            primary_metric: Name of the metric, exactly as the script logs it.

        Raises:
            ArgumentError: The objective is invalid.
        """
        before = self.objective
        self.objective = Objective(
            goal or (before.goal if before else ""),
            primary_metric or (before.primary_metric if before else ""),
        )

    def set_resources(self, *, shm_size: str | None = None, **azure: Any) -> None:
        """Change the size of ``/dev/shm``.

        Args:
            shm_size: Size in Azure's notation (``8g``) or as a quantity (``8Gi``).
            azure: Azure's other arguments.

        Raises:
            ArgumentError: An argument of Azure's has no meaning here; the message names the alternative.
        """
        refuse("set_resources", azure, UNSUPPORTED)
        if azure.get("instance_count") not in (None, 1):
            raise ArgumentError(
                f"set_resources: instance_count={azure['instance_count']}: a trial is one pod"
            )
        if shm_size is not None:
            self.trial.placement.shm_size = shm_size

    def __repr__(self) -> str:
        what = ", ".join(self.search_space)
        return f"SweepJob(name={self.name!r}, search_space=[{what}])"


def _constants(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not isinstance(value, Expression)}
