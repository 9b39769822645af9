"""Records the requests about runs that the user's own tracking server accepted."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from ..request_body import BadBody
from .conversions import metric_values, pairs
from .database import Database
from .errors import MALFORMED
from .report_selection import TrialRuns
from .run_store import PARENT
from .sweep_runs.tags import without_own_parent

Body = dict[str, Any]
Fetch = Callable[[str], Body]
_PAGES = 40  # pages of the history of a resumed run


class RunRecorder:
    """Records the runs on the user's server, and what is logged to them.

    Args:
        database: the database of the sidecar.
        trial: receives what is logged to runs.
    """

    def __init__(self, database: Database, trial: TrialRuns) -> None:
        self._database = database
        self._trial = trial

    def load_run(self, request: Body, fetch: Fetch) -> None:
        """Load a run that was not created in this trial, before anything is logged to it.

        The server knows whether the run is nested, and its earlier reports, which may be sent again.

        Args:
            request: the request that names the run.
            fetch: returns the server's answer to a path.
        """
        run_id = str(request.get("run_id") or request.get("run_uuid") or "")
        with self._database.transaction():
            known = self._trial.runs.find(run_id) is not None
        if not run_id or known:
            return
        try:
            run = fetch(f"runs/get?{urlencode({'run_id': run_id})}")["run"]
            before = list(_history(run_id, self._trial.primary, fetch))
        except (OSError, http.client.HTTPException, BadBody, *MALFORMED) as error:
            text = f"the parent and the earlier reports of run {run_id} cannot be loaded"
            print(f"{text}: {error!r}", file=sys.stderr, flush=True)
            return
        with self._database.transaction():
            if self._trial.runs.find(run_id) is not None:
                return  # another thread loaded it, and the run may have new values already
            tags, info = pairs(run.get("data", {}).get("tags")), run.get("info", {})
            known_run = self._trial.runs.add(
                run_id,
                name=str(info.get("run_name") or ""),
                opened=False,
                tags=_deciding_tags(tags),
            )
            self._trial.record_earlier_values(known_run, metric_values(before))

    def record(self, call: str, request: Body, answer: Body) -> None:
        """Record a request that the server accepted.

        Args:
            call: path below the API's prefix.
            request: its body.
            answer: the server's answer.
        """
        try:
            with self._database.transaction():
                self._record(call, request, answer)
        except MALFORMED as error:
            print(f"not recorded: {call}: {error!r}", file=sys.stderr, flush=True)
            self._trial.note_unrecorded(call, error)

    def _record(self, call: str, request: Body, answer: Body) -> None:
        runs = self._trial.runs
        if call == "runs/create":
            info = answer["run"]["info"]
            run_id, name = str(info["run_id"]), str(info.get("run_name") or "")
            self._trial.add(run_id, name=name, tags=_deciding_tags(pairs(request.get("tags"))))
            return
        run = runs.add(str(request.get("run_id") or request.get("run_uuid")), opened=False)
        if call == "runs/log-metric":
            self._trial.log(run, metric_values([request]))
        elif call == "runs/log-batch":
            for key, value in _deciding_tags(pairs(request.get("tags"))).items():
                runs.set(run, "tag", key, value)
            self._trial.log(run, metric_values(request.get("metrics")))
        elif call == "runs/update":
            self._trial.update(run, request)
        elif call == "runs/set-tag" and _deciding_tags({str(request["key"]): ""}):
            runs.set(run, "tag", str(request["key"]), str(request["value"]))
        elif call == "runs/delete-tag":
            runs.remove(run, "tag", str(request["key"]))


def _history(run_id: str, metric: str, fetch: Fetch) -> Iterator[Body]:
    """Yield the values of a metric on the server."""
    query = {"run_id": run_id, "metric_key": metric}
    for _ in range(_PAGES):
        answer = fetch(f"metrics/get-history?{urlencode(query)}")
        yield from answer.get("metrics") or []
        if not answer.get("next_page_token"):
            return
        query["page_token"] = str(answer["next_page_token"])


def _deciding_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags of a run that decide whether it counts."""
    wanted = (PARENT, "mlflow.source.name", "mlflow.user")
    return {key: value for key, value in without_own_parent(tags).items() if key in wanted}
