"""What a trial's environment variables tell the training script."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OUTPUTS, LOGS = FOLDERS = ("outputs", "logs")
DATASETS = "AZUREML_DATASET_ENVIRONMENT_VARS"  # Azure's own variable: "name:mode,name:mode"


@dataclass(frozen=True)
class TrialEnvironment:
    """The trial that the script runs in.

    Attributes:
        trial: Name of the trial; empty outside of a sweep.
        sweep: Name of the sweep; empty outside of a sweep.
        experiment: Name of the experiment.
        source: The sweep's ``metrics.source``; empty outside of a sweep.
        folders: Folders of ``outputs`` and ``logs``, by these names.
        variables: The environment variables.
    """

    trial: str
    sweep: str
    experiment: str
    source: str
    folders: Mapping[str, Path]
    variables: Mapping[str, str]

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> TrialEnvironment:
        """Return the trial of environment variables.

        Args:
            variables: The environment variables.
        """
        # Absolute, since scripts change their working directory.
        folders = {
            name: Path(variables.get("SWEEPJOB_OUTPUT_" + name) or os.path.abspath(name))
            for name in FOLDERS
        }
        sweep = variables.get("SWEEPJOB_NAME", "")
        return cls(
            trial=variables.get("SWEEPJOB_TRIAL", ""),
            sweep=sweep,
            experiment=variables.get("AZUREML_ARM_PROJECT_NAME") or sweep or "offline",
            source=variables.get("SWEEPJOB_METRICS_SOURCE", ""),
            folders=folders,
            variables=variables,
        )

    def input_paths(self) -> dict[str, str]:
        """Return the path, or the URL, of each named input."""
        found = {}
        for entry in self.variables.get(DATASETS, "").split(","):
            name = entry.partition(":")[0]
            if name and name in self.variables:
                found[name] = self.variables[name]
        return found
