"""Where ``MLClient`` runs sweeps: in a namespace of the cluster, or on this machine."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol

from ..azure_resolution import Resolver
from ..client import SweepClient, unique_name
from ..job import SweepJob
from ..local import run_local
from ..object_name import object_name
from ..run import SweepRun
from ..sweep_objects import NotFound


class Backend(Protocol):
    """Where sweeps run."""

    def submit(self, job: SweepJob, resolver: Resolver) -> SweepRun:
        """Start a sweep."""
        ...

    def get(self, name: str) -> SweepRun:
        """Return the sweep of a name."""
        ...

    def list(self) -> Sequence[SweepRun]:
        """Return all sweeps."""
        ...

    def download(self, name: str, path: str, output_name: str | None) -> Sequence[str]:
        """Download the outputs of a sweep's best trial, or of a trial."""
        ...


class ClusterBackend:
    """Sweeps of a namespace of the cluster.

    Args:
        client: the client.
    """

    def __init__(self, client: SweepClient) -> None:
        self._client = client

    def submit(self, job: SweepJob, resolver: Resolver) -> SweepRun:
        """Create a sweep."""
        return self._client.jobs.create_or_update(job, resolver)

    def get(self, name: str) -> SweepRun:
        """Return the sweep of a name."""
        return self._client.jobs.get(name)

    def list(self) -> Sequence[SweepRun]:
        """Return all sweeps."""
        return self._client.jobs.list()

    def download(self, name: str, path: str, output_name: str | None) -> Sequence[str]:
        """Download the outputs of a sweep's best trial, or of a trial."""
        return self._client.jobs.download(name, download_path=path, output_name=output_name)


class LocalBackend:
    """Sweeps of this process on this machine."""

    def __init__(self) -> None:
        self._runs: dict[str, SweepRun] = {}

    def submit(self, job: SweepJob, resolver: Resolver) -> SweepRun:
        """Start a sweep."""
        if job.name is None:
            job = copy.copy(job)
            job.name = unique_name(object_name(job.display_name or job.experiment_name or "sweep"))
        run = run_local(job, wait=False, resolver=resolver)
        self._runs[run.name] = run
        return run

    def get(self, name: str) -> SweepRun:
        """Return the sweep of a name.

        Raises:
            NotFound: this process has started no such sweep.
        """
        if name not in self._runs:
            raise NotFound(f"{name}: no sweep of this name was started by this process")
        return self._runs[name]

    def list(self) -> Sequence[SweepRun]:
        """Return all sweeps, the newest first."""
        return list(self._runs.values())[::-1]

    def download(self, name: str, path: str, output_name: str | None) -> Sequence[str]:
        """Download the outputs of a sweep's best trial, or of a trial."""
        if name in self._runs:
            return self._runs[name].download(path, output_name)
        for run in self._runs.values():
            if any(trial.name == name for trial in run.trials()):
                return run.download(path, output_name, trial=name)
        raise NotFound(f"{name}: there is neither a sweep nor a trial of this name")
