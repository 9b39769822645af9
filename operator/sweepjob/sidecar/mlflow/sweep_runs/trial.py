"""Nests the runs that a trial's script creates: one stands for the trial, below the sweep's parent.

A run of an earlier attempt of the trial, or of a pod that was disrupted, is moved below it. Params of the
trial are written when the run ends: a script may log a param of the same name with another value, which
the server would refuse. Whatever fails is said, and does not fail the script; the end of the sweep
repairs it.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....protocol.tracked_sweep import TrackedSweep, TrackedTrial
from ..conversions import dump_pairs, pairs
from ..database import Database
from ..run_store import PARENT
from . import tags
from .client import CALL_ERRORS, ENDED, RemoteRun, TrackingClient
from .parent import SweepParent

Body = dict[str, Any]
_SETTLE_AFTER = (
    5.0  # seconds after the first run; parents of others that start now are seen by then
)
_LONGEST_TAG = 5000  # characters
_PATIENCE, _MOST_PATIENCE = 0.2, 3.0  # seconds for each trial before, and at most


@dataclass(frozen=True, slots=True)
class Creation:
    """A request of the script to create a run.

    Attributes:
        key: its id, which is a tag of the run.
        body: the request to send.
        answer: the answer, if an earlier try of the request has created the run.
    """

    key: str
    body: Body
    answer: Body | None = None


class TrialNesting:
    """Nests the runs of one pod.

    Args:
        client: calls the user's server.
        database: remembers the runs across restarts of the sidecar.
        sweep: the trial's sweep.
        trial: the trial.
        rank: the number of the pod; the runs of rank 0 stand for the trial.
    """

    def __init__(
        self,
        client: TrackingClient,
        database: Database,
        sweep: TrackedSweep,
        trial: TrackedTrial,
        rank: int = 0,
    ) -> None:
        self.client = client
        self._database = database
        self._sweep = sweep
        self._trial = trial
        self._rank = rank
        self._parent = SweepParent(client, sweep)
        self._timer: threading.Timer | None = None
        self.creating = threading.Lock()  # one creation at a time

    def begin(self, request: Body, digest: str) -> Creation:
        """Return the request to send for a run that the script creates.

        Args:
            request: the script's request.
            digest: identifies the request; the same when the client repeats it.

        Raises:
            OSError, HTTPException: it is not known whether an earlier try has created the run.
        """
        unanswered = self._row("SELECT key FROM created WHERE digest = ? AND run = ''", digest)
        experiment = str(request.get("experiment_id") or "0")
        if unanswered is not None:
            key = str(unanswered[0])
            existing = self._find_created(experiment, key)
            if existing is not None:
                return Creation(key, request, existing)
        else:
            key = uuid.uuid4().hex
            statement = "INSERT INTO created (key, digest, run, experiment) VALUES (?, ?, '', ?)"
            self._write(statement, key, digest, experiment)
        own = {**self._own_tags(request, experiment), tags.REQUEST: key}
        given = pairs(request.get("tags"))
        return Creation(key, {**request, "tags": dump_pairs({**own, **given})})

    def complete(self, creation: Creation, run: str, role: str) -> None:
        """Record that a run was created, and move runs of earlier attempts below it."""
        statement = "UPDATE created SET run = ?, role = ? WHERE key = ?"
        self._write(statement, run, role, creation.key)
        if role == tags.ROLE_TRIAL:
            self._try(self.settle)
            self._timer = threading.Timer(_SETTLE_AFTER, lambda: self._try(self.settle))
            self._timer.daemon = True
            self._timer.start()

    def refuse(self, creation: Creation) -> None:
        """Forget a request that the server refused."""
        self._write("DELETE FROM created WHERE key = ?", creation.key)

    def before_end(self, request: Body) -> None:
        """Write the params of the trial before the script ends its run."""
        run = str(request.get("run_id") or request.get("run_uuid") or "")
        if request.get("status") in ENDED and run == self._own_run():
            self._try(lambda: self._write_params(run))

    def finish(self, *, stopped: bool) -> None:
        """Complete the runs after the end of the script.

        Args:
            stopped: the operator ended the trial.
        """
        self.cancel_timer()
        run = self._own_run()
        if run is not None:
            self._try(self.settle)
            self._try(lambda: self._write_params(run))
        if stopped:
            for (each,) in self._rows("SELECT run FROM created WHERE run != ''"):
                self._try(lambda each=each: self._end_stopped(each))

    def cancel_timer(self) -> None:
        """Cancel the timer that the first run has started."""
        if self._timer is not None:
            self._timer.cancel()

    def settle(self) -> None:
        """Have the trial one run below the parent that all sidecars choose.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        run, experiment = self._own_run(), self._own_experiment()
        if run is None:
            return
        parent = self._parent.ensure(experiment)
        current = self.client.run(run)
        if current.tags.get(PARENT) != parent.id and _is_ours(current):
            self.client.set_tags(run, tags.nested_below(parent.id))
        for other in self._runs_of_trial(experiment):
            if other.id != run:
                move_below(self.client, other, run)

    def _own_tags(self, request: Body, experiment: str) -> dict[str, str]:
        """Return the tags to add to a run that the script creates."""
        given = pairs(request.get("tags"))
        own = {
            tags.SWEEP: self._sweep.name,
            tags.SWEEP_UID: self._sweep.uid,
            tags.NAMESPACE: self._sweep.namespace,
            tags.TRIAL: self._trial.name,
            tags.ATTEMPT: str(self._trial.attempt),
        }
        if given.get(PARENT):
            return own  # the script nests it itself
        text = json.dumps(dict(self._trial.parameters))
        if len(text) <= _LONGEST_TAG:
            own[tags.PARAMETERS] = text
        first = self._own_run()
        if first is not None and self._own_experiment() == experiment:
            return {**own, tags.ROLE: tags.ROLE_PART, **tags.nested_below(first)}
        if first is not None or self._rank > 0:
            own[tags.ROLE] = tags.ROLE_PART
            below = self._try(lambda: self._run_of_rank_0(experiment))
        else:
            own[tags.ROLE] = tags.ROLE_TRIAL
            below = self._try(lambda: self._running_parent(experiment))
        return own if below is None else {**own, **tags.nested_below(below)}

    def _running_parent(self, experiment: str) -> str:
        """Return the sweep's parent; one that has ended runs again, as its sweep does."""
        parent = self._parent.ensure(experiment, self._patience())
        if parent.status in ENDED:
            self.client.post("runs/update", {"run_id": parent.id, "status": "RUNNING"})
        return parent.id

    def _patience(self) -> float:
        """Return how long the sidecars of earlier trials have to create the parent.

        Otherwise all trials that start together would create one, and all but one would be deleted.
        """
        index = self._trial.name.rpartition("-")[2]
        return min(_PATIENCE * int(index), _MOST_PATIENCE) if index.isdecimal() else 0.0

    def _run_of_rank_0(self, experiment: str) -> str:
        """Return the run that stands for the trial; the sweep's parent before there is one."""
        existing = max(self._runs_of_trial(experiment), key=lambda run: run.attempt, default=None)
        return self._parent.ensure(experiment).id if existing is None else existing.id

    def _runs_of_trial(self, experiment: str) -> list[RemoteRun]:
        wanted = {
            tags.SWEEP_UID: self._sweep.uid,
            tags.ROLE: tags.ROLE_TRIAL,
            tags.TRIAL: self._trial.name,
        }
        return list(self.client.find([experiment], wanted))

    def _find_created(self, experiment: str, key: str) -> Body | None:
        """Return the answer to a creation that succeeded without one."""
        wanted = {tags.SWEEP_UID: self._sweep.uid, tags.REQUEST: key}
        for run in self.client.find([experiment], wanted):
            return self.client.get("runs/get", run_id=run.id)
        return None

    def _write_params(self, run: str) -> None:
        self.client.add_params(self.client.run(run), self._trial.parameters)

    def _end_stopped(self, run: str) -> None:
        if self.client.run(run).status not in ENDED:
            self.client.end_run(run, "KILLED")

    def _own_run(self) -> str | None:
        """Return the run of this pod that stands for the trial."""
        row = self._row("SELECT run FROM created WHERE role = ?", tags.ROLE_TRIAL)
        return None if row is None else str(row[0])

    def _own_experiment(self) -> str:
        row = self._row("SELECT experiment FROM created WHERE role = ?", tags.ROLE_TRIAL)
        return "" if row is None else str(row[0])

    def _row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        rows = self._rows(statement, *values)
        return rows[0] if rows else None

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._database.transaction():
            return self._database.rows(statement, *values)

    def _write(self, statement: str, *values: Any) -> None:
        with self._database.transaction():
            self._database.write(statement, *values)

    def _try(self, call: Any) -> Any:
        """Call a function that calls the server; say what it raises, and return None."""
        try:
            return call()
        except CALL_ERRORS as error:
            text = f"the runs of the sweep on the tracking server are not complete yet: {error!r}"
            print(text, file=sys.stderr, flush=True)
            return None


def move_below(client: TrackingClient, earlier: RemoteRun, run: str) -> None:
    """Move the run of an earlier attempt below the run that stands for the trial.

    Raises:
        OSError, HTTPException: no answer, or an error.
    """
    if earlier.status not in ENDED:
        # Before the role changes: nobody looks for it any more by the role of a trial's run.
        client.end_run(earlier.id, "FAILED")
    client.set_tags(earlier.id, {**tags.nested_below(run), tags.ROLE: tags.ROLE_EARLIER})


def digest_of(body: bytes) -> str:
    """Return what identifies a request that a client repeats."""
    return hashlib.sha256(body).hexdigest()


def role_of(body: Mapping[str, Any]) -> str:
    """Return the role of a run in a request or an answer; empty for one that the script nests itself."""
    return pairs(body.get("tags")).get(tags.ROLE, "")


def _is_ours(run: RemoteRun) -> bool:
    """Return whether the script has not nested a run elsewhere itself."""
    return PARENT not in run.tags or run.tags.get(tags.OWN_PARENT) == run.tags[PARENT]
