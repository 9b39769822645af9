"""Shortens aiohttp's log of malformed requests: one line per ten seconds, not a traceback for each."""

from __future__ import annotations

import logging
import time

from aiohttp.http_exceptions import HttpProcessingError

_INTERVAL = 10.0  # seconds between two lines


class _MalformedRequests(logging.Filter):
    """Shortens records of malformed requests, and drops all but one in an interval."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0
        self._dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        now = time.monotonic()
        if now < self._next:
            self._dropped += 1
            return False
        reason = str(error.message).splitlines()[0][:200] if error.message else error.code
        record.msg, record.args = "malformed request (%r); %d more since the last line", None
        record.args = (reason, self._dropped)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        self._next, self._dropped = now + _INTERVAL, 0
        return True


def quiet_logger(name: str) -> logging.Logger:
    """Return the logger of a server.

    Args:
        name: the name of its port.
    """
    logger = logging.getLogger(f"sweepjob.http.{name}")
    if not any(isinstance(f, _MalformedRequests) for f in logger.filters):
        logger.addFilter(_MalformedRequests())
    return logger
