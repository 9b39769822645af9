"""The HTTP server for the trainer: HTTP/1.1, persistent connections, one write per answer."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from . import request_body
from .request_body import BadBody

_LINGER = 2.0  # seconds
_PIECE = 256 * 1024  # bytes
_LOG_INTERVAL = 10.0  # seconds between two lines about connections that broke
_MAX_CONNECTIONS = 300  # each has a thread
_LONGEST_NAME = 200  # letters of the path in a message
_BODY_PAUSE = 60.0  # seconds without a byte of a large body


class LocalServer(ThreadingHTTPServer):
    """Serves the trainer and counts its open connections.

    Args:
        listener: the open port.
        handler: handles the requests.
        closed: notified when a connection is closed.

    Attributes:
        connections: number of open connections.
        large_body: held while a large body is read and handled.
        first_request: when the first request arrived, in monotonic seconds; None before.
    """

    daemon_threads = True

    def __init__(
        self, listener: socket.socket, handler: type[Handler], closed: threading.Condition
    ) -> None:
        self.closed = closed
        self.connections = 0
        self.large_body = threading.Lock()
        self.first_request: float | None = None
        self._next_line, self._unlogged = 0.0, 0
        super().__init__(listener.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, name="server", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count a new connection; one too many is closed, and its client tries again."""
        with self.closed:
            self.connections += 1
            is_allowed = self.connections <= _MAX_CONNECTIONS
        if is_allowed:
            super().process_request(request, client_address)
            return
        self._log(f"a connection was refused: {_MAX_CONNECTIONS} are open already")
        self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Count a connection that was closed."""
        super().shutdown_request(request)
        with self.closed:
            self.connections -= 1
            self.closed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log the error that ended a connection, at most one line in an interval.

        A client may close its connection at any time, also in the middle of a body. Only a mistake of
        the sidecar's own has a traceback.
        """
        error = sys.exception()
        if isinstance(error, OSError):
            self._log(f"a client closed its connection in the middle of a request ({error!r})")
        else:
            self._log(traceback.format_exc().rstrip())

    def _log(self, text: str) -> None:
        with self.closed:
            now = time.monotonic()
            if now < self._next_line:
                self._unlogged += 1
                return
            self._next_line, unlogged, self._unlogged = now + _LOG_INTERVAL, self._unlogged, 0
        print(f"{text}; {unlogged} more since the last line", file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler, ABC):
    """Calls ``answer`` for every HTTP method."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # buffered: headers and body leave together, in one packet
    server: LocalServer

    @abstractmethod
    def answer(self) -> None:
        """Read the request's body and send an answer."""

    def setup(self) -> None:
        """Disable Nagle's algorithm: with delayed acknowledgements it costs 40 ms per call."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def handle_one_request(self) -> None:
        """Handle a request; a client may close the connection at any time."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _any_method(self) -> None:
        if self.server.first_request is None:
            self.server.first_request = time.monotonic()
        self._has_answered = False
        self._is_alone = False
        try:
            self.answer()
        except BadBody as error:
            call = f"{self.command} {self.path.partition('?')[0][:_LONGEST_NAME]}"
            self._refuse(error.status, "INVALID_PARAMETER_VALUE", f"{call}: {error}")
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a client without an answer would not know why
            self.server.handle_error(self.request, self.client_address)
            text = f"the sweep's sidecar failed at this request: {error!r}"
            self._refuse(500, "INTERNAL_ERROR", text)
        finally:
            if self._is_alone:
                self.server.large_body.release()

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Send an error, unless an answer has begun, and close the connection.

        The end of the body is unknown, so a further request on this connection cannot be found.
        """
        self.close_connection = True
        if not self._has_answered:
            self.send(status, {"error_code": code, "message": message})
            self._linger()

    def send_response_only(self, code: int, message: str | None = None) -> None:
        """Note that the answer has begun; 100 Continue is none."""
        self._has_answered = code >= 200
        super().send_response_only(code, message)

    def target(self) -> SplitResult:
        """Return the request's target.

        Raises:
            BadBody: it is not a URL.
        """
        try:
            return urlsplit(self.path)
        except ValueError as error:
            raise BadBody(400, f"not a URL: {error}") from error

    def _linger(self) -> None:
        """Read what the client still sends, for a while.

        Closing the connection earlier would reset it, and the client would lose the answer.
        """
        self.wfile.flush()
        deadline = time.monotonic() + _LINGER
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER)
            while self.connection.recv(_PIECE) and time.monotonic() < deadline:
                pass

    def handle_expect_100(self) -> bool:
        """Send ``100 Continue`` at once: the client waits for it before it sends the body."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _any_method

    def body(self) -> bytes:
        """Return the request's body as it was sent.

        Large ones are handled one after the other: the memory has room for one.

        Raises:
            BadBody: it cannot be read; the answer says why.
        """
        if not request_body.may_be_large(self.headers):
            return request_body.whole(self.headers, self.rfile)
        self._is_alone = self.server.large_body.acquire()
        self.connection.settimeout(_BODY_PAUSE)  # others wait
        found = request_body.whole(self.headers, self.rfile)
        self.connection.settimeout(None)
        return found

    def send(self, status: int, body: dict[str, Any] | str) -> None:
        """Send an answer.

        Args:
            status: the HTTP status code.
            body: JSON, or plain text.
        """
        kind = "text/plain" if isinstance(body, str) else "application/json"
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a line for each request would repeat the trainer's log."""
