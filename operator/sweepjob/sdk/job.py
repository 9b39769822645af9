"""``Command`` and ``SweepJob``: what a trial runs, and the sweep over its inputs.

Both classes are in one module because each creates the other: ``Command.sweep`` returns a SweepJob, and a
SweepJob that was loaded has a Command. What they need of each other's data is in ``trial`` and
``definition``.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ..api import names
from ..api.parsing.problem import InvalidSpec
from ..api.spec.sampler_builder import check_plugin_sampler
from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..api.validation.spec_warnings import spec_warnings, unused_parameters
from ..loading.azure_map import AzureMap
from ..loading.yaml_text import dump_yaml
from ..training.unused_arguments import level_of_the_program, unused_arguments
from .arguments import ArgumentError, present, python_message
from .azure_members import JobMembers, write_yaml
from .azure_resolution import Resolution, Resolver
from .constraints import Constraint
from .current_map import current_map
from .definition import SweepDefinition
from .expressions import Expression, to_plain
from .limits import Objective, SweepJobLimits
from .manifest import NO_OBJECTIVE, build_metadata, build_spec, code_snapshot, definition_arguments
from .steps import record_step
from .trial import TrialDefinition
from .trial_fields import TrialFields
from .warm_start import results_files

if TYPE_CHECKING:
    from ..loading.code import CodeSnapshot
    from ..loading.results.file import ResultsFile

_DESCRIPTION = ("name", "display_name", "experiment_name", "description", "tags", "properties")


def _with_fields(own: Signature) -> Signature:
    """Return a signature with the fields of a trial's definition in place of ``**given``."""
    named = [p for p in own.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    found = signature(TrialDefinition).parameters.values()
    of_fields = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in found]
    return own.replace(parameters=[*named, *of_fields])


class SweepWarning(UserWarning):
    """A setting of a sweep is valid but probably not intended."""


