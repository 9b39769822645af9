"""``Run``: what a training script calls, with the methods of ``azureml.core.Run``.

>>> run = Run.get_context()
>>> run.id.startswith("OfflineRun_")  # outside of a sweep
True
"""

from __future__ import annotations

import atexit
import os
import sys
import uuid
from types import SimpleNamespace
from typing import Any

from .datasets import InputDatasets
from .environment import TrialEnvironment
from .file_methods import FileMethods
from .reporting import Reporter, write_line
from .run_files import RunFiles
from .status_methods import StatusMethods
from .unused_arguments import unused_arguments


class Run(StatusMethods, FileMethods):
    """The run that the script belongs to. Get it with :meth:`get_context`.

    In a sweep, ``log`` reports to what the sweep counts, whatever its ``metrics.source``. Everything that
    is logged is also kept below ``outputs``, from where ``get_metrics`` of the sweep's client reads it.
    Outside of a sweep, calls print what they would have logged, as Azure's client does.
    """

    def __init__(self, environment: TrialEnvironment, run_id: str = "") -> None:
        self._environment = environment
        self._id = run_id or environment.trial or f"OfflineRun_{uuid.uuid4()}"
        self._files = RunFiles(environment.folders)
        self._reporter = Reporter(environment)
        attempt = environment.variables.get("SWEEPJOB_ATTEMPT", "")
        self._attempt = int(attempt) if attempt.isdigit() else 0
        self._is_recorded = bool(environment.trial)

    @classmethod
    @unused_arguments(
        harmless="used_for_context_manager",
        by_position="used_for_context_manager",
    )
    def get_context(cls, allow_offline: bool = True, **azure: Any) -> Run:
        """Return the run that this process belongs to.

        Args:
            allow_offline: False to raise an error outside of a sweep.
            azure: Azure's ``used_for_context_manager``.

        Raises:
            RuntimeError: The process belongs to no trial, and ``allow_offline`` is False.
        """
        environment = TrialEnvironment.read(os.environ)
        if not environment.trial and not allow_offline:
            raise RuntimeError("this process is no trial of a sweep: SWEEPJOB_TRIAL is not set")
        key = (environment.trial, os.getpid())
        if key not in _contexts:
            _contexts[key] = cls(environment)
        return _contexts[key]

    @property
    def id(self) -> str:
        """Name of the trial."""
        return self._id

    @property
    def name(self) -> str:
        """Name of the trial."""
        return self._id

    @property
    def display_name(self) -> str:
        """Name of the trial."""
        return self._id

    @property
    def number(self) -> int:
        """Index of the trial."""
        tail = self._id.rpartition("-")[2]
        return int(tail) if tail.isdigit() else 0

    @property
    def parent(self) -> Run | None:
        """The sweep; None outside of one. What is logged to it is kept in the record of this trial."""
        sweep = self._environment.sweep
        return ChildRun(self._environment, sweep) if sweep else None

    @property
    def experiment(self) -> Any:
        """The experiment, with its ``name``."""
        return SimpleNamespace(name=self._environment.experiment)

    @property
    def input_datasets(self) -> InputDatasets:
        """The named inputs: their paths, with ``to_pandas_dataframe()`` and ``as_mount()``."""
        return InputDatasets(self._environment.input_paths())

    @property
    def output_datasets(self) -> dict[str, str]:
        """Paths of the sweep's output folders by name."""
        prefix = "SWEEPJOB_OUTPUT_"
        variables = self._environment.variables
        return {k[len(prefix) :]: v for k, v in variables.items() if k.startswith(prefix)}

    def flush(self, timeout_seconds: float = 300) -> None:
        """Do nothing: a call returns after its report was sent."""

    def start(self) -> None:
        """Do nothing: the run has started."""

    def complete(self, _set_status: bool = True) -> None:
        """Record that the script is done. The trial has ended when its process has."""
        self._completed = True
        self._record("status", "completed", None)

    @unused_arguments()
    def fail(self, error_details: Any = None, error_code: Any = None, **azure: Any) -> None:
        """Print an error, and let the process end with exit code 1, so that the trial fails.

        Args:
            error_details: The error.
            error_code: Azure's code.
            azure: No other argument is taken.
        """
        write_line(f"Run failed with error code {error_code}:\n{error_details}")
        self._record("status", "failed", str(error_details))
        if self._environment.trial:
            _failed.append(os.getpid())

    def cancel(self) -> None:
        """Record that the script has given up. The trial ends with its process."""
        self._record("status", "canceled", None)

    @unused_arguments(
        {"outputs": "the outputs of a child run are those of its trial"},
        by_position="outputs",
    )
    def child_run(self, name: str | None = None, run_id: str | None = None, **azure: Any) -> Run:
        """Return a run within this one. Its metrics are never reports of the trial.

        Args:
            name: Name of the run.
            run_id: Id of the run.
            azure: Azure's ``outputs``; not used, with a warning.
        """
        return ChildRun(self._environment, f"{self.id}.{run_id or name or uuid.uuid4().hex}")

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __repr__(self) -> str:
        return f"Run(Experiment: {self._environment.experiment}, Id: {self._id})"


class ChildRun(Run):
    """A run within a trial, or the sweep of the trial. Its metrics are not reports of the trial."""

    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Keep a value of a metric.

        Args:
            name: Name of the metric.
            value: The value.
            description: Azure's text, which is not kept.
            step: Azure's number, which is not kept: the values have an order.
        """
        self._emit("scalar", f"{self.id}/{name}", value)


_contexts: dict[tuple[str, int], Run] = {}
_failed: list[int] = []  # the process that called Run.fail, since a fork inherits the list


def _exit_as_failed() -> None:
    """End the process with exit code 1 after ``Run.fail``: the trial would otherwise have succeeded."""
    if os.getpid() in _failed:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


# Functions that were registered first are called last.
atexit.register(_exit_as_failed)
