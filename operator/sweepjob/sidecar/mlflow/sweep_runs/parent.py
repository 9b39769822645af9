"""The parent run of a sweep. Every trial's sidecar may create it, and all choose the same.

MLflow has no unique key, so sidecars that start at the same time may create several. Nobody creates one
where one is seen, so there are no more after the first moment. The oldest by start time and id is the
parent; the others are deleted by whoever sees them.
"""

from __future__ import annotations

import time

from ....protocol.tracked_sweep import TrackedSweep
from ..conversions import dump_pairs
from . import tags
from .client import RemoteRun, ServerError, TrackingClient

_PAUSE = 0.1  # seconds between two looks


class SweepParent:
    """Finds, creates and chooses the parent run.

    Args:
        client: calls the user's server.
        sweep: the sweep.
    """

    def __init__(self, client: TrackingClient, sweep: TrackedSweep) -> None:
        self._client = client
        self._sweep = sweep

    def ensure(self, experiment: str, patience: float = 0.0) -> RemoteRun:
        """Return the parent in an experiment; create it if there is none.

        Args:
            experiment: id of the experiment.
            patience: seconds that another sidecar has to create it.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        deadline = time.monotonic() + patience
        while (existing := self.choose(experiment)) is None and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if existing is not None:
            return existing
        self._client.create_run(
            {
                "experiment_id": experiment,
                "start_time": int(time.time() * 1000),
                "run_name": self._sweep.name,
                "tags": dump_pairs(self._tags()),
            }
        )
        chosen = self.choose(experiment)
        if chosen is None:
            raise OSError("the parent run that was created cannot be found")
        return chosen

    def choose(self, experiment: str) -> RemoteRun | None:
        """Return the parent, completed, and delete the others; None if there is none.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        wanted = {tags.SWEEP_UID: self._sweep.uid, tags.ROLE: tags.ROLE_SWEEP}
        found = sorted(self._client.find([experiment], wanted), key=lambda run: run.age)
        if not found:
            return None
        for other in found[1:]:
            self._delete(other.id)
        self._complete(found[0])
        return found[0]

    def _delete(self, run: str) -> None:
        try:
            self._client.post("runs/delete", {"run_id": run})
        except ServerError as error:
            if error.status not in (400, 404):  # another sidecar has deleted it
                raise

    def _complete(self, run: RemoteRun) -> None:
        """Log the params, unless a kill came between the creation and them, or nothing is missing."""
        try:
            self._client.add_params(run, self._sweep.parameters)
        except ServerError as error:
            if error.status != 400:
                raise
            # Another sidecar wrote the same at the same time, which a server refuses.
            self._client.add_params(self._client.run(run.id), self._sweep.parameters)

    def _tags(self) -> dict[str, str]:
        return {
            "mlflow.runName": self._sweep.name,
            tags.SWEEP: self._sweep.name,
            tags.SWEEP_UID: self._sweep.uid,
            tags.NAMESPACE: self._sweep.namespace,
            tags.ROLE: tags.ROLE_SWEEP,
        }