class Command(JobMembers, TrialDefinition):
    """What a trial runs. Made by :func:`sweepjob.command`.

    Calling it with inputs returns a copy with these inputs; :meth:`sweep` makes it a sweep.
    """

    _TYPE = "command"

    def __init__(
        self,
        *,
        limits: Any = None,
        identity: Any = None,
        services: Any = None,
        queue_settings: Any = None,
        parent_job_name: str | None = None,
        is_deterministic: bool = True,
        additional_includes: Any = None,
        **given: Unpack[TrialFields],
    ) -> None:
        """Make a command by its class, as Azure's ``CommandJob``; see :func:`sweepjob.command`.

        Args:
            limits: Timeout of a trial: ``CommandJobLimits``.
            identity: Azure's; not used, with a warning.
            services: Azure's; not used, with a warning.
            queue_settings: Azure's; not used, with a warning.
            parent_job_name: Azure's; not used, with a warning.
            is_deterministic: Azure's; results are never reused.
            additional_includes: Azure's; not used, with a warning.
            given: The attributes of the class.
        """
        super().__init__(**given)
        if limits is not None:
            self.limits = limits
        self.azure |= present(
            identity=identity,
            services=services,
            queue_settings=queue_settings,
            parent_job_name=parent_job_name,
            additional_includes=additional_includes,
        )

    # The arguments of the dataclass, for editors and for inspect.signature.
    __init__.__signature__ = _with_fields(signature(__init__))  # type: ignore[attr-defined] # functions have it

    @property
    def component(self) -> Command:
        """The command itself, which is a component as well."""
        return self

    @unused_arguments(harmless="path")
    def dump(self, dest: Any, **azure: Any) -> None:
        """Not supported; raises ArgumentError.

        Args:
            dest: Path, or an open file.
            azure: Azure's ``path``, an old name.

        Raises:
            ArgumentError: A command alone has no file here.
        """
        raise ArgumentError(
            "dump: a command alone has no file here: make it a sweep, command.sweep(...), and dump that"
        )

    def sweep(
        self,
        *,
        primary_metric: str | None = None,
        goal: str | None = None,
        sampling_algorithm: Any = "random",
        compute: Any = None,
        max_concurrent_trials: int | None = None,
        max_total_trials: int | None = None,
        timeout: int | None = None,
        trial_timeout: int | None = None,
        early_termination_policy: Any = None,
        search_space: Mapping[str, Any] | None = None,
        identity: Any = None,
        queue_settings: Any = None,
        job_tier: Any = None,
        priority: Any = None,
        queue: str | None = None,
        warm_start: Sequence[Any] = (),
        initial_points: Sequence[Mapping[str, Any]] = (),
        notifications: Sequence[Any] = (),
        objectives: Sequence[Objective] = (),
        constraints: Sequence[Constraint] = (),
        warm_start_defaults: Mapping[str, Any] | None = None,
    ) -> SweepJob:
        """Make a sweep over the inputs that are expressions.

        Args:
            primary_metric: Name of the metric to optimize, exactly as the script logs it.
            goal: ``maximize`` or ``minimize``, in any case.
            sampling_algorithm: Name of the algorithm, or an object of ``sweepjob.sweep``.
            compute: Compute target, by the Azure map; the command's by default.
            max_concurrent_trials: Trials that run at the same time; all by default.
            max_total_trials: Trials of the whole sweep; 1000 by default, as in Azure.
            timeout: Seconds after which the sweep is stopped.
            trial_timeout: Seconds after which a trial is stopped; the command's timeout by default.
            early_termination_policy: A policy of ``sweepjob.sweep``; None for no early termination.
            search_space: Further parameters by name, in addition to the inputs that are expressions.
            identity: Azure's; not used, with a warning.
            queue_settings: Azure's; not used, with a warning.
            job_tier: Azure's; not used, with a warning.
            priority: Azure's; not used, with a warning.
            queue: Kueue's queue; the command's by default.
            warm_start: Earlier trials that the sampler learns from: finished sweeps, or their names;
                files with results (``Path("results.csv")``), tables of pandas, and studies of Optuna.
            initial_points: Parameters that are tried first, such as ``[{"lr": 0.1}]``. The sampler
                completes a point that leaves parameters out.
            notifications: Who is notified of what happens: names of receivers, or ``Notification``.
            objectives: Two to four objectives, instead of ``primary_metric`` and ``goal``.
            constraints: Bounds on metrics that make a trial feasible.
            warm_start_defaults: Values that the earlier trials had for parameters that they lack.

        Returns:
            The sweep. It has not been submitted.

        Raises:
            ArgumentError: An argument is invalid or not supported, or no trial uses a parameter.
        """
        swept = {k: v for k, v in self.inputs.items() if isinstance(v, Expression)}
        trial = copy.deepcopy(self)
        trial.azure |= present(job_tier=job_tier, priority=priority)
        job = SweepJob(
            trial=trial,
            compute=compute or self.compute,
            identity=identity,
            queue_settings=queue_settings,
            search_space={**swept, **(search_space or {})},
            objective=_one_objective(primary_metric, goal, objectives),
            objectives=objectives,
            constraints=constraints,
            sampling_algorithm=sampling_algorithm,
            limits=SweepJobLimits(
                max_concurrent_trials, max_total_trials, timeout, trial_timeout or self.timeout
            ),
            early_termination=early_termination_policy,
            inputs={k: v for k, v in self.inputs.items() if k not in swept},
            outputs=self.outputs,
            queue=queue or self.queue,
            warm_start=warm_start,
            warm_start_defaults=warm_start_defaults,
            initial_points=initial_points,
            notifications=notifications,
            **self._description(),
        )
        job.made_of = self
        record_step(job)
        if not job.search_space:  # it may be assigned; the sweep is checked when it is submitted
            return job
        # Names of Azure's are resolved when the sweep is submitted.
        manifest, spec = job.parse(Resolver(AzureMap(), is_draft=True))
        if unused := [*unused_parameters(manifest, spec)]:
            raise ArgumentError("; ".join(map(python_message, unused)).replace("spec.", ""))
        for found in spec_warnings(manifest, spec):
            warnings.warn(
                python_message(found).replace("spec.", ""),
                SweepWarning,
                stacklevel=level_of_the_program(),
            )
        return job

    def _description(self) -> dict[str, Any]:
        found = {key: getattr(self, key) for key in _DESCRIPTION}
        return found | ({"name": None, "display_name": None} if self._is_component else {})


