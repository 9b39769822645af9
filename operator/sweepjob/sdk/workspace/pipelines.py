"""``@pipeline`` functions: the sweep step alone is submitted, without the other steps."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from ...training.unused_arguments import level_of_the_program
from ..arguments import ArgumentError
from ..attributes import KnownAttributes, NamedValues
from ..data import Input
from ..job import SweepJob, SweepWarning
from ..steps import Step, record_step, watch_steps

_DATASTORE = "the Azure map has the datastore of outputs: workspaceblobstore"


@dataclass
class PipelineJobSettings(KnownAttributes):
    """Settings of a pipeline.

    Args:
        default_datastore: Azure's; the Azure map has the datastore of outputs.
        default_compute: Compute target of steps without one.
        continue_on_step_failure: Azure's; about other steps.
        force_rerun: Azure's; about other steps.
        on_init: Azure's; about other steps.
        on_finalize: Azure's; about other steps.
    """

    default_datastore: str | None = None
    default_compute: Any = None
    continue_on_step_failure: bool | None = None
    force_rerun: bool | None = None
    on_init: Any = None
    on_finalize: Any = None


@dataclass
class PipelineJob(KnownAttributes, Step):
    """A pipeline. Only its sweep step can be submitted; it may be a step of a pipeline in it.

    Attributes:
        jobs: steps by name.
        name: name.
        display_name: display name.
        experiment_name: experiment name.
        description: description.
        tags: tags.
        properties: properties.
        inputs: inputs of the pipeline.
        outputs: outputs of the pipeline.
        settings: settings.
        compute: compute target of steps without one.
        identity: Azure's; not used.
    """

    jobs: dict[str, Any] = field(default_factory=NamedValues)
    name: str | None = None
    display_name: str | None = None
    experiment_name: str | None = None
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=NamedValues)
    outputs: dict[str, Any] = field(default_factory=NamedValues)
    settings: PipelineJobSettings = field(default_factory=PipelineJobSettings)
    compute: Any = None
    identity: Any = None

    def __deepcopy__(self, memo: Any) -> PipelineJob:
        """Return the pipeline itself: it stays the same when a step is copied."""
        return self

    def sweep_step(self, experiment_name: str | None = None) -> SweepJob:
        """Return the only sweep step, with what the pipeline gives to it.

        Args:
            experiment_name: experiment name, in place of the pipeline's own.

        Raises:
            ArgumentError: there is no sweep step, or several.
        """
        steps = self._sweep_steps()
        if not steps:
            raise ArgumentError(
                "the pipeline has no sweep step; only sweeps are run here, made by .sweep(...)"
            )
        if len(steps) > 1:
            raise ArgumentError(
                f"the pipeline has {len(steps)} sweep steps; submit one of them: {', '.join(steps)}"
            )
        (step,) = steps.values()
        _warn_of_others(step)
        _warn_of_settings(self)
        if experiment_name is not None:
            step.experiment_name = experiment_name
        return with_pipeline(step)

    def _sweep_steps(self) -> dict[str, SweepJob]:
        """Return the sweep steps by how a program refers to them, those of inner pipelines included."""
        found: dict[str, SweepJob] = {}
        for name, job in self.jobs.items():
            if isinstance(job, SweepJob):
                job.pipeline = job.pipeline or self  # also of a pipeline that was made by its class
                found[f"jobs[{name!r}]"] = job
            elif isinstance(job, PipelineJob):
                inner = job._sweep_steps()
                found |= {f"jobs[{name!r}].{key}": step for key, step in inner.items()}
        return found

    def give_to(self, step: SweepJob) -> None:
        """Set what a step does not have and the pipeline has."""
        own = self.display_name or self.name or step.step_name
        is_one_of_several = len(self._sweep_steps()) > 1
        name = f"{own}-{step.step_name}" if is_one_of_several else own
        step.display_name = step.display_name or name
        step.experiment_name = step.experiment_name or self.experiment_name
        step.description = step.description or self.description
        step.tags = {**self.tags, **step.tags}
        step.properties = {**self.properties, **step.properties}
        if step.compute is None:
            default = self.settings.default_compute or self.compute
            step.compute = getattr(default, "name", default)


def with_pipeline(step: SweepJob) -> SweepJob:
    """Return a sweep with what the pipelines that it is a step of give to it, the innermost first."""
    around = step.pipeline
    while isinstance(around, PipelineJob):
        around.give_to(step)
        around = around.pipeline
    return step


def _warn_of_others(step: SweepJob) -> None:
    """Warn of the steps around a sweep, which are not run."""
    child: Step = step
    around = step.pipeline
    while isinstance(around, PipelineJob):
        others = [name for name, job in around.jobs.items() if job is not child]
        if others:
            message = f"pipeline: {', '.join(others)}: are other steps; they are not run"
            warnings.warn(message, SweepWarning, stacklevel=level_of_the_program())
        child, around = around, around.pipeline


def _warn_of_settings(job: PipelineJob) -> None:
    """Warn of the settings of a pipeline that a sweep does not get."""
    for name, value, reason in (
        ("settings.default_datastore", job.settings.default_datastore, _DATASTORE),
        ("identity", job.identity, "pods have service accounts: serviceAccountName of the compute"),
    ):
        if value is not None:
            warnings.warn(
                f"pipeline: {name}: {value!r}: not used: {reason}",
                SweepWarning,
                stacklevel=level_of_the_program(),
            )


def pipeline(function: Callable[..., Any] | None = None, **settings: Any) -> Any:
    """Decorate a function that makes the steps of a pipeline.

    Args:
        function: The function.
        settings: ``name``, ``display_name``, ``description``, ``experiment_name``, ``tags``,
            ``default_compute`` or ``compute``, ``default_datastore``, ``version``. Others are not used,
            with a warning.

    Returns:
        A function with the same arguments that returns a :class:`PipelineJob`.

    """
    if function is None:
        return functools.partial(pipeline, **settings)

    @functools.wraps(function)
    def make(*arguments: Any, **named: Any) -> PipelineJob:
        bound = signature(function).bind(*arguments, **named)
        bound.apply_defaults()
        inputs = {k: v.default if _is_declaration(v) else v for k, v in bound.arguments.items()}
        steps: list[Any] = []
        variables: dict[str, Any] = {}
        with watch_steps(steps), _local_variables(function, variables):
            outputs = function(**inputs)
        job = _pipeline_job(settings, function)
        job.inputs, job.jobs = NamedValues(inputs), _named(steps, variables)
        job.outputs = NamedValues(outputs if isinstance(outputs, Mapping) else {})
        for step in job.jobs.values():
            if isinstance(step, SweepJob | PipelineJob):
                step.pipeline = job
        record_step(job)
        return job

    return make


def _is_declaration(value: Any) -> bool:
    return isinstance(value, Input) and value.path is None and value.default is not None


def _pipeline_job(settings: Mapping[str, Any], function: Callable[..., Any]) -> PipelineJob:
    given = dict(settings)
    job = PipelineJob(name=None)
    compute = given.pop("default_compute", None) or given.pop("compute", None)
    job.settings.default_compute = compute
    for name in ("default_datastore", "continue_on_step_failure", "force_rerun"):
        setattr(job.settings, name, given.pop(name, None))
    given.pop("version", None)
    given.pop("compute", None)
    name = given.pop("name", None)
    job.display_name = given.pop("display_name", None) or name or function.__name__
    for key, value in given.items():
        if key in ("description", "experiment_name", "tags"):
            if value is not None:
                setattr(job, key, value)
        elif key != "non_pipeline_inputs":
            message = f"pipeline: {key}: no such argument; not used, as by Azure's client"
            warnings.warn(message, SweepWarning, stacklevel=level_of_the_program())
    if job.description is None and function.__doc__:
        job.description = function.__doc__.strip().splitlines()[0]
    return job


def _named(steps: list[Any], variables: Mapping[str, Any]) -> NamedValues:
    """Return the steps by the names of the variables that have them, as Azure names them.

    A command that a sweep was made of is no step of its own.
    """
    swept = [step.made_of for step in steps if isinstance(step, SweepJob)]
    found = NamedValues()
    for step in steps:
        if any(step is other for other in swept):
            continue
        named = [name for name, value in variables.items() if value is step]
        base = named[-1] if named else _default_name(step)
        name, number = base, 0
        while name in found:
            number += 1
            name = f"{base}_{number}"
        found[name] = step
        step.step_name = name
    return found


def _default_name(step: Any) -> str:
    name = step.trial.name if isinstance(step, SweepJob) else getattr(step, "name", None)
    return str(name or "step")


@contextmanager
def _local_variables(function: Callable[..., Any], variables: dict[str, Any]) -> Any:
    """Copy the local variables of a function when it returns: the names of the steps."""
    code = getattr(function, "__code__", None)
    before = sys.getprofile()

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "return" and frame.f_code is code:
            variables.update(frame.f_locals)

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)
