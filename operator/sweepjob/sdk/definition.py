"""What defines a sweep in Python: its settings, before they become a SweepJob object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .arguments import present
from .attributes import KnownAttributes, NamedValues, unknown_attribute
from .azure_objects import values_of
from .constraints import Constraint
from .data import Outputs
from .displays import Displayed
from .expressions import Expression
from .limits import Objective, SweepJobLimits
from .object_arguments import object_of, objects_of
from .policies import EarlyTerminationPolicy
from .sampling_algorithms import SamplingAlgorithm
from .sampling_algorithms import sampling_algorithm as algorithm_named
from .steps import Step
from .trial import TrialDefinition
from .warm_start import listed_entries

# Azure's settings of a sweep without a meaning on Kubernetes; what is set is said when it is submitted.
_AZURE = ("identity", "queue_settings", "services", "job_tier", "priority", "parent_job_name")
_LISTS: dict[str, type[Objective | Constraint]] = {
    "objectives": Objective,
    "constraints": Constraint,
}


class SweepDefinition(KnownAttributes, Step, Displayed):
    """The settings of a sweep, with Azure's names. See :class:`SweepJob` for the arguments."""

    _command_class: ClassVar[type[TrialDefinition]] = TrialDefinition
    _ATTRIBUTES = frozenset(
        (
            *("name", "namespace", "display_name", "experiment_name", "description", "tags"),
            *("properties", "labels", "annotations", "trial", "inputs", "outputs", "compute"),
            *("queue", "metrics", "limits", "sampling_algorithm", "search_space", "objective"),
            *("objectives", "constraints"),
            *(
                "early_termination",
                "warm_start",
                "warm_start_defaults",
                "initial_points",
                "notifications",
                "suspend",
                "stop",
                "azure",
                "made_of",
                "proposed_name",
            ),
        )
    )

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
        outputs: Mapping[str, Any] | None = None,
        compute: Any = None,
        limits: SweepJobLimits | None = None,
        sampling_algorithm: Any = "random",
        search_space: Mapping[str, Expression] | None = None,
        objective: Objective | None = None,
        objectives: Sequence[Objective] = (),
        constraints: Sequence[Constraint] = (),
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
        warm_start_defaults: Mapping[str, Any] | None = None,
        initial_points: Sequence[Mapping[str, Any]] = (),
        notifications: Sequence[Any] = (),
        suspend: bool | None = None,
        stop: bool | None = None,
    ) -> None:
        self.azure: dict[str, Any] = present(identity=identity, queue_settings=queue_settings)
        self.compute = compute
        self.name, self.namespace = name, namespace
        self.display_name, self.description = display_name, description
        self.experiment_name = experiment_name
        self.tags, self.properties = dict(tags or {}), dict(properties or {})
        self.labels, self.annotations = dict(labels or {}), dict(annotations or {})
        self.trial = trial or self._command_class()
        if resources is not None:
            self.resources = resources
        # As in Azure, the trial's settings are the defaults of the sweep's.
        self.inputs = dict(_constants(self.trial.inputs) if inputs is None else inputs)
        self.outputs = dict(self.trial.outputs if outputs is None else outputs)
        self.queue = queue or self.trial.queue
        self.metrics = self.trial.metrics if metrics is None else dict(metrics)
        self.limits = limits or SweepJobLimits(trial_timeout=self.trial.timeout)
        self.sampling_algorithm, self.early_termination = sampling_algorithm, early_termination
        self.search_space: dict[str, Expression] = NamedValues(search_space or {})
        self.objective, self.objectives = objective, objectives
        self.constraints = constraints
        self.warm_start: list[Any] = listed_entries(warm_start)
        self.initial_points = list(initial_points)
        self.warm_start_defaults = dict(warm_start_defaults or {})
        self.notifications = list(notifications)
        self.suspend, self.stop = suspend, stop
        self.made_of: Any = None  # the command that a step of a pipeline was made of
        # The name of a file's sweep that the file itself does not name.
        self.proposed_name: str | None = None
        # Names that a SweepJob object has both as an input and as a parameter, independently.
        self._unlinked = frozenset[str]()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, also one of Azure's.

        Raises:
            AttributeError: there is no such attribute; the message has the right name.
        """
        if name in ("inputs", "search_space"):
            value = NamedValues(value or {})
        elif name == "outputs":
            value = Outputs(self, value or {})
        elif name in _AZURE:
            self.azure[name] = value
            return
        elif name == "resources":
            self.set_resources(**({} if value is None else values_of(value)))
            return
        elif name == "warm_start":
            value = listed_entries(value)
        elif name == "limits" and isinstance(value, Mapping):
            value = object_of(SweepJobLimits, value, name)
        elif name == "objective" and value is not None:
            value = object_of(Objective, value, name)
        elif name in _LISTS:
            value = objects_of(_LISTS[name], value, name)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """Return one of Azure's attributes.

        Raises:
            AttributeError: there is no such attribute.
        """
        if name.startswith("_") or "trial" not in vars(self):
            raise AttributeError(name)  # an object that is being made or copied
        if name in _AZURE:
            return self.azure.get(name)
        if name == "resources":
            return self.trial.resources
        raise AttributeError(unknown_attribute(self, name), name=name, obj=self)

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
        target: float | None = None,
        no_improvement_trials: int | None = None,
        max_gpu_hours: float | None = None,
        max_cost: float | None = None,
        prices: Mapping[str, float] | None = None,
    ) -> None:
        """Change limits; an argument that is None leaves its limit unchanged.

        Args:
            max_concurrent_trials: Trials that run at the same time.
            max_total_trials: Trials of the whole sweep.
            timeout: Seconds after which the sweep is stopped.
            trial_timeout: Seconds after which a trial is stopped.
            target: The sweep ends when a trial reports this value of the metric, or a better one.
            no_improvement_trials: The sweep ends when so many trials have ended in a row without a new
                best.
            max_gpu_hours: The sweep ends when its trials have used so many GPU-hours.
            max_cost: The sweep ends when its trials have cost so much.
            prices: What an hour of a resource costs, by its name.

        Raises:
            ArgumentError: A limit is invalid.
        """
        given = present(max_concurrent_trials=max_concurrent_trials, timeout=timeout)
        given |= present(max_total_trials=max_total_trials, trial_timeout=trial_timeout)
        given |= present(target=target, no_improvement_trials=no_improvement_trials)
        given |= present(max_gpu_hours=max_gpu_hours, max_cost=max_cost, prices=prices)
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

    def set_resources(self, **resources: Any) -> None:
        """Change the resources of the trials.

        Args:
            resources: The arguments of the command's method: ``instance_type``, ``instance_count``,
                ``shm_size``, ``docker_args``, ``locations``, ``properties``.

        Raises:
            ArgumentError: More than one node is asked for.
        """
        self.trial.set_resources(**resources)

    def set_queue_settings(self, *, job_tier: Any = None, priority: Any = None) -> None:
        """Set Azure's queue settings, which are not used.

        Args:
            job_tier: Azure's tier.
            priority: Azure's priority.
        """
        self.azure["queue_settings"] = {"job_tier": job_tier, "priority": priority}

    def _display(self) -> tuple[str, str]:
        from .definition_display import displayed, sweep_rows

        return displayed(type(self).__name__, sweep_rows(self))

    def __repr__(self) -> str:
        what = ", ".join(self.search_space)
        return f"SweepJob(name={self.name!r}, search_space=[{what}])"


def _constants(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not isinstance(value, Expression)}
