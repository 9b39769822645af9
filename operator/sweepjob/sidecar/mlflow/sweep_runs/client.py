"""Calls of the user's tracking server by the sidecar itself."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ... import request_body
from ..conversions import dump_pairs, pairs
from ..upstream import Upstream
from .tags import ATTEMPT

Body = dict[str, Any]
_PREFIX = "/api/2.0/mlflow/"
_PAGE = 1000  # runs in an answer
_EXPERIMENTS = 100  # experiments in a search
_PARAMS = 100  # params in a batch, which a server limits
# What calls raise: no answer, an answer with an error, an answer that is not one of MLflow's.
CALL_ERRORS = (
    *(OSError, http.client.HTTPException, request_body.BadBody),
    *(KeyError, TypeError, ValueError, AttributeError),
)
ENDED = ("FINISHED", "FAILED", "KILLED")


class ServerError(OSError):
    """The server refused a call.

    Args:
        status: the HTTP status.
        text: what it answered.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the tracking server answered {status}: {text[:300]}")
        self.status = status


@dataclass(frozen=True, slots=True)
class RemoteRun:
    """A run on the user's server.

    Attributes:
        id, experiment, status: as in MLflow.
        started: milliseconds since the epoch.
        tags, params: its tags and params.
    """

    id: str
    experiment: str
    status: str
    started: int
    tags: Mapping[str, str]
    params: Mapping[str, str]

    @property
    def age(self) -> tuple[int, str]:
        """Key by which runs are sorted, the oldest first, alike on every machine."""
        return (self.started, self.id)

    @property
    def attempt(self) -> tuple[int, int, str]:
        """Key by which the runs of a trial are sorted, that of the last attempt last."""
        number = self.tags.get(ATTEMPT, "")
        return (int(number) if number.isdecimal() else 0, *self.age)

    @classmethod
    def of(cls, body: Body) -> RemoteRun:
        """Read a run of an answer."""
        info, data = body["info"], body.get("data") or {}
        return cls(
            str(info.get("run_id") or info["run_uuid"]),
            str(info["experiment_id"]),
            str(info.get("status") or ""),
            int(info.get("start_time") or 0),
            pairs(data.get("tags")),
            pairs(data.get("params")),
        )


class TrackingClient:
    """A client of MLflow's REST API.

    Args:
        upstream: the server.
        headers: credentials; changed when the script sends others.
    """

    def __init__(self, upstream: Upstream, headers: Mapping[str, str] | None = None) -> None:
        self._upstream = upstream
        self.headers = dict(headers or {})

    def get(self, path: str, **query: Any) -> Body:
        """Return the answer to a GET.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        return self._call("GET", f"{path}?{urlencode(query)}", None)

    def post(self, path: str, body: Body) -> Body:
        """Return the answer to a POST that may be sent twice.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        return self._call("POST", path, body)

    def create_run(self, body: Body) -> RemoteRun:
        """Create a run, with a request that is sent once.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        return RemoteRun.of(self.post_once("runs/create", body)["run"])

    def post_once(self, path: str, body: Body) -> Body:
        """Return the answer to a POST that is sent once.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        self._upstream.close()  # on an open connection, it would be sent twice if its answer is lost
        return self.post(path, body)

    def delete(self, path: str, body: Body) -> Body:
        """Return the answer to a DELETE.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        return self._call("DELETE", path, body)

    def find(self, experiments: Sequence[str], tags: Mapping[str, str]) -> Iterator[RemoteRun]:
        """Yield the runs with these tags that are not deleted.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        wanted = " AND ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
        for first in range(0, len(experiments), _EXPERIMENTS):
            some = list(experiments[first : first + _EXPERIMENTS])
            body: Body = {"experiment_ids": some, "filter": wanted, "max_results": _PAGE}
            body["run_view_type"] = "ACTIVE_ONLY"
            while True:
                answer = self.post("runs/search", body)
                yield from map(RemoteRun.of, answer.get("runs") or [])
                if not answer.get("next_page_token"):
                    break
                body["page_token"] = answer["next_page_token"]

    def experiments(self) -> Iterator[str]:
        """Yield the ids of all experiments.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        body: Body = {"max_results": _PAGE, "view_type": "ACTIVE_ONLY"}
        while True:
            answer = self.post("experiments/search", body)
            yield from (str(e["experiment_id"]) for e in answer.get("experiments") or [])
            if not answer.get("next_page_token"):
                return
            body["page_token"] = answer["next_page_token"]

    def set_tags(self, run: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, all with one request.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        if tags:
            self.post("runs/log-batch", {"run_id": run, "tags": dump_pairs(dict(tags))})

    def add_params(self, run: RemoteRun, params: Mapping[str, str]) -> None:
        """Log the params that a run does not have; a server refuses other values of those it has.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        missing = dump_pairs({k: value for k, value in params.items() if k not in run.params})
        for first in range(0, len(missing), _PARAMS):
            some = missing[first : first + _PARAMS]
            self.post("runs/log-batch", {"run_id": run.id, "params": some})

    def end_run(self, run: str, status: str) -> None:
        """Set the status of a run that has ended.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        body = {"run_id": run, "status": status, "end_time": int(time.time() * 1000)}
        self.post("runs/update", body)

    def run(self, run: str) -> RemoteRun:
        """Return a run.

        Raises:
            OSError, HTTPException: no answer, or an error.
        """
        return RemoteRun.of(self.get("runs/get", run_id=run)["run"])

    def _call(self, method: str, path: str, body: Body | None) -> Body:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        response = self._upstream.send(method, _PREFIX + path, headers, data)
        answer = request_body.unpacked(response.read(), response.headers)
        if response.status >= 300:
            raise ServerError(response.status, answer.decode(errors="replace"))
        found = json.loads(answer or b"{}")
        if not isinstance(found, dict):
            raise ValueError("the tracking server's answer is not an object")
        return found
