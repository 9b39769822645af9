"""``Pipeline`` and its data: a pipeline of one sweep can be submitted."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ....training.unused_arguments import level_of_the_program, unused_arguments
from ..._other_names import other_names
from ..._unsupported import unsupported
from ...data.dataset_consumption_config import MOUNT_PATH
from ...exceptions import NotSupported, UserErrorException
from ..steps import HyperDriveStep

_REMEDY = (
    "pipelines do not run here; submit the HyperDriveConfig of the sweep: Experiment.submit(config)"
)


_SCRIPT_READS = "the script reads the files; read them so there"
_PARQUET = "include_path partition_format file_extension set_column_types"
_DELIMITED = (
    "include_path separator header partition_format file_extension set_column_types "
    "quoted_line_breaks"
)


class PipelineData:
    """Data that a step writes for another one; for a sweep, data of its name in the Azure map.

    Args:
        name: Name of the data.
        datastore: Azure's; kept.
        pipeline_output_name: Name for ``get_pipeline_output`` of the run.
        training_output: What of a sweep it has.
        azure: Azure's other arguments, which say how other steps write the data;
            ``output_path_on_compute`` is not used, with a warning.
    """

    @unused_arguments(
        {"output_path_on_compute": "a script gets the path of the data as its argument"},
        harmless="output_name output_mode output_overwrite data_type is_directory",
        by_position="output_name output_mode output_path_on_compute output_overwrite data_type "
        "is_directory pipeline_output_name training_output",
    )
    def __init__(
        self,
        name: str,
        datastore: Any = None,
        *,
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

    @unused_arguments(harmless="input_name")
    def as_mount(self, input_name: str | None = None) -> PipelineData:
        """Return the same data.

        Args:
            input_name: Azure's name of the input.
        """
        return self

    @unused_arguments(harmless="input_name")
    def as_input(self, input_name: str | None = None) -> PipelineData:
        """Return the same data.

        Args:
            input_name: Azure's name of the input.
        """
        return self

    @unused_arguments({"path_on_compute": MOUNT_PATH}, harmless="input_name overwrite")
    def as_download(
        self,
        input_name: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool | None = None,
    ) -> PipelineData:
        """Return the same data, which are mounted.

        Args:
            input_name: Azure's name of the input.
            path_on_compute: Azure's; not used, with a warning.
            overwrite: Azure's; nothing is copied.
        """
        return self

    def as_dataset(self) -> PipelineData:
        """Return the same data."""
        return self

    def get_env_variable_name(self) -> str:
        """Return the name of the variable by which a script finds the data."""
        return f"AZUREML_DATAREFERENCE_{self.name}"

    @unused_arguments(
        {_PARQUET: _SCRIPT_READS}, defaults={"file_extension": ".parquet"}, by_position=_PARQUET
    )
    def parse_parquet_files(self, **azure: Any) -> PipelineData:
        """Return the same data.

        Args:
            azure: Azure's arguments; not used, with a warning: the script reads the files.
        """
        return self

    @unused_arguments(
        {_DELIMITED: _SCRIPT_READS, "quoting encoding": _SCRIPT_READS},
        defaults={"separator": ",", "encoding": "utf8"},
        by_position=_DELIMITED,
    )
    def parse_delimited_files(self, **azure: Any) -> PipelineData:
        """Return the same data.

        Args:
            azure: Azure's arguments; not used, with a warning: the script reads the files.
        """
        return self

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
        azure: Azure's other arguments; ``default_datastore`` is not used, with a warning.

    Raises:
        NotSupported: It has no sweep step, or several; the message says what to submit instead.
    """

    @unused_arguments(
        {"default_datastore": "outputs are on workspaceblobstore of the Azure map"},
        harmless="description default_source_directory resolve_closure",
        by_position="description default_datastore default_source_directory resolve_closure",
    )
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
                stacklevel=level_of_the_program(),
            )

    def sweep_config(self, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the definition of the sweep.

        Args:
            parameters: Values of the pipeline's parameters by name; their default values without it.

        Raises:
            UserErrorException: The sweep has no argument that is such a parameter.
        """
        config = self._sweep.hyperdrive_config
        if parameters:
            config = copy.copy(config)
            config.run_config = _with_parameters(config.run_config, parameters)
        return config

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


def _with_parameters(script: Any, given: Mapping[str, Any]) -> Any:
    """Return a script whose arguments have the values of a pipeline's parameters."""
    arguments = script.arguments if isinstance(script.arguments, list) else []
    known = [a.name for a in arguments if isinstance(a, PipelineParameter)]
    for name in given:
        if name not in known:
            raise UserErrorException(
                f"pipeline_parameters: {name}: no argument of the sweep is this parameter; there are: "
                f"{', '.join(known) or 'none'}"
            )
    made = copy.copy(script)
    made.arguments = [
        given.get(a.name, a.default_value) if isinstance(a, PipelineParameter) else a
        for a in arguments
    ]
    return made


PublishedPipeline = unsupported("PublishedPipeline", _REMEDY)
PipelineEndpoint = unsupported("PipelineEndpoint", _REMEDY)
PipelineRun = unsupported("PipelineRun", _REMEDY)
Schedule = unsupported("Schedule", "apply the SweepJob from a CronJob")
ScheduleRecurrence = unsupported("ScheduleRecurrence", "apply the SweepJob from a CronJob")

__getattr__ = other_names(__name__)
