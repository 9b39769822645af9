"""The HTTP server on localhost. HTTP/1.1 with kept connections and one write per answer."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .mlflow_api import MlflowApi

_PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/", "/api/3.0/mlflow/")
_LIMIT = 16 * 1024 * 1024  # the client sends batches of about 1 MB


class MetricsServer(ThreadingHTTPServer):
    """Serves the MLflow API and counts the trainer's open connections."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, api: MlflowApi, closed: threading.Condition) -> None:
        self.api = api
        self.closed = closed
        self.connections = 0
        self.first_request: float | None = None
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.closed:
            self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self.closed:
            self.connections -= 1
            self.closed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # buffered: headers and body leave together, in one packet
    server: MetricsServer

    def setup(self) -> None:
        # Without this the client's delayed acknowledgement costs 40 ms a call.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.server.first_request is None:
            self.server.first_request = time.monotonic()
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LIMIT:
            self.close_connection = True
            self._send(413, {"error_code": "INVALID_PARAMETER_VALUE", "message": "body too large"})
            return
        raw = self.rfile.read(length)
        prefix = next((p for p in _PREFIXES if parts.path.startswith(p)), None)
        if prefix is None:
            self._send(200, {})
            return
        try:
            body = json.loads(raw) if raw else {}
            body = {**dict(parse_qsl(parts.query)), **body}
            answer = self.server.api.answer(parts.path.removeprefix(prefix), body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            text = f"the sweep's sidecar does not understand this request: {error!r}"
            self._send(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text})
            return
        self._send(200, answer)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line per request would be the trainer's log twice."""
