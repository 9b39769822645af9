"""Forwards every request to the user's own tracking server, and records those that it accepts.

A request counts once the server has answered it with success: an MLflow client repeats the others. The
rules for which runs count are the same as without such a server; what is unknown about a run is queried
there. The runs that the script creates are nested below that of the sweep. Other requests are not
changed.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator
from typing import Any

from .. import request_body
from ..request_body import BadBody
from ..server import Handler
from .database import Database
from .handler import endpoint
from .report_selection import TrialRuns
from .run_recorder import RunRecorder
from .sweep_runs.client import CALL_ERRORS
from .sweep_runs.trial import TrialNesting, digest_of, role_of
from .upstream import Upstream

_CHUNK = 256 * 1024
# Headers of one connection only; "expect" is between the client and the sidecar.
_HOP = {
    *("connection", "keep-alive", "host", "transfer-encoding", "te", "upgrade", "trailer"),
    *("expect", "proxy-connection"),
}
_RECORDED = {
    *("runs/create", "runs/update", "runs/log-metric", "runs/log-batch"),
    *("runs/set-tag", "runs/delete-tag"),
}
_CREDENTIALS = ("authorization", "cookie", "x-mlflow-workspace")


class ForwardingHandler(Handler):
    """Forwards requests and answers, and records the requests that succeeded."""

    upstream: Upstream
    recorder: RunRecorder
    nesting: TrialNesting | None

    def answer(self) -> None:
        """Forward a request; those that change runs are read as a whole."""
        call = endpoint(self.target().path) or ""
        if call in _RECORDED:
            self._answer_recorded(call)
        else:
            self._answer_streamed()

    def _answer_recorded(self, call: str) -> None:
        body = self.body()
        content = request_body.unpacked(body, self.headers)
        request_body.check_values(content)
        request = _parsed(content)
        self.recorder.load_run(request, self._query)
        if self.nesting is not None:
            self.nesting.client.headers |= self._credentials()
            if call == "runs/create":
                with self.nesting.creating:
                    self._answer_created(self.nesting, request, digest_of(body))
                return
            if call == "runs/update":
                self.nesting.before_end(request)
        response = self._send(self._recorded_headers(), body)
        if response is not None:
            self._record(call, request, response)

    def _answer_created(self, nesting: TrialNesting, request: dict[str, Any], digest: str) -> None:
        """Create a run below that of the sweep, or return the one that an earlier try has created."""
        try:
            creation = nesting.begin(request, digest)
        except CALL_ERRORS as error:
            self._unreachable(error)
            return
        if creation.answer is not None:
            nesting.complete(creation, *_created(creation.answer))
            self.recorder.record("runs/create", request, creation.answer)
            self.send(200, creation.answer)
            return
        left_out = ("content-encoding", "content-length")
        headers = {k: v for k, v in self._recorded_headers().items() if k.lower() not in left_out}
        self.upstream.close()  # on an open connection, it would be sent twice if its answer is lost
        response = self._send(headers, json.dumps(creation.body).encode())
        if response is None:
            return
        answer = self._record("runs/create", request, response)
        if response.status < 300 and answer:
            run, _ = _created(answer)
            nesting.complete(creation, run, role_of(creation.body))
        elif 400 <= response.status < 500 and response.status not in (408, 429):
            nesting.refuse(creation)

    def _record(
        self, call: str, request: dict[str, Any], response: http.client.HTTPResponse
    ) -> dict[str, Any]:
        """Record a request that the server accepted, send its answer on, and return it."""
        data = response.read()
        answer = _answered(data, response) if response.status < 300 else {}
        if response.status < 300:
            self.recorder.record(call, request, answer)
        self._head(response, str(len(data)))
        self.wfile.write(data)
        return answer

    def _recorded_headers(self) -> dict[str, str]:
        headers = self._forwarded_headers()
        return {k: v for k, v in headers.items() if k.lower() != "accept-encoding"}

    def _credentials(self) -> dict[str, str]:
        return {k: v for k, v in self.headers.items() if k.lower() in _CREDENTIALS}

    def _answer_streamed(self) -> None:
        body = request_body.pieces(self.headers, self.rfile)
        has_body = "Content-Length" in self.headers or "Transfer-Encoding" in self.headers
        response = self._send(self._forwarded_headers(), body if has_body else None)
        if response is not None:
            self._relay(response)

    def _forwarded_headers(self) -> dict[str, str]:
        return {k: v for k, v in self.headers.items() if k.lower() not in _HOP}

    def _send(
        self, headers: dict[str, str], body: bytes | Iterator[bytes] | None
    ) -> http.client.HTTPResponse | None:
        """Return the server's answer; None when it cannot be reached, which the client has been told."""
        try:
            return self.upstream.send(self.command, self.path, headers, body)
        except BadBody:
            self.upstream.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            self._unreachable(error)
            return None

    def _unreachable(self, error: Exception) -> None:
        """Tell the client to try again."""
        self.upstream.close()
        self.close_connection = True
        print(f"the tracking server cannot be reached: {error!r}", file=sys.stderr)
        text = f"the sweep's sidecar cannot reach the tracking server: {error!r}"
        self.send(503, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": text})

    def _query(self, path: str) -> dict[str, Any]:
        """Return the server's answer to a query of the sidecar's, with the client's credentials."""
        path = f"/api/2.0/mlflow/{path}"
        response = self.upstream.send("GET", path, self._credentials(), None)
        data = response.read()
        if response.status != 200:
            raise OSError(f"the tracking server answered {response.status} to {path}")
        return _parsed(request_body.unpacked(data, response.headers))

    def _relay(self, response: http.client.HTTPResponse) -> None:
        """Send the answer on in pieces: artifacts may be larger than the memory."""
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


def forwarding_handler(
    upstream: Upstream, database: Database, trial: TrialRuns, nesting: TrialNesting | None = None
) -> type[Handler]:
    """Return a handler of requests that forwards to the user's server.

    Args:
        upstream: the user's server.
        database: the database of the sidecar.
        trial: receives what is logged to runs.
        nesting: nests the runs; None for Jobs of an operator that does not know it.
    """
    recorder = RunRecorder(database, trial)
    parts = {"upstream": upstream, "recorder": recorder, "nesting": nesting}
    return type("_Forwarding", (ForwardingHandler,), parts)


def _created(answer: dict[str, Any]) -> tuple[str, str]:
    """Return the id of the run in an answer, and its role."""
    run = answer["run"]
    return str(run["info"]["run_id"]), role_of(run["data"])


def _answered(data: bytes, response: http.client.HTTPResponse) -> dict[str, Any]:
    """Return the content of an answer; empty where its encoding is not supported.

    The server accepted the request nevertheless, and the client gets the answer as it is.
    """
    try:
        return _parsed(request_body.unpacked(data, response.headers))
    except BadBody as error:
        print(f"an answer of the tracking server: {error}", file=sys.stderr, flush=True)
        return {}


def _parsed(data: bytes) -> dict[str, Any]:
    """Return a JSON object; an empty one where there is none."""
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
