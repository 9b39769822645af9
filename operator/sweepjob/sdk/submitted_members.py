"""Members of Azure's jobs that a submitted sweep and its trials have, besides what Kubernetes knows."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any


class OfTheDefinition:
    """An attribute of a submitted sweep that is one of its definition: ``run.limits``."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, run: Any, kind: type | None = None) -> Any:
        return self if run is None else getattr(run.job, self._name)


class JobOfAzure:
    """What programs read of a job that Azure's client returns. ``job`` is the whole definition."""

    description = OfTheDefinition()
    limits = OfTheDefinition()
    objective = OfTheDefinition()
    search_space = OfTheDefinition()
    sampling_algorithm = OfTheDefinition()
    early_termination = OfTheDefinition()
    trial = OfTheDefinition()
    inputs = OfTheDefinition()
    outputs = OfTheDefinition()
    compute = OfTheDefinition()
    resources = OfTheDefinition()
    type = "sweep"
    base_path = "."

    @property
    def creation_context(self) -> Any:
        """When the sweep was created (``created_at``); by whom is in the audit log of the cluster."""
        stamp = self.body["metadata"].get("creationTimestamp")  # type: ignore[attr-defined] # a sweep's
        created = None if stamp is None else datetime.fromisoformat(str(stamp))
        return SimpleNamespace(created_at=created, created_by=None, last_modified_at=None)

    @property
    def log_files(self) -> dict[str, str]:
        """No files: ``kubectl sweepjob logs TRIAL`` shows the log of a trial."""
        return {}


class TrialJobOfAzure:
    """What programs read of a child job that Azure's client returns."""

    type = "command"
    name: str
    started: float | None

    @property
    def display_name(self) -> str:
        """Name of the trial."""
        return self.name

    @property
    def parent_job_name(self) -> str:
        """Name of the sweep."""
        return self.name.rpartition("-")[0]

    @property
    def properties(self) -> dict[str, str]:
        """Its sweep and its number, in Azure's words."""
        return {"parent": self.parent_job_name, "number": self.name.rpartition("-")[2]}

    @property
    def creation_context(self) -> Any:
        """When the trial started (``created_at``)."""
        created = None if self.started is None else datetime.fromtimestamp(self.started, UTC)
        return SimpleNamespace(created_at=created, created_by=None, last_modified_at=None)
