"""Shortens aiohttp's log of malformed and broken requests: one line in ten seconds."""

from __future__ import annotations

import logging
import time

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

_INTERVAL = 10.0  # seconds between two lines


class _MalformedRequests(logging.Filter):
    """Shortens records of requests that clients spoilt, and drops all but one in an interval."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0
        self._dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        error = record.exc_info[1] if record.exc_info else None
        reason = None if error is None else _reason(error)
        if reason is None:
            return True
        now = time.monotonic()
        if now < self._next:
            self._dropped += 1
            return False
        record.msg, record.args = "%s; %d more since the last line", (reason, self._dropped)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        self._next, self._dropped = now + _INTERVAL, 0
        return True


def _reason(error: BaseException) -> str | None:
    """Return what a client did to its request; None for an error of the server."""
    if isinstance(error, HttpProcessingError):
        text = str(error.message).splitlines()[0][:200] if error.message else error.code
        return f"malformed request ({text!r})"
    if isinstance(error, ConnectionError):
        return "a client closed its connection in the middle of a request"
    if isinstance(error, RequestPayloadError):
        return f"malformed body ({str(error)[:200]!r})"
    return None


def quiet_logger(name: str) -> logging.Logger:
    """Return the logger of a server.

    Args:
        name: the name of its port.
    """
    logger = logging.getLogger(f"sweepjob.http.{name}")
    if not any(isinstance(f, _MalformedRequests) for f in logger.filters):
        logger.addFilter(_MalformedRequests())
    return logger
