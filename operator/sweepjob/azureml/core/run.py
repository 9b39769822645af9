"""``Run``: in a training script the run of its trial, elsewhere a submitted run by its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from ...training.run import ChildRun
from ...training.run import Run as TrainingRun
from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from .._reasons import ALL_SWEEPS
from .keyvault import Keyvault
from .workspace import Workspace


class Run(TrainingRun):
    """The run that a training script belongs to; see :meth:`get_context`.

    ``Run(experiment, run_id)`` is a submitted sweep or one of its trials instead.
    """

    @unused_arguments(
        harmless="outputs directory",
        by_position="outputs",
    )
    def __new__(cls, experiment: Any = None, run_id: str = "", **azure: Any) -> Any:
        """Return the run of an experiment, or a new run of this process."""
        if hasattr(experiment, "workspace"):
            return experiment.workspace.get_run(run_id)
        return super().__new__(cls)

    @property
    def experiment(self) -> Any:
        """The experiment, with its ``name`` and its ``workspace``."""
        # Not an Experiment, which needs what an image with this package alone does not have.
        return SimpleNamespace(name=self._environment.experiment, workspace=Workspace())

    @classmethod
    def get_submitted_run(cls) -> Any:
        """Return ``get_context()``; its name in old releases of v1."""
        return cls.get_context()

    def get_secret(self, name: str) -> str:
        """Return a secret, which is an environment variable; see :class:`Keyvault`.

        Args:
            name: Name of the secret.
        """
        return Keyvault().get_secret(name)

    def get_secrets(self, secrets: Iterable[str]) -> dict[str, str]:
        """Return secrets by name.

        Args:
            secrets: Their names.
        """
        return Keyvault().get_secrets(secrets)

    @staticmethod
    def get(workspace: Any, run_id: str) -> Any:
        """Return a submitted sweep, or a trial.

        Args:
            workspace: The workspace.
            run_id: Name of the sweep or of the trial.
        """
        return workspace.get_run(run_id)

    @staticmethod
    @unused_arguments(
        {"type tags properties status": ALL_SWEEPS},
        by_position="type tags properties status include_children",
    )
    def list(experiment: Any, *, include_children: bool = False, **azure: Any) -> Sequence[Any]:
        """Return the sweeps of an experiment.

        Args:
            experiment: The experiment.
            include_children: True for the trials as well.
            azure: Azure's filters; not used, with a warning.
        """
        return [*experiment.get_runs(include_children=include_children)]


@unused_arguments(
    harmless="rehydrate clean_up",
    by_position="rehydrate clean_up",
)
def get_run(experiment: Any, run_id: str, **azure: Any) -> Any:
    """Return a submitted sweep, or a trial.

    Args:
        experiment: Its experiment.
        run_id: Name of the sweep or of the trial.
        azure: Azure's ``rehydrate`` and ``clean_up``; a run has nothing to clean up.
    """
    return experiment.workspace.get_run(run_id)


_OfflineRun = Run
__all__ = ["ChildRun", "Run", "get_run"]

__getattr__ = other_names(__name__)
