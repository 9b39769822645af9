"""What the requests to the user's own tracking server say about runs."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from ..request_body import BadBody
from .database import Database
from .forms import metric_values, pairs
from .runs import PARENT
from .trial_runs import TrialRuns

Body = dict[str, Any]
Ask = Callable[[str], Body]
_PAGES = 40  # of the history of a run that is resumed


class RunObserver:
    """Follows the runs on the user's server, and takes what is logged to them."""

    def __init__(self, database: Database, trial: TrialRuns) -> None:
        self._database = database
        self._trial = trial

    def meet(self, request: Body, ask: Ask) -> None:
        """Learn of a run, before anything is logged to it, that was not made in this trial: whether it
        is nested, and what it had reported before, which may be sent again.

        Args:
            ask: gives the answer of the server to a path.
        """
        run_id = str(request.get("run_id") or request.get("run_uuid") or "")
        with self._database.transaction():
            known = self._trial.runs.find(run_id) is not None
        if not run_id or known:
            return
        try:
            run = ask(f"runs/get?{urlencode({'run_id': run_id})}")["run"]
            before = list(_history(run_id, self._trial.primary, ask))
        except (OSError, http.client.HTTPException, BadBody, KeyError, TypeError) as error:
            text = f"what run {run_id} is nested in, and what it had reported, cannot be asked"
            print(f"{text}: {error!r}", file=sys.stderr, flush=True)
            return
        with self._database.transaction():
            if self._trial.runs.find(run_id) is not None:
                return  # another thread was faster, and the run may have new values by now
            tags, info = pairs(run.get("data", {}).get("tags")), run.get("info", {})
            known_run = self._trial.runs.add(
                run_id, name=str(info.get("run_name") or ""), opened=False, tags=_kept(tags)
            )
            self._trial.remember(known_run, metric_values(before))

    def record(self, asked: str, request: Body, answer: Body) -> None:
        """Take in a request that the server has carried out."""
        try:
            with self._database.transaction():
                self._record(asked, request, answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"not recorded: {asked}: {error!r}", file=sys.stderr, flush=True)

    def _record(self, asked: str, request: Body, answer: Body) -> None:
        runs = self._trial.runs
        if asked == "runs/create":
            info = answer["run"]["info"]
            run_id, name = str(info["run_id"]), str(info.get("run_name") or "")
            self._trial.add(run_id, name=name, tags=_kept(pairs(request.get("tags"))))
            return
        run = runs.add(str(request.get("run_id") or request.get("run_uuid")), opened=False)
        if asked == "runs/log-metric":
            self._trial.log(run, metric_values([request]))
        elif asked == "runs/log-batch":
            for key, value in _kept(pairs(request.get("tags"))).items():
                runs.set(run, "tag", key, value)
            self._trial.log(run, metric_values(request.get("metrics")))
        elif asked == "runs/update":
            self._trial.update(run, request)
        elif asked == "runs/set-tag" and _kept({str(request["key"]): ""}):
            runs.set(run, "tag", str(request["key"]), str(request["value"]))
        elif asked == "runs/delete-tag":
            runs.remove(run, "tag", str(request["key"]))


def _history(run_id: str, metric: str, ask: Ask) -> Iterator[Body]:
    """The values of a metric that the server has, page by page."""
    query = {"run_id": run_id, "metric_key": metric}
    for _ in range(_PAGES):
        answer = ask(f"metrics/get-history?{urlencode(query)}")
        yield from answer.get("metrics") or []
        if not answer.get("next_page_token"):
            return
        query["page_token"] = str(answer["next_page_token"])


def _kept(tags: dict[str, str]) -> dict[str, str]:
    """Of a run's tags, those by which it is decided whether it counts."""
    wanted = (PARENT, "mlflow.source.name", "mlflow.user")
    return {key: value for key, value in tags.items() if key in wanted}
