"""``HyperDriveConfig``, the definition of a sweep in v1, and ``ScriptRunConfig``, what its trials run."""

from __future__ import annotations

import copy
import posixpath
import warnings
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from ..sdk.arguments import UNSUPPORTED, ArgumentError, present, refuse
from ..sdk.command import command as make_command
from ..sdk.job import Command, SweepJob
from ..sdk.limits import Objective, SweepJobLimits
from ..sdk.policies import EarlyTerminationPolicy
from .policies import NoTerminationPolicy
from .sampling import BayesianParameterSampling, ParameterSampling

_MAX_DURATION_MINUTES = 10_080  # a week; v1 lowers longer durations to it
_MAX_BAYESIAN_CONCURRENCY = 20  # v1 warns above it
_MAX_PARENTS = 5
_REASONS = {
    **UNSUPPORTED,
    "compute_target": UNSUPPORTED["compute"],
    "run_config": "give image=, gpus= and the like",
    "distributed_job_config": UNSUPPORTED["distribution"],
    "docker_runtime_config": UNSUPPORTED["docker_args"],
    "resume_from": "give HyperDriveConfig(resume_from=...)",
    "estimator": "estimators are not supported; give run_config=ScriptRunConfig(...)",
    "pipeline": "a trial is one pod; give run_config=ScriptRunConfig(...)",
    "resume_child_runs": "trials of another sweep cannot be resumed; resume_from uses their results",
    "debug_flag": "Azure documents none",
}


