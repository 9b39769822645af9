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
from urllib.parse import urlsplit

from .. import request_body
from ..request_body import BadBody
from ..server import Handler
from .database import Database
from .handler import endpoint
from .run_observer import RunObserver
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
_CREDENTIALS = ("authorization", "cookie", "x-mlflow-workspace")


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
            self.observer.record(asked, request, _answered(answer, response))
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

    def _ask(self, path: str) -> dict[str, Any]:
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


def forwarding(upstream: Upstream, database: Database, trial: TrialRuns) -> type[Handler]:
    """The handler for one server of the user's."""
    observer = RunObserver(database, trial)
    return type("_Forwarding", (ForwardingHandler,), {"upstream": upstream, "observer": observer})


def _answered(data: bytes, response: http.client.HTTPResponse) -> dict[str, Any]:
    """What an answer says; nothing where it is packed in a way that was not asked for. It was carried
    out nevertheless, and the client gets it as it is.
    """
    try:
        return _parsed(request_body.unpacked(data, response.headers))
    except BadBody as error:
        print(f"an answer of the tracking server: {error}", file=sys.stderr, flush=True)
        return {}


def _parsed(data: bytes) -> dict[str, Any]:
    """A JSON object; one without anything where there is none."""
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
