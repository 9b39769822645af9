"""aiohttp's log of a port that strangers talk to: a line for requests that are no HTTP, not a traceback
for each, and no more than one in ten seconds.
"""

from __future__ import annotations

import logging
import time

from aiohttp.http_exceptions import HttpProcessingError

_PAUSE = 10.0  # seconds between two lines


class _MalformedRequests(logging.Filter):
    """Shortens records of malformed requests, and drops all but one in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0
        self._dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
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
        self._next, self._dropped = now + _PAUSE, 0
        return True


def quiet_logger(name: str) -> logging.Logger:
    """The logger to give to a server.

    Args:
        name: of the port.
    """
    logger = logging.getLogger(f"sweepjob.http.{name}")
    if not any(isinstance(f, _MalformedRequests) for f in logger.filters):
        logger.addFilter(_MalformedRequests())
    return logger