def _one_objective(
    primary_metric: str | None, goal: str | None, objectives: Sequence[Objective]
) -> Objective | None:
    if primary_metric is None and goal is None and objectives:
        return None
    return Objective(goal or "", primary_metric or "")


class SweepJob(JobMembers, SweepDefinition):
    """A sweep.

    Args:
        name: Name of the SweepJob object. By default it is derived from the display name, or
            generated by the client when the sweep is created.
        description: Description, kept as an annotation.
        tags: Tags, kept as annotations.
        display_name: Display name, kept as an annotation.
        experiment_name: Experiment name, kept as an annotation.
        identity: Azure's; not used, with a warning.
        inputs: Constant inputs of the trials; the trial's by default.
        outputs: Output folders of the trials; the trial's by default.
        compute: Compute target, by the Azure map.
        limits: Numbers of trials and timeouts.
        sampling_algorithm: Name of the algorithm, or an object of ``sweepjob.sweep``.
        search_space: Expressions by parameter name.
        objective: Metric and goal.
        objectives: Two to four objectives, instead of ``objective``.
        constraints: Bounds on metrics that make a trial feasible.
        trial: What a trial runs, made by :func:`sweepjob.command`.
        early_termination: Policy that stops trials early; None for none.
        queue_settings: Azure's; not used, with a warning.
        resources: Resources of the trials; the trial's by default.
        properties: Properties, kept as annotations.
        namespace: Namespace of the object; the client's by default.
        labels: Labels of the object.
        annotations: Annotations of the object.
        queue: Kueue's queue; the trial's by default.
        metrics: How the script reports (``spec.metrics``); the trial's by default.
        warm_start: Earlier trials that the sampler learns from: finished sweeps, or their names; files
            with results (``Path("results.csv")``), tables of pandas, and studies of Optuna.
        initial_points: Parameters that are tried first, such as ``[{"lr": 0.1}]``. The sampler completes
            a point that leaves parameters out.
        notifications: Who is notified of what happens: names of receivers, or ``Notification``.
        warm_start_defaults: Values that the earlier trials had for parameters that they lack.
        suspend: True to start no trials until the sweep is resumed.
        stop: True to end the sweep.

    Raises:
        ArgumentError: An argument is invalid or not supported.
    """

    _command_class = Command
    _TYPE = "sweep"
    trial: Command

    @unused_arguments(harmless="path")
    def dump(self, dest: Any, **azure: Any) -> None:
        """Write the SweepJob object to a YAML file, for ``kubectl apply``.

        Args:
            dest: Path, or an open file.
            azure: Azure's ``path``, an old name.

        Raises:
            ArgumentError: The sweep has errors.
        """
        write_yaml(dest, self.to_manifest())

    def to_manifest(self, resolver: Resolver | None = None) -> dict[str, Any]:
        """Return the SweepJob object as ``kubectl apply`` takes it, as dicts and lists.

        Args:
            resolver: Resolves Azure names; by default with the current Azure map.

        Raises:
            ArgumentError: A required part is missing, or two parts contradict each other.
        """
        azure = self._resolve(resolver)
        is_given = self.objective is not None or self.objectives
        no_objective = [] if is_given else [NO_OBJECTIVE]
        if problems := [*no_objective, *azure.problems]:
            raise ArgumentError("\n".join(problems))
        return self._manifest(azure)

    def _resolve(self, resolver: Resolver | None) -> Resolution:
        return (resolver or Resolver(current_map())).resolve(self)

    def _manifest(self, azure: Resolution) -> dict[str, Any]:
        found: dict[str, Any] = to_plain(
            {
                "apiVersion": names.API_VERSION,
                "kind": names.SWEEPJOB,
                "metadata": build_metadata(self, azure.queue),
                "spec": build_spec(self, azure),
            }
        )
        return found

    def validate(self, resolver: Resolver | None = None) -> SweepSpec:
        """Check the sweep as the operator does; what is probably unintended is a ``SweepWarning``.

        Args:
            resolver: Resolves Azure names; by default with the current Azure map.

        Returns:
            The parsed spec.

        Raises:
            ArgumentError: The sweep has errors; the message lists all of them.
        """
        manifest, spec = self.parse(resolver)
        for found in spec_warnings(manifest, spec):
            warnings.warn(
                python_message(found).replace("spec.", ""),
                SweepWarning,
                stacklevel=level_of_the_program(),
            )
        for note in self._resolve(resolver).notes:
            warnings.warn(note, SweepWarning, stacklevel=level_of_the_program())
        return spec

    def parse(self, resolver: Resolver | None = None) -> tuple[dict[str, Any], SweepSpec]:
        """Return the SweepJob object and its parsed spec, without warnings.

        Args:
            resolver: Resolves Azure names; by default with the current Azure map.

        Raises:
            ArgumentError: The sweep has errors; the message lists all of them.
        """
        manifest = self.to_manifest(resolver)
        try:
            spec = parse_sweepjob(manifest)
            check_plugin_sampler(spec, spec.seed or 0)
        except InvalidSpec as error:
            problems = "; ".join(map(python_message, error.problems)).replace("spec.", "")
            raise ArgumentError(problems) from None
        return manifest, spec

    def snapshot(self, resolver: Resolver | None = None) -> CodeSnapshot | None:
        """Return a snapshot of the code, as the folder is now; None if the code is in the image.

        Args:
            resolver: Resolves Azure names; by default with the current Azure map.

        Raises:
            ArgumentError: The folder cannot be read, or has what a snapshot cannot contain.
        """
        folder = self._resolve(resolver).code
        return None if folder is None else code_snapshot(folder)

    def results_files(self) -> list[ResultsFile]:
        """Return the results of ``warm_start`` that are uploaded with the sweep, as they are now.

        Raises:
            ArgumentError: A file cannot be read.
        """
        return results_files(self.warm_start)

    def config_maps(self, resolver: Resolver | None = None) -> list[dict[str, Any]]:
        """Return the ConfigMaps that the sweep needs: its code, and results of earlier trials.

        Args:
            resolver: Resolves Azure names; by default with the current Azure map.

        Raises:
            ArgumentError: A file or folder cannot be read.
        """
        made = (self.snapshot(resolver), *self.results_files())
        return [body for one in made if one is not None for body in one.config_maps()]

    def to_yaml(self, path: str | Path | None = None) -> str:
        """Return the SweepJob object as YAML.

        Args:
            path: File to write the YAML to as well.

        Raises:
            ArgumentError: The sweep has errors.
        """
        self.validate()
        text = dump_yaml(self.to_manifest())
        if path is not None:
            Path(path).write_text(text)
        return text

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> SweepJob:
        """Return the sweep of a SweepJob object; ``to_manifest`` returns the same object again.

        Args:
            manifest: The object as dicts and lists.

        Raises:
            ArgumentError: It is no SweepJob, or has errors.
        """
        if manifest.get("kind") != names.SWEEPJOB:
            raise ArgumentError(f"kind: {manifest.get('kind')!r}: must be {names.SWEEPJOB}")
        try:
            parse_sweepjob(manifest)
        except InvalidSpec as error:
            raise ArgumentError(str(error)) from None
        trial = Command.from_spec(manifest["spec"]["trial"])
        made = cls(**definition_arguments(manifest), trial=trial)
        # In the object an input and a parameter of one name are independent, and stay so.
        made._unlinked = frozenset(made.inputs) & frozenset(made.search_space)
        return made
