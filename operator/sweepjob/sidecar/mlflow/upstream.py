"""The connection to the user's own tracking server."""

from __future__ import annotations

import base64
import http.client
import ssl
import threading
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

_TIMEOUT = 120.0


class Upstream:
    """The user's server; each thread has a connection of its own.

    Args:
        url: MLFLOW_TRACKING_URI; ``user:password@`` in it becomes an Authorization header.
        insecure: does not verify its certificate, as MLFLOW_TRACKING_INSECURE_TLS requests.
    """

    def __init__(self, url: str, *, insecure: bool = False) -> None:
        parts, self._port = _split(url)
        self._host = parts.hostname or ""
        self._prefix = parts.path.rstrip("/")
        self._authorization = _authorization(parts)
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        if self._context is not None and insecure:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._connections = threading.local()

    def send(
        self, method: str, path: str, headers: dict[str, str], body: Any
    ) -> http.client.HTTPResponse:
        """Send a request and return the answer.

        If the server has closed the connection meanwhile, the request is sent again on a new one, unless
        its body is a stream, which cannot be read again.

        Args:
            method: the HTTP method.
            path: the path of the request.
            headers: the headers of the request.
            body: bytes, an iterator of bytes, or None.

        Raises:
            OSError, http.client.HTTPException: the server cannot be reached.
        """
        if self._authorization and not any(k.lower() == "authorization" for k in headers):
            headers = {**headers, "Authorization": self._authorization}
        connection = getattr(self._connections, "open", None)
        if connection is not None and (body is None or isinstance(body, bytes)):
            try:
                return self._request(connection, method, path, headers, body)
            except (OSError, http.client.HTTPException):
                connection.close()
        self.close()
        self._connections.open = self._connect()
        return self._request(self._connections.open, method, path, headers, body)

    def close(self) -> None:
        """Close this thread's connection, which cannot be used after an incomplete request."""
        connection = getattr(self._connections, "open", None)
        if connection is not None:
            connection.close()
            self._connections.open = None

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str],
        body: Any,
    ) -> http.client.HTTPResponse:
        try:
            connection.request(method, self._prefix + _ascii(path), body, headers)
        except (BrokenPipeError, ConnectionResetError):
            if body is None or isinstance(body, bytes):
                raise
            # The server stopped reading a stream, and may have answered why.
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        if not self._host:
            # The value may contain a password, so the message does not repeat it.
            raise OSError("MLFLOW_TRACKING_URI is not the address of a server")
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT, context=self._context
        )


def _split(url: str) -> tuple[SplitResult, int | None]:
    """Return a URL's parts and its port; empty ones where it is invalid."""
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        return urlsplit(""), None


def _authorization(parts: SplitResult) -> str:
    """Return the header that a client sends for ``user:password@``; both may be percent-encoded."""
    if parts.username is None:
        return ""
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(words.encode()).decode()}"


def _ascii(path: str) -> str:
    """Return a path with its non-ASCII bytes percent-encoded, as HTTP requires."""
    return "".join(letter if letter < "\x80" else f"%{ord(letter):02X}" for letter in path)
