"""``Pipeline`` and its data: a pipeline of one sweep can be submitted."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ....training.unused_arguments import level_of_the_program, unused_arguments
from ..._other_names import other_names
from ..._reasons import DROPPED
from ..._unsupported import unsupported
from ...data.pipeline_data import PipelineData
from ...data.pipeline_parameters import PipelineParameter, parameters_of, with_parameters
from ...exceptions import NotSupported
from ..steps import HyperDriveStep

__all__ = ["Pipeline", "PipelineData", "PipelineParameter", "StepSequence", "TrainingOutput"]

_REMEDY = (
    "pipelines do not run here; submit the HyperDriveConfig of the sweep: Experiment.submit(config)"
)


class TrainingOutput:
    """What a sweep step leaves: metrics, or a model.

    Args:
        type: ``Metrics`` or ``Model``.
        iteration: Azure's; kept.
        metric: Azure's; kept.
        model_file: File of the best trial, such as ``outputs/model.pkl``; all of them by default.
    """

    def __init__(
        self,
        type: str,
        iteration: int | None = None,
        metric: str | None = None,
        model_file: str | None = None,
    ) -> None:
        self.type, self.iteration, self.metric = type, iteration, metric
        self.model_file = model_file


class Pipeline:
    """A pipeline, of which the step that is a sweep can be submitted. Other steps do not run.

    Args:
        workspace: The workspace.
        steps: The steps, or one of them, or data that a step writes. Steps that these read from, or run
            after, are steps of the pipeline as well.
        azure: Azure's other arguments; ``default_datastore`` is not used, with a warning.

    Raises:
        NotSupported: It has no sweep step, or several; the message says what to submit instead.
    """

    @unused_arguments(
        {"default_datastore": "outputs are on workspaceblobstore of the Azure map"},
        harmless="description default_source_directory resolve_closure",
        by_position="description default_datastore default_source_directory resolve_closure",
        others=DROPPED,
    )
    def __init__(self, workspace: Any, steps: Any, **azure: Any) -> None:
        self.workspace, self.steps = workspace, _with_those_before(_flat([steps]))
        sweeps = [step for step in self.steps if isinstance(step, HyperDriveStep)]
        if len(sweeps) != 1:
            raise NotSupported(_not_one_sweep(self.steps, sweeps))
        self._sweep = sweeps[0]
        if len(self.steps) > 1:
            others = ", ".join(repr(step.name) for step in self.steps if step is not sweeps[0])
            warnings.warn(
                f"Pipeline: the sweep {sweeps[0].name!r} is submitted alone; the steps {others} do not "
                "run here: do what they do before and after",
                stacklevel=level_of_the_program(),
            )

    def sweep_config(self, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the definition of the sweep.

        Args:
            parameters: Values of the pipeline's parameters by name; their default values without it.

        Raises:
            UserErrorException: No step has such a parameter.
        """
        given = dict(parameters or {})
        elsewhere = {name for step in self.steps for name in getattr(step, "parameters", ())}
        own = parameters_of(self._sweep.hyperdrive_config)
        for name in [name for name in given if name in elsewhere and name not in own]:
            del given[name]
            warnings.warn(
                f"Pipeline: pipeline_parameters: {name}: not used: it is of a step that does not run "
                "here",
                stacklevel=level_of_the_program(),
            )
        return with_parameters(self._sweep.hyperdrive_config, given)

    def validate(self) -> list[str]:
        """Return no errors: they were raised when the pipeline was made."""
        return []

    @unused_arguments(
        {
            "continue_on_step_failure regenerate_outputs parent_run_id": "only the sweep runs here",
            "credential_passthrough": "pods have service accounts: serviceAccountName of the compute in "
            "the Azure map",
        },
        by_position="continue_on_step_failure regenerate_outputs parent_run_id "
        "credential_passthrough",
        others=DROPPED,
    )
    def submit(
        self,
        experiment_name: str,
        pipeline_parameters: Mapping[str, Any] | None = None,
        **azure: Any,
    ) -> Any:
        """Submit the sweep to an experiment of the workspace.

        Args:
            experiment_name: Name of the experiment.
            pipeline_parameters: Values of the pipeline's parameters by name.
            azure: Azure's other arguments; not used, with a warning.

        Returns:
            The sweep.
        """
        from ...core.experiment import Experiment

        experiment = Experiment(self.workspace, experiment_name)
        return experiment.submit(self, pipeline_parameters=pipeline_parameters)

    def publish(self, *_: Any, **azure: Any) -> Any:
        """Not supported; raises NotSupported.

        Args:
            azure: Azure's arguments.
        """
        raise NotSupported(
            "Pipeline.publish: nothing is published; apply the SweepJob from a CronJob, e.g. the file of "
            "HyperDriveConfig.to_sweep().to_manifest()"
        )


def _not_one_sweep(steps: Sequence[Any], sweeps: Sequence[Any]) -> str:
    if not sweeps:
        listed = ", ".join(repr(step.name) for step in steps)
        return f"Pipeline: no step is a sweep ({listed}): {_REMEDY}"
    listed = ", ".join(repr(step.name) for step in sweeps)
    return (
        f"Pipeline: {len(sweeps)} steps are sweeps ({listed}): submit one after another: "
        "Experiment.submit(STEP.hyperdrive_config)"
    )


class StepSequence:
    """Steps that run one after another.

    Args:
        steps: The steps.
    """

    def __init__(self, steps: Sequence[Any] = ()) -> None:
        self.steps = list(steps)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.steps)


def _flat(steps: Iterable[Any]) -> Iterator[Any]:
    for step in steps:
        if isinstance(step, (list, tuple, StepSequence)):
            yield from _flat(step)
        else:
            yield getattr(step, "producer", None) or step


def _with_those_before(steps: Iterable[Any]) -> list[Any]:
    """Return steps after those whose data they read, or that they run after, as in Azure."""
    found: dict[int, Any] = {}
    waiting = [(step, False) for step in reversed(list(steps))]
    begun = set[int]()
    while waiting:
        step, is_after = waiting.pop()
        if is_after:
            found.setdefault(id(step), step)
        elif id(step) not in begun:
            begun.add(id(step))
            waiting.append((step, True))
            waiting += [(each, False) for each in reversed(getattr(step, "before", []))]
    return list(found.values())


PublishedPipeline = unsupported("PublishedPipeline", _REMEDY)
PipelineEndpoint = unsupported("PipelineEndpoint", _REMEDY)
PipelineRun = unsupported("PipelineRun", _REMEDY)
Schedule = unsupported("Schedule", "apply the SweepJob from a CronJob")
ScheduleRecurrence = unsupported("ScheduleRecurrence", "apply the SweepJob from a CronJob")

__getattr__ = other_names(__name__)
