"""The user's own tracking server gets every request as it is; what it accepts is recorded.

A request counts when the server has answered it with success: an MLflow client repeats those that
were not. Which runs count is decided as without such a server; what is not known of a run is asked
there.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from .. import request_body
from ..request_body import BadBody
from ..server import Handler
from .database import Database
from .forms import pairs
from .handler import endpoint
from .run_api import metric_values
from .runs import PARENT
from .trial_runs import TrialRuns
from .upstream import Upstream

_CHUNK = 256 * 1024
# They belong to one connection only; "expect" is between the client and us.
_HOP = {
    *("connection", "keep-alive", "host", "transfer-encoding", "te", "upgrade", "trailer"),
    *("expect", "proxy-connection"),
}
_RECORDED = {
    *("runs/create", "runs/update", "runs/log-metric", "runs/log-batch"),
    *("runs/set-tag", "runs/delete-tag"),
}
_PAGES = 40  # of the history of a run that is resumed
_RunData = dict[str, Any]


class ForwardingHandler(Handler):
    """Passes everything on, in both directions, and records what succeeded."""

    upstream: Upstream
    observer: RunObserver

    def answer(self) -> None:
        asked = endpoint(urlsplit(self.path).path) or ""
        if asked in _RECORDED:
            self._answer_recorded(asked)
        else:
            self._answer_streamed()

    def _answer_recorded(self, asked: str) -> None:
        body = request_body.whole(self.headers, self.rfile)
        request = _parsed(request_body.unpacked(body, self.headers))
        self.observer.meet(request, self._ask)
        headers = {k: v for k, v in self._passed_on().items() if k.lower() != "accept-encoding"}
        response = self._send(headers, body)
        if response is None:
            return
        answer = response.read()
        if response.status < 300:
            said = _parsed(request_body.unpacked(answer, response.headers))
            self.observer.record(asked, request, said)
        self._head(response, str(len(answer)))
        self.wfile.write(answer)

    def _answer_streamed(self) -> None:
        body = request_body.pieces(self.headers, self.rfile)
        has_body = "Content-Length" in self.headers or "Transfer-Encoding" in self.headers
        response = self._send(self._passed_on(), body if has_body else None)
        if response is not None:
            self._relay(response)

    def _passed_on(self) -> dict[str, str]:
        return {k: v for k, v in self.headers.items() if k.lower() not in _HOP}

    def _send(
        self, headers: dict[str, str], body: bytes | Iterator[bytes] | None
    ) -> http.client.HTTPResponse | None:
        """The server's answer; None when there is none, and the client was told."""
        try:
            return self.upstream.send(self.command, self.path, headers, body)
        except BadBody:
            self.upstream.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            self.upstream.close()
            self.close_connection = True
            print(f"the tracking server cannot be reached: {error!r}", file=sys.stderr)
            text = f"the sweep's sidecar cannot reach the tracking server: {error!r}"
            self.send(503, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": text})
            return None

    def _ask(self, path: str) -> _RunData:
        """What the server answers to a question of ours, with the credentials of the client."""
        credentials = {k: v for k, v in self.headers.items() if k.lower() in _CREDENTIALS}
        response = self.upstream.send("GET", f"/api/2.0/mlflow/{path}", credentials, None)
        data = response.read()
        if response.status != 200:
            raise OSError(f"the tracking server answered {response.status} to {path}")
        return _parsed(request_body.unpacked(data, response.headers))

    def _relay(self, response: http.client.HTTPResponse) -> None:
        """Artifacts may be larger than our memory: piece by piece."""
        self._head(response, response.getheader("Content-Length"))
        while chunk := response.read(_CHUNK):
            self.wfile.write(chunk)

    def _head(self, response: http.client.HTTPResponse, length: str | None) -> None:
        self.send_response_only(response.status, response.reason)
        for key, value in response.getheaders():
            if key.lower() not in _HOP | {"content-length"}:
                self.send_header(key, value)
        if length is not None:
            self.send_header("Content-Length", length)
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()


_CREDENTIALS = ("authorization", "cookie", "x-mlflow-workspace")


class RunObserver:
    """Follows the runs on the user's server, and takes what is logged to them."""

    def __init__(self, database: Database, trial: TrialRuns) -> None:
        self._database = database
        self._trial = trial

    def meet(self, request: _RunData, ask: Any) -> None:
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
            text = f"run {run_id} is taken for one without a parent, since it cannot be asked for"
            print(f"{text}: {error!r}", file=sys.stderr, flush=True)
            return
        with self._database.transaction():
            tags, info = pairs(run.get("data", {}).get("tags")), run.get("info", {})
            known_run = self._trial.runs.add(
                run_id, name=str(info.get("run_name") or ""), opened=False, tags=_kept(tags)
            )
            self._trial.remember(known_run, metric_values(before))

    def record(self, asked: str, request: _RunData, answer: _RunData) -> None:
        """Take in a request that the server has carried out."""
        try:
            with self._database.transaction():
                self._record(asked, request, answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"not recorded: {asked}: {error!r}", file=sys.stderr, flush=True)

    def _record(self, asked: str, request: _RunData, answer: _RunData) -> None:
        runs = self._trial.runs
        if asked == "runs/create":
            info = answer["run"]["info"]
            run_id, name = str(info["run_id"]), str(info.get("run_name") or "")
            runs.add(run_id, name=name, tags=_kept(pairs(request.get("tags"))))
            self._trial.update_end()
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


def forwarding(upstream: Upstream, database: Database, trial: TrialRuns) -> type[Handler]:
    """The handler for one server of the user's."""
    observer = RunObserver(database, trial)
    return type("_Forwarding", (ForwardingHandler,), {"upstream": upstream, "observer": observer})


def _history(run_id: str, metric: str, ask: Any) -> Iterator[_RunData]:
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


def _parsed(data: bytes) -> _RunData:
    """A JSON object; one without anything where there is none."""
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
