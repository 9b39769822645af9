"""The sidecar's own tracking server: answers as MLflow does, for the runs of this trial only.

Each supported call has a route. Other calls are refused by name: the script would take an empty answer
for a valid one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from .database import Database
from .document_store import DocumentStore
from .errors import unsupported
from .experiments import Experiments
from .logged_models import LoggedModels
from .model_registry import Registry
from .report_selection import TrialRuns
from .run_endpoints import RunApi
from .run_search import RunViews
from .traces import Traces

Body = dict[str, Any]
_FILES = "files are in the trainer's container, at the run's artifact_uri"


class MlflowApi:
    """Answers requests below ``/api/2.0/mlflow/``.

    Args:
        database: the database of the server.
        trial: receives what is logged to runs.
        artifacts: the folder in the trainer's container for its artifacts.
    """

    def __init__(self, database: Database, trial: TrialRuns, artifacts: str) -> None:
        self._database = database
        documents = DocumentStore(database)
        logged = LoggedModels(documents, artifacts)
        views = RunViews(trial, documents, artifacts)
        parts = (
            views,
            RunApi(trial, documents, logged, views),
            Experiments(documents, artifacts),
            logged,
            Registry(documents, logged),
            Traces(documents, artifacts),
        )
        routes = {call: route for part in parts for call, route in part.routes().items()}
        self._exact = {call: route for call, route in routes.items() if "{" not in call}
        self._patterns = [(_pattern(call), routes[call]) for call in routes if "{" in call]

    def answer(self, method: str, path: str, body: Body) -> Body:
        """Return the answer to a request.

        Args:
            method: the HTTP method.
            path: the path below ``/api/2.0/mlflow/``.
            body: the JSON body, or the query parameters of a GET.

        Raises:
            MlflowError: the request is refused.
            MALFORMED: the request is malformed.
        """
        route, more = self._route(f"{method} {path}")
        with self._database.transaction():
            return route({**body, **more})

    def _route(self, call: str) -> tuple[Callable[[Body], Body], dict[str, str]]:
        if call in self._exact:
            return self._exact[call], {}
        for pattern, route in self._patterns:
            match = pattern.fullmatch(call)
            if match is not None:
                return route, {k: unquote(v) for k, v in match.groupdict().items()}
        raise unsupported(call, _FILES if "artifacts" in call else "")


def _pattern(call: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", call))
