"""``HyperDriveStep``: the step of a pipeline that is a sweep. Other steps are known by their name."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from ..data.output_dataset_config import OutputFileDatasetConfig
from ..data.pipeline_data import PipelineData
from ..data.pipeline_parameters import parameters_in
from ..runs.hyperdrive_run import HyperDriveRun

__path__: list[str] = []  # a package in Azure's client; see _missing_modules


class _Step:
    """A step of a pipeline.

    Attributes:
        name: Its name.
        before: The steps that it reads from, or runs after.
    """

    name: str

    def __init__(self) -> None:
        self.before: list[Any] = []

    def run_after(self, step: Any) -> None:
        """Make another step a part of the pipeline. Only a sweep runs here.

        Args:
            step: The other step.
        """
        self.before.append(step)

    def _connect(self, given: Iterable[Any], outputs: Iterable[Any]) -> None:
        """Note which data this step writes, and which steps have written what it reads.

        Args:
            given: Its inputs and arguments.
            outputs: Its outputs.
        """
        given = list(given)
        written = [data for data in given if isinstance(data, OutputFileDatasetConfig)]
        for data in (*outputs, *written):
            if getattr(data, "producer", self) is None:
                data.producer = self
        for data in given:
            step = getattr(getattr(data, "dataset", data), "producer", None)
            if step not in (None, self, *self.before):
                self.before.append(step)


class HyperDriveStep(_Step):
    """A step that is a sweep.

    Args:
        name: Name of the step.
        hyperdrive_config: Definition of the sweep.
        estimator_entry_script_arguments: Arguments of the script, instead of the configuration's.
        inputs: Data of the step, which the script finds by their name.
        outputs: Data that the step leaves: metrics of all trials, or files of the best one. An argument
            of the script that is one of them is a folder of the trial.
        metrics_output: Data with the metrics of all trials.
        azure: Azure's ``allow_reuse`` and ``version``: a sweep always runs.
    """

    @unused_arguments(
        harmless="allow_reuse version",
        by_position="allow_reuse version",
    )
    def __init__(
        self,
        name: str,
        hyperdrive_config: Any,
        estimator_entry_script_arguments: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        metrics_output: Any = None,
        **azure: Any,
    ) -> None:
        super().__init__()
        # Several steps may be of one definition, or of one script with other arguments.
        self.name, self.hyperdrive_config = name, copy.copy(hyperdrive_config)
        self.outputs = [*_listed(metrics_output), *_listed(outputs)]
        self.hyperdrive_config.step_name = name
        self.hyperdrive_config.step_outputs = list(self.outputs)
        script = copy.copy(hyperdrive_config.run_config)
        self.hyperdrive_config.run_config = script
        if estimator_entry_script_arguments is not None:
            script.arguments = list(estimator_entry_script_arguments)
        arguments = [] if isinstance(script.arguments, str) else script.arguments
        self._connect([*arguments, *_listed(inputs)], self.outputs)
        if inputs is not None:
            script.inputs = [data for data in _listed(inputs) if not _is_among(data, arguments)]
        if arguments:
            script.arguments = [self._written(argument) for argument in arguments]

    def _written(self, argument: Any) -> Any:
        """Return an argument of the script; a folder of the trial if the step writes it."""
        if isinstance(argument, PipelineData) and argument.producer is self:
            return OutputFileDatasetConfig(argument.name, (argument.datastore, ""))
        is_read = isinstance(argument, OutputFileDatasetConfig) and argument.producer is not self
        return argument.as_input() if is_read else argument


def _is_among(data: Any, arguments: Iterable[Any]) -> bool:
    """Return whether data are an argument of the script as well."""
    if isinstance(data, tuple):
        return data in arguments
    name = getattr(data, "input_name", None)
    return any(
        one is data or (name and getattr(one, "input_name", None) == name) for one in arguments
    )


def _listed(data: Any) -> list[Any]:
    """Return one input or output, or several, as a list."""
    if data is None:
        return []
    return list(data) if isinstance(data, (list, tuple)) else [data]


class _OtherStep(_Step):
    """A step that is no sweep: it does not run here, and can be made so that the rest is read.

    Args:
        name: Name of the step.
        azure: Azure's other arguments; the pipeline says that the step does not run.

    Attributes:
        parameters: Names of the pipeline's parameters among its arguments.
    """

    def __init__(self, *args: Any, name: str | None = None, **azure: Any) -> None:
        super().__init__()
        self.name = name or next((a for a in args if isinstance(a, str)), type(self).__name__)
        self.parameters = list(parameters_in([*args, azure]))
        read = ("arguments", "estimator_entry_script_arguments", "inputs", "side_inputs")
        given = [data for key in read for data in _listed(azure.get(key))]
        self._connect(given, [*_listed(azure.get("outputs")), *_listed(azure.get("output"))])


class PythonScriptStep(_OtherStep):
    """A step that runs a script."""


class CommandStep(_OtherStep):
    """A step that runs a command."""


class EstimatorStep(_OtherStep):
    """A step that runs an estimator."""


class MpiStep(_OtherStep):
    """A step that runs a script in several processes."""


class DataTransferStep(_OtherStep):
    """A step that copies data."""


class DatabricksStep(_OtherStep):
    """A step on Databricks."""


class ParallelRunStep(_OtherStep):
    """A step of many small tasks."""


def HyperDriveStepRun(step_run: Any) -> HyperDriveRun:  # a class in Azure's client
    """Return the run of a sweep step, which is the sweep.

    Args:
        step_run: What ``find_step_run`` returns.
    """
    found: HyperDriveRun = step_run
    return found


__getattr__ = other_names(__name__)