class PrimaryMetricGoal(Enum):
    """Whether larger or smaller values of the primary metric are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class ScriptRunConfig:
    """A script or a command that a trial runs.

    Args:
        source_directory: Folder of the script in the image. Nothing is uploaded.
        script: Script to run with ``python``; the parameters are appended as ``--name value``.
        arguments: Arguments before the parameters. One that is also a parameter is left out, with a
            warning.
        command: Command to run instead of a script. It gets parameters by ``$AZUREML_SWEEP_name``, as in
            Azure, or by ``${{search_space.name}}``.
        max_run_duration_seconds: Seconds after which a trial is stopped.
        image: Container image with the script.
        kubernetes: Further arguments of :func:`sweepjob.command`, such as ``gpus`` and ``volumes``.

    Raises:
        ArgumentError: Not exactly one of ``script`` and ``command`` is given, or an argument of Azure's
            is not supported; the message names the alternative.
    """

    def __init__(
        self,
        source_directory: str | None = None,
        script: str | None = None,
        arguments: Sequence[Any] | None = None,
        *,
        command: str | Sequence[str] | None = None,
        max_run_duration_seconds: int | None = None,
        image: str | None = None,
        **kubernetes: Any,
    ) -> None:
        refuse("ScriptRunConfig", kubernetes, _REASONS)
        if (script is None) == (command is None):
            raise ArgumentError("ScriptRunConfig: give exactly one of script and command")
        self.source_directory, self.script, self.command = source_directory, script, command
        self.arguments = [str(word) for word in arguments or ()]
        self.max_run_duration_seconds = max_run_duration_seconds
        self.image = image
        kubernetes = {k: v for k, v in kubernetes.items() if k not in _REASONS}
        # Outside of Azure, v1's Run.log prints to the standard output.
        self._kubernetes = {"metrics": "logs", **kubernetes}

    def to_command(self, arguments: Mapping[str, str]) -> Command:
        """Return the command of a trial.

        Args:
            arguments: Argument names by parameter name.
        """
        words: str | list[str] | None = None
        if self.command is not None:
            words = self.command if isinstance(self.command, str) else list(self.command)
        elif self.script is not None:
            path = posixpath.join(self.source_directory or "", self.script)
            words = ["python", path, *self._unswept_arguments(set(arguments.values()))]
            for name, argument in arguments.items():
                words += [f"--{argument}", f"${{{{search_space.{name}}}}}"]
        return make_command(command=words, image=self.image, **self._kubernetes)

    def _unswept_arguments(self, swept: set[str]) -> list[str]:
        """Return the arguments without those that are parameters."""
        kept: list[str] = []
        words = iter(self.arguments)
        for word in words:
            name, has_value, _ = word.partition("=")
            if not word.startswith("-") or name.lstrip("-") not in swept:
                kept.append(word)
                continue
            warnings.warn(
                f"{name} is a parameter of the sweep; its argument is left out", stacklevel=4
            )
            if not has_value:
                next(words, None)
        return kept


class HyperDriveConfig:
    """The definition of a sweep, as in v1 of Azure's client.

    Args:
        hyperparameter_sampling: Search space and sampling algorithm.
        primary_metric_name: Name of the metric to optimize, exactly as the script logs it.
        primary_metric_goal: Whether larger or smaller values are better.
        max_total_runs: Trials of the whole sweep.
        max_concurrent_runs: Trials that run at the same time; all by default.
        max_duration_minutes: Minutes after which the sweep is stopped; a week at most, as in Azure.
        policy: Early termination policy; None for none.
        estimator: Not supported; raises ArgumentError.
        run_config: What a trial runs.
        resume_from: Up to five finished sweeps, or their names, whose trials the sampler learns from.
        resume_child_runs: Not supported; raises ArgumentError.
        pipeline: Not supported; raises ArgumentError.
        debug_flag: Not supported; raises ArgumentError.
        custom_run_id: Name of the SweepJob object.

    Raises:
        ArgumentError: An argument is invalid, missing or not supported.
    """

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
        away = present(estimator=estimator, pipeline=pipeline, debug_flag=debug_flag)
        refuse("HyperDriveConfig", away | present(resume_child_runs=resume_child_runs), _REASONS)
        if not isinstance(run_config, ScriptRunConfig):
            raise ArgumentError("HyperDriveConfig: run_config: is required: a ScriptRunConfig")
        if not isinstance(hyperparameter_sampling, ParameterSampling):
            raise ArgumentError(
                f"HyperDriveConfig: hyperparameter_sampling: {hyperparameter_sampling!r}: must be a "
                "sampling, e.g. RandomParameterSampling({...})"
            )
        self.run_config, self.sampling = run_config, hyperparameter_sampling
        self.policy = None if isinstance(policy, NoTerminationPolicy) else policy
        self.resume_from = _parents(resume_from)
        self.custom_run_id = custom_run_id
        self.objective = Objective(primary_metric_goal, primary_metric_name)
        if max_duration_minutes > _MAX_DURATION_MINUTES:
            warnings.warn(
                f"max_duration_minutes: {_MAX_DURATION_MINUTES} at most, as in Azure", stacklevel=2
            )
        self.limits = SweepJobLimits(
            max_total_trials=max_total_runs,
            max_concurrent_trials=max_concurrent_runs,
            timeout=60 * min(max_duration_minutes, _MAX_DURATION_MINUTES),
            trial_timeout=run_config.max_run_duration_seconds,
        )
        self._trial = run_config.to_command(hyperparameter_sampling.arguments)
        self._check_bayesian(max_concurrent_runs or max_total_runs)
        self.to_sweep().validate()

    def _check_bayesian(self, concurrent: int) -> None:
        if not isinstance(self.sampling, BayesianParameterSampling):
            return
        if self.sampling.strict and self.policy is not None:
            raise ArgumentError(
                "HyperDriveConfig: policy: v1's bayesian sampling has none; "
                "BayesianParameterSampling(..., strict=False) lifts that"
            )
        if concurrent > _MAX_BAYESIAN_CONCURRENCY:
            warnings.warn(
                f"max_concurrent_runs: bayesian sampling learns from what has ended; "
                f"{_MAX_BAYESIAN_CONCURRENCY} or fewer find more with the same number of trials",
                stacklevel=3,
            )

    def to_sweep(self) -> SweepJob:
        """Return the same sweep as a :class:`sweepjob.sweep.SweepJob`."""
        return SweepJob(
            name=self.custom_run_id,
            objective=self.objective,
            sampling_algorithm=self.sampling.algorithm,
            search_space=self.sampling.space,
            early_termination=self.policy,
            limits=self.limits,
            trial=copy.deepcopy(self._trial),
            warm_start=self.resume_from,
        )


HyperDriveRunConfig = HyperDriveConfig  # the name in old releases of v1


def _parents(given: Any) -> list[Any]:
    found = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if len(found) > _MAX_PARENTS:
        raise ArgumentError(
            f"HyperDriveConfig: resume_from: {len(found)} sweeps: {_MAX_PARENTS} at most"
        )
    return found
