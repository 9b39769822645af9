"""``HyperDriveConfig`` and what it runs."""

from __future__ import annotations

import copy
import posixpath
import warnings
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from ..sdk.arguments import REASONS, ArgumentError, present, refuse
from ..sdk.command import command as make_command
from ..sdk.job import SweepJob
from ..sdk.policies import EarlyTerminationPolicy
from ..sdk.settings import Objective, SweepJobLimits
from ..sdk.trial import Command
from .policies import NoTerminationPolicy
from .sampling import BayesianParameterSampling, ParameterSampling

_LONGEST_MINUTES = 10_080  # a week; v1 overrides anything above
_MANY = 20  # concurrent trials, above which v1 warns about bayesian
_MOST_PARENTS = 5
_REASONS = {
    **REASONS,
    "compute_target": REASONS["compute"],
    "run_config": "give image=, gpus= and the like",
    "distributed_job_config": REASONS["distribution"],
    "docker_runtime_config": REASONS["docker_args"],
    "resume_from": "give HyperDriveConfig(resume_from=...)",
    "estimator": "estimators are Azure's; give run_config=ScriptRunConfig(...)",
    "pipeline": "a trial is one pod; give run_config=ScriptRunConfig(...)",
    "resume_child_runs": "trials of another sweep do not go on; resume_from lets them count",
    "debug_flag": "Azure documents none",
}


class PrimaryMetricGoal(Enum):
    """Whether larger or smaller values are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class ScriptRunConfig:
    """A script, or a command.

    Args:
        source_directory: where the script is in the image; nothing uploads it.
        script: run with ``python``; the parameters are appended as ``--name value``.
        arguments: in front of them. One that is also a parameter is left out, with a warning.
        command: instead of the script; gets parameters by ``$AZUREML_SWEEP_name``, as in Azure, or
            ``${{search_space.name}}``.
        max_run_duration_seconds: that a trial may run.
        image, kubernetes: as of :func:`sweepjob.command`: ``gpus``, ``resources``, ``volumes`` ...
        azure: arguments of Azure's that mean nothing here are refused, with what to give instead.
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
        # v1's Run.log prints outside of Azure, so that is where reports are.
        self._kubernetes = {"metrics": "logs", **kubernetes}

    def to_command(self, arguments: Mapping[str, str]) -> Command:
        """What a trial runs.

        Args:
            arguments: of the parameters, by their names.
        """
        words: str | list[str] | None = None
        if self.command is not None:
            words = self.command if isinstance(self.command, str) else list(self.command)
        elif self.script is not None:
            path = posixpath.join(self.source_directory or "", self.script)
            words = ["python", path, *self._kept(set(arguments.values()))]
            for name, argument in arguments.items():
                words += [f"--{argument}", f"${{{{search_space.{name}}}}}"]
        return make_command(command=words, image=self.image, **self._kubernetes)

    def _kept(self, swept: set[str]) -> list[str]:
        """The arguments without those that are swept."""
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
    """A sweep, as v1 writes it.

    Args:
        run_config: a :class:`ScriptRunConfig`.
        max_duration_minutes: of the sweep; a week at most, as in Azure.
        resume_from: finished sweeps, or their names, up to five, whose trials count in this one.
        custom_run_id: the sweep's name.
        others: as in Azure.

    Raises:
        ArgumentError: an argument cannot be right, or means nothing here.
    """

    def __init__(
        self,
        hyperparameter_sampling: ParameterSampling,
        primary_metric_name: str,
        primary_metric_goal: PrimaryMetricGoal,
        max_total_runs: int,
        max_concurrent_runs: int | None = None,
        max_duration_minutes: int = _LONGEST_MINUTES,
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
        if max_duration_minutes > _LONGEST_MINUTES:
            warnings.warn(
                f"max_duration_minutes: {_LONGEST_MINUTES} at most, as in Azure", stacklevel=2
            )
        self.limits = SweepJobLimits(
            max_total_trials=max_total_runs,
            max_concurrent_trials=max_concurrent_runs,
            timeout=60 * min(max_duration_minutes, _LONGEST_MINUTES),
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
        if concurrent > _MANY:
            warnings.warn(
                f"max_concurrent_runs: bayesian sampling learns from what has ended; {_MANY} or fewer "
                "find more with the same number of trials",
                stacklevel=3,
            )

    def to_sweep(self) -> SweepJob:
        """The same sweep as v2 writes it, and as everything else takes it."""
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


HyperDriveRunConfig = HyperDriveConfig  # what v1 called it once


def _parents(given: Any) -> list[Any]:
    found = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if len(found) > _MOST_PARENTS:
        raise ArgumentError(
            f"HyperDriveConfig: resume_from: {len(found)} sweeps: {_MOST_PARENTS} at most"
        )
    return found
