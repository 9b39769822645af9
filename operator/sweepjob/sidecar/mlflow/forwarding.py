"""The user's own tracking server gets every request as it is; what it accepts is recorded.

A request counts when the server has answered it with success: an MLflow client repeats those that
were not, and a report must not count twice. The first run that is opened is the trial's.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ... import wire
from ..recorder import Recorder
from ..server import Handler
from .handler import endpoint

_TIMEOUT = 120.0
_CHUNK = 256 * 1024
# They belong to one connection only.
_HOP = {"connection", "keep-alive", "host", "transfer-encoding", "te", "upgrade", "trailer"}


class Upstream:
    """The user's server: a connection for each thread of ours.

    Args:
        insecure: do not check its certificate, as MLFLOW_TRACKING_INSECURE_TLS asks the client to.
    """

    def __init__(self, url: str, *, insecure: bool = False) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._prefix = parts.path.rstrip("/")
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        if self._context is not None and insecure:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._connections = threading.local()

    def send(
        self, method: str, path: str, headers: dict[str, str], body: Any
    ) -> http.client.HTTPResponse:
        """The answer; an old connection that the server has closed meanwhile is made anew, unless
        the body is a stream that has been read from.

        Raises:
            OSError, http.client.HTTPException: the server cannot be reached.
        """
        connection = getattr(self._connections, "open", None)
        if connection is not None and isinstance(body, bytes):
            try:
                return self._request(connection, method, path, headers, body)
            except (OSError, http.client.HTTPException):
                connection.close()
        self._connections.open = self._connect()
        return self._request(self._connections.open, method, path, headers, body)

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str],
        body: Any,
    ) -> http.client.HTTPResponse:
        connection.request(method, self._prefix + path, body, headers)
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT, context=self._context
        )


class ForwardingHandler(Handler):
    """Passes everything on, in both directions, and records what succeeded."""

    upstream: Upstream
    recorder: Recorder

    def answer(self) -> None:
        asked = endpoint(urlsplit(self.path).path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.body() if asked is not None else self._stream(length)
        if body is None:
            return
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        try:
            response = self.upstream.send(self.command, self.path, headers, body)
        except (OSError, http.client.HTTPException) as error:
            self.close_connection = True
            print(f"the tracking server cannot be reached: {error!r}", file=sys.stderr)
            text = f"the sweep's sidecar cannot reach the tracking server: {error!r}"
            self.send(503, {"error_code": "TEMPORARILY_UNAVAILABLE", "message": text})
            return
        if asked is None:
            self._relay(response)
            return
        answer = response.read()
        if response.status < 300:
            record(self.recorder, asked, body if isinstance(body, bytes) else b"", answer)
        self._head(response, str(len(answer)))
        self.wfile.write(answer)

    def _stream(self, length: int) -> Iterator[bytes]:
        while length > 0:
            chunk = self.rfile.read(min(length, _CHUNK))
            if not chunk:
                return
            length -= len(chunk)
            yield chunk

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


def forwarding(upstream: Upstream, recorder: Recorder) -> type[Handler]:
    """The handler for one server of the user's."""
    return type("_Forwarding", (ForwardingHandler,), {"upstream": upstream, "recorder": recorder})


def record(recorder: Recorder, asked: str, body: bytes, answer: bytes) -> None:
    """Take in a request that the server has carried out."""
    try:
        _record(recorder, asked, json.loads(body or b"{}"), json.loads(answer or b"{}"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"not recorded: {asked}: {error!r}", file=sys.stderr, flush=True)


def _record(recorder: Recorder, asked: str, body: Any, answer: Any) -> None:
    run_id = str(body.get("run_id") or body.get("run_uuid") or "")
    if asked == "runs/create":
        recorder.open(str(answer["run"]["info"]["run_id"]))
    elif asked == "runs/update":
        recorder.update(run_id, body.get("status", ""), "", body.get("end_time"))
    elif asked == "runs/log-metric":
        _log(recorder, run_id, body)
    elif asked == "runs/log-batch":
        metrics = body.get("metrics") or []
        for metric in sorted(metrics, key=lambda m: (int(m.get("step") or 0), m["timestamp"])):
            _log(recorder, run_id, metric)


def _log(recorder: Recorder, run_id: str, metric: dict[str, Any]) -> None:
    step, timestamp = int(metric.get("step") or 0), int(metric.get("timestamp") or 0)
    recorder.log(run_id, metric["key"], wire.decode(metric["value"]), step, timestamp)
