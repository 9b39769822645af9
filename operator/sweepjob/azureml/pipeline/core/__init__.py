"""``Pipeline`` and its data: a pipeline of one sweep can be submitted."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..._other_names import other_names
from ..._unsupported import unsupported
from ...exceptions import NotSupported
from ..steps import HyperDriveStep

_REMEDY = (
    "pipelines do not run here; submit the HyperDriveConfig of the sweep: Experiment.submit(config)"
)


class PipelineData:
    """Data that a step writes for another one; for a sweep, data of its name in the Azure map.

    Args:
        name: Name of the data.
        datastore: Azure's; kept.
        pipeline_output_name: Name for ``get_pipeline_output`` of the run.
        training_output: What of a sweep it has.
        azure: Azure's other arguments; ignored.
    """

    def __init__(
        self,
        name: str,
        datastore: Any = None,
        *_: Any,
        pipeline_output_name: str | None = None,
        training_output: TrainingOutput | None = None,
        **azure: Any,
    ) -> None:
        self.name, self.datastore = name, datastore
        self.pipeline_output_name, self.training_output = pipeline_output_name, training_output

    @property
    def references(self) -> tuple[str, ...]:
        """What it is, in Azure's terms."""
        return (f"azureml:{self.name}",)

    def as_mount(self) -> PipelineData:
        """Return the same data."""
        return self

    as_download = as_dataset = as_input = as_mount

    def get_env_variable_name(self) -> str:
        """Return the name of the variable by which a script finds the data."""
        return f"AZUREML_DATAREFERENCE_{self.name}"

    def parse_parquet_files(self, *_: Any, **azure: Any) -> PipelineData:
        """Return the same data.

        Args:
            azure: Azure's arguments; ignored: the script reads the files.
        """
        return self

    parse_delimited_files = parse_parquet_files

    def __repr__(self) -> str:
        return f"PipelineData({self.name!r})"


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
        steps: The steps.
        azure: Azure's other arguments; ignored.

    Raises:
        NotSupported: It has no sweep step, or several; the message says what to submit instead.
    """

    def __init__(self, workspace: Any, steps: Sequence[Any], **azure: Any) -> None:
        self.workspace, self.steps = workspace, _with_those_before(_flat(steps))
        sweeps = [step for step in self.steps if isinstance(step, HyperDriveStep)]
        if len(sweeps) != 1:
            raise NotSupported(
                f"Pipeline: {len(sweeps)} of {len(self.steps)} steps are sweeps: {_REMEDY}"
            )
        self._sweep = sweeps[0]
        if len(self.steps) > 1:
            others = ", ".join(repr(step.name) for step in self.steps if step is not sweeps[0])
            warnings.warn(
                f"Pipeline: the sweep {sweeps[0].name!r} is submitted alone; the steps {others} do not "
                "run here: do what they do before and after",
                stacklevel=2,
            )

    def sweep_config(self) -> Any:
        """Return the definition of the sweep."""
        return self._sweep.hyperdrive_config

    def validate(self) -> list[str]:
        """Return no errors: they were raised when the pipeline was made."""
        return []

    def submit(self, experiment_name: str, *_: Any, **azure: Any) -> Any:
        """Submit the sweep to an experiment of the workspace.

        Args:
            experiment_name: Name of the experiment.
            azure: Azure's other arguments; ignored.

        Returns:
            The sweep.
        """
        from ...core.experiment import Experiment

        return Experiment(self.workspace, experiment_name).submit(self)

    def publish(self, *_: Any, **azure: Any) -> Any:
        """Not supported; raises NotSupported.

        Args:
            azure: Azure's arguments.
        """
        raise NotSupported(
            "Pipeline.publish: nothing is published; apply the SweepJob from a CronJob, e.g. the file of "
            "HyperDriveConfig.to_sweep().to_manifest()"
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


def _flat(steps: Iterable[Any]) -> Iterable[Any]:
    for step in steps:
        if isinstance(step, (list, tuple, StepSequence)):
            yield from _flat(step)
        else:
            yield step


def _with_those_before(steps: Iterable[Any]) -> list[Any]:
    """Return steps after the steps that they run after, as Azure adds them to a pipeline."""
    found: list[Any] = []
    for step in steps:
        before = _with_those_before(getattr(step, "before", ()))
        found += [each for each in (*before, step) if each not in found]
    return found


class PipelineParameter:
    """A parameter of a pipeline. As an argument of a sweep it is its default value.

    Args:
        name: Name of the parameter.
        default_value: Its value.
    """

    def __init__(self, name: str, default_value: Any) -> None:
        self.name, self.default_value = name, default_value


PublishedPipeline = unsupported("PublishedPipeline", _REMEDY)
PipelineEndpoint = unsupported("PipelineEndpoint", _REMEDY)
PipelineRun = unsupported("PipelineRun", _REMEDY)
Schedule = unsupported("Schedule", "apply the SweepJob from a CronJob")
ScheduleRecurrence = unsupported("ScheduleRecurrence", "apply the SweepJob from a CronJob")

__getattr__ = other_names(__name__)
