"""``HyperDriveStep``: the step of a pipeline that is a sweep. Other steps are known by their name."""

from __future__ import annotations

from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from ..runs.hyperdrive_run import HyperDriveRun

__path__: list[str] = []  # a package in Azure's client; see _missing_modules


class HyperDriveStep:
    """A step that is a sweep.

    Args:
        name: Name of the step.
        hyperdrive_config: Definition of the sweep.
        estimator_entry_script_arguments: Arguments of the script, instead of the configuration's.
        inputs: Data of the step; arguments of the script name them.
        outputs: Data that the step leaves: metrics of all trials, or files of the best one.
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
        self.name, self.hyperdrive_config = name, hyperdrive_config
        hyperdrive_config.step_name = name
        hyperdrive_config.step_outputs = [*_listed(metrics_output), *(outputs or ())]
        self.before: list[Any] = []
        self.outputs = list(hyperdrive_config.step_outputs)
        if estimator_entry_script_arguments is not None:
            hyperdrive_config.run_config.arguments = list(estimator_entry_script_arguments)

    def run_after(self, step: Any) -> None:
        """Make another step a part of the pipeline. Only the sweep runs here.

        Args:
            step: The other step.
        """
        self.before.append(step)


def _listed(outputs: Any) -> list[Any]:
    """Return one output, or several, as a list."""
    if outputs is None:
        return []
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


class _OtherStep:
    """A step that is no sweep: it does not run here, and can be made so that the rest is read.

    Args:
        name: Name of the step.
        azure: Azure's other arguments; the pipeline says that the step does not run.
    """

    def __init__(self, *args: Any, name: str | None = None, **azure: Any) -> None:
        self.before: list[Any] = []
        self.name = name or next((a for a in args if isinstance(a, str)), type(self).__name__)

    def run_after(self, step: Any) -> None:
        """Make another step a part of the pipeline. Only a sweep runs here.

        Args:
            step: The other step.
        """
        self.before.append(step)


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
