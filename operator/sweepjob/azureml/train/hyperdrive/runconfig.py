"""``HyperDriveConfig``: the definition of a sweep in v1."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from ....sdk.arguments import ArgumentError
from ....sdk.job import SweepJob
from ....sdk.limits import Objective, SweepJobLimits
from ....sdk.policies import EarlyTerminationPolicy
from ....training.unused_arguments import level_of_the_program
from ..._attributes import CheckedAttributes
from ..._other_names import other_names
from ...core.script_run_config import ScriptRunConfig
from ...core.trial_parts import TrialParts, TrialResolver
from .policy import NoTerminationPolicy
from .sampling import BayesianParameterSampling, ParameterSampling

if TYPE_CHECKING:
    from ....loading.azure_map import AzureMap

_MAX_DURATION_MINUTES = 10_080  # a week; v1 lowers longer durations to it
_MAX_BAYESIAN_CONCURRENCY = 20  # v1 warns above it
_MAX_PARENTS = 5


class PrimaryMetricGoal(Enum):
    """Whether larger or smaller values of the primary metric are better."""

    MAXIMIZE = "MAXIMIZE"
    MINIMIZE = "MINIMIZE"

    @staticmethod
    def from_str(goal: str) -> PrimaryMetricGoal:
        """Return the goal of a word.

        Args:
            goal: ``maximize`` or ``minimize``, in any case.
        """
        return PrimaryMetricGoal(goal.upper())


class HyperDriveConfig(CheckedAttributes):
    """The definition of a sweep, as in v1. Attributes can be assigned until it is submitted.

    Args:
        hyperparameter_sampling: Search space and sampling algorithm.
        primary_metric_name: Name of the metric to optimize, exactly as the script logs it.
        primary_metric_goal: Whether larger or smaller values are better.
        max_total_runs: Trials of the whole sweep.
        max_concurrent_runs: Trials that run at the same time; all by default.
        max_duration_minutes: Minutes after which the sweep is stopped; a week at most, as in Azure.
        policy: Early termination policy; None for none.
        estimator: What a trial runs, in the form that Azure has deprecated.
        run_config: What a trial runs.
        resume_from: Up to five finished sweeps, or their names, whose trials the sampler learns from.
        resume_child_runs: Trials of finished sweeps. They do not go on; the sampler learns from the
            trials of their sweeps, and a warning says so.
        pipeline: Not supported; raises ArgumentError.
        debug_flag: Azure's; ignored, with a warning.
        custom_run_id: Name of the SweepJob object.

    Raises:
        ArgumentError: An argument is invalid, missing or not supported.
    """

    _unused: ClassVar[Mapping[str, str]] = {"debug_flag": "it is for Azure's service"}

    def __init__(
        self,
        hyperparameter_sampling: ParameterSampling,
        primary_metric_name: str,
        primary_metric_goal: PrimaryMetricGoal,
        max_total_runs: int,
        max_concurrent_runs: int | None = None,
        max_duration_minutes: int = _MAX_DURATION_MINUTES,
        policy: EarlyTerminationPolicy | NoTerminationPolicy | None = None,
        estimator: Any = None,
        run_config: ScriptRunConfig | None = None,
        resume_from: Any = None,
        resume_child_runs: Any = None,
        pipeline: Any = None,
        debug_flag: Any = None,
        custom_run_id: str | None = None,
    ) -> None:
        if pipeline is not None:
            raise ArgumentError(
                "HyperDriveConfig: pipeline: a trial is one pod, not a pipeline; give run_config= with "
                "the step that trains"
            )
        if estimator is not None and run_config is not None:
            raise ArgumentError("HyperDriveConfig: give run_config or estimator, not both")
        self.run_config = _script(run_config if estimator is None else estimator, estimator)
        self._estimator = estimator
        self.hyperparameter_sampling, self.policy = hyperparameter_sampling, policy
        self.primary_metric_name, self.primary_metric_goal = (
            primary_metric_name,
            primary_metric_goal,
        )
        self.max_total_runs, self.max_concurrent_runs = max_total_runs, max_concurrent_runs
        self.max_duration_minutes = max_duration_minutes
        self.resume_from, self.resume_child_runs = resume_from, resume_child_runs
        self.custom_run_id, self.debug_flag = custom_run_id, debug_flag
        # Of the step of a pipeline.
        self.step_name = ""
        self.step_outputs: list[Any] = []
        if debug_flag is not None:
            warnings.warn(
                "HyperDriveConfig: debug_flag: Azure's; ignored", stacklevel=level_of_the_program()
            )
        self._warn_about_settings()
        self.sweep_of(self._resolver(None, is_local=False).resolve()).validate()

    @property
    def estimator(self) -> Any:
        """What a trial runs, in the form that Azure has deprecated; None for another form."""
        return self._estimator

    @estimator.setter
    def estimator(self, given: Any) -> None:
        self.run_config, self._estimator = _script(given, given), given

    @property
    def source_directory(self) -> str | None:
        """Folder of the script."""
        return self.run_config.source_directory

    def to_sweep(self, azure_map: AzureMap | None = None, *, is_local: bool = False) -> SweepJob:
        """Return the same sweep as a :class:`sweepjob.sweep.SweepJob`.

        Args:
            azure_map: The Azure map; by default that of the environment or the current folder.
            is_local: Whether trials will run on this machine.

        Raises:
            ArgumentError: Something is missing or unsupported; the message lists all, a line each.
        """
        return self.sweep_of(self.trial_parts(azure_map, is_local=is_local))

    def trial_parts(
        self, azure_map: AzureMap | None = None, *, is_local: bool = False
    ) -> TrialParts:
        """Return what a trial runs.

        Args:
            azure_map: The Azure map; by default that of the environment or the current folder.
            is_local: Whether trials will run on this machine.

        Raises:
            ArgumentError: Something is missing or unsupported; the message lists all, a line each.
        """
        if azure_map is None:
            from ..._azure_map import load_map

            azure_map = load_map()
        return self._resolver(azure_map, is_local=is_local).resolve()

    def _resolver(self, azure_map: AzureMap | None, *, is_local: bool) -> TrialResolver:
        if not isinstance(self.hyperparameter_sampling, ParameterSampling):
            raise ArgumentError(
                f"HyperDriveConfig: hyperparameter_sampling: {self.hyperparameter_sampling!r}: must be a "
                "sampling, e.g. RandomParameterSampling({...})"
            )
        names = self.hyperparameter_sampling.arguments
        return TrialResolver(self.run_config, names, azure_map, is_local)

    def sweep_of(self, parts: TrialParts) -> SweepJob:
        """Return the sweep of what its trials run.

        Args:
            parts: What they run.
        """
        policy = None if isinstance(self.policy, NoTerminationPolicy) else self.policy
        sampling = self.hyperparameter_sampling
        minutes = min(self.max_duration_minutes, _MAX_DURATION_MINUTES)
        return SweepJob(
            name=self.custom_run_id,
            objective=Objective(self.primary_metric_goal, self.primary_metric_name),
            sampling_algorithm=sampling.algorithm,
            search_space=sampling.space,
            early_termination=policy,
            limits=SweepJobLimits(
                max_total_trials=self.max_total_runs,
                max_concurrent_trials=self.max_concurrent_runs,
                timeout=60 * minutes,
                trial_timeout=self.run_config.max_run_duration_seconds,
            ),
            trial=parts.command,
            warm_start=_parents(self.resume_from, self.resume_child_runs),
        )

    def _warn_about_settings(self) -> None:
        if self.max_duration_minutes > _MAX_DURATION_MINUTES:
            warnings.warn(
                f"max_duration_minutes: {_MAX_DURATION_MINUTES} at most, as in Azure",
                stacklevel=level_of_the_program(),
            )
        sampling = self.hyperparameter_sampling
        if not isinstance(sampling, BayesianParameterSampling):
            return
        if sampling.strict and not isinstance(self.policy, NoTerminationPolicy | None):
            warnings.warn(
                "policy: takes effect, although v1's documents say that bayesian sampling has none; give "
                "policy=None for none, or BayesianParameterSampling(..., strict=False)",
                stacklevel=level_of_the_program(),
            )
        if (self.max_concurrent_runs or self.max_total_runs) > _MAX_BAYESIAN_CONCURRENCY:
            warnings.warn(
                f"max_concurrent_runs: bayesian sampling learns from what has ended; "
                f"{_MAX_BAYESIAN_CONCURRENCY} or fewer find more with the same number of trials",
                stacklevel=level_of_the_program(),
            )


def HyperDriveRunConfig(  # a class in Azure's client
    estimator: Any,
    hyperparameter_sampling: ParameterSampling,
    primary_metric_name: str,
    primary_metric_goal: PrimaryMetricGoal,
    max_total_runs: int,
    max_concurrent_runs: int | None = None,
    max_duration_minutes: int = _MAX_DURATION_MINUTES,
    policy: EarlyTerminationPolicy | NoTerminationPolicy | None = None,
) -> HyperDriveConfig:
    """Return the definition of a sweep; Azure's form in old releases of v1.

    Args:
        estimator: What a trial runs.
        hyperparameter_sampling: See :class:`HyperDriveConfig`, also for the others.
        primary_metric_name: Name of the metric.
        primary_metric_goal: Its direction.
        max_total_runs: Trials of the whole sweep.
        max_concurrent_runs: Trials that run at the same time.
        max_duration_minutes: Minutes after which the sweep is stopped.
        policy: Early termination policy.
    """
    return HyperDriveConfig(
        hyperparameter_sampling,
        primary_metric_name,
        primary_metric_goal,
        max_total_runs,
        max_concurrent_runs,
        max_duration_minutes,
        policy,
        estimator,
    )


def _script(given: Any, estimator: Any) -> ScriptRunConfig:
    """Return what a trial runs; an estimator is a ``ScriptRunConfig``, too."""
    name = "run_config" if estimator is None else "estimator"
    if given is None:
        raise ArgumentError("HyperDriveConfig: run_config: is required: a ScriptRunConfig")
    if not isinstance(given, ScriptRunConfig):
        raise ArgumentError(
            f"HyperDriveConfig: {name}: {given!r}: must be a ScriptRunConfig, or an estimator"
        )
    return given


def _parents(resume_from: Any, resume_child_runs: Any) -> list[Any]:
    """Return the sweeps whose trials the sampler learns from."""
    found = _listed(resume_from)
    for child in _listed(resume_child_runs):
        parent = getattr(child, "parent", None)
        if parent is None:
            raise ArgumentError(f"resume_child_runs: {child!r}: must be a trial of a sweep")
        if getattr(parent, "name", parent) not in [getattr(p, "name", p) for p in found]:
            found.append(parent)
            warnings.warn(
                f"resume_child_runs: {child.id} does not go on: the sampler learns from all trials of "
                f"{parent.id}, and a trial that went on from a checkpoint would be a new one",
                stacklevel=level_of_the_program(),
            )
    if len(found) > _MAX_PARENTS:
        raise ArgumentError(
            f"HyperDriveConfig: resume_from: {len(found)} sweeps: {_MAX_PARENTS} at most"
        )
    return found


def _listed(given: Any) -> list[Any]:
    return [] if given is None else list(given) if isinstance(given, list | tuple) else [given]


__getattr__ = other_names(__name__)
