"""The format of the log: one line for each record, as text or as JSON, with a rate limit.

Names, reasons and messages come from tenants. Characters that could control a terminal, or fake another
line, are escaped.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..http_server.limits import ClientRateLimiter

TEXT, JSON = "text", "json"
# Lines per second, and in a burst: of one message about one namespace, and in total.
_EACH, _ALL = (2.0, 50.0), (50.0, 500.0)
_LONGEST = 2000  # characters of a message or a value
_KEPT = 1000  # messages whose omitted lines are counted


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Return the ``extra`` of a log record: fields such as the namespace and the sweep."""
    return {"fields": {name: value for name, value in values.items() if value not in (None, "")}}


def fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    """Return the fields of a record."""
    found = getattr(record, "fields", None)
    return found if isinstance(found, Mapping) else {}


def printable(text: str) -> str:
    """Return the text with all non-printable characters escaped.

    These are control characters, line ends, and those that change the direction of writing. A long text
    is cut.
    """
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def _message(record: logging.LogRecord) -> str:
    return printable(record.getMessage())


def _traceback(record: logging.LogRecord) -> list[str]:
    """Return the lines of a record's traceback; none for kopf's, since its caller logs why it ended."""
    if not record.exc_info or record.name.partition(".")[0] == "kopf":
        return []
    lines = logging.Formatter().formatException(record.exc_info).splitlines()
    return [printable(line) for line in lines]


class TextFormatter(logging.Formatter):
    """``TIME LEVEL LOGGER: message key=value``; a traceback is indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        when = self.formatTime(record)
        line = f"{when} {record.levelname} {record.name}: {_message(record)}"
        for name, value in fields_of(record).items():
            line += f" {name}={_quoted(value)}"
        return "\n    ".join([line, *_traceback(record)])


def _quoted(value: object) -> str:
    text = printable(str(value))
    plain = text and not any(c in ' "=\\' for c in text)
    return text if plain else json.dumps(text, ensure_ascii=False)


class JsonFormatter(logging.Formatter):
    """One JSON object for each record: time, level, logger, message, fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = {
            "time": when.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        for name, value in fields_of(record).items():
            is_plain = isinstance(value, bool | int | float)
            said.setdefault(name, value if is_plain else printable(str(value)))
        traceback = _traceback(record)
        if traceback:
            said["exception"] = "\n".join(traceback)
        return json.dumps(said)


class RateLimitFilter(logging.Filter):
    """Limits the lines per second, for each message and namespace and in total.

    The first line after omitted ones has their number in the field ``omitted``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._each, self._all = ClientRateLimiter(*_EACH), ClientRateLimiter(*_ALL)
        self._omitted: OrderedDict[str, int] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        extra = fields_of(record)
        key = f"{record.name} {str(record.msg)[:100]} {extra.get('namespace', '')}"
        omitted = self._omitted.pop(key, 0)
        now = time.monotonic()
        if not (self._each.allows(key, now) and self._all.allows("", now)):
            self._omitted[key] = omitted + 1
            while len(self._omitted) > _KEPT:
                self._omitted.popitem(last=False)
            return False
        if omitted:
            record.fields = {**extra, "omitted": omitted}
        return True


def configure(environment: Mapping[str, str]) -> None:
    """Configure the log of a process by SWEEPJOB_LOG_LEVEL and SWEEPJOB_LOG_FORMAT.

    Raises:
        SystemExit: the format does not exist.
    """
    form = environment.get("SWEEPJOB_LOG_FORMAT", TEXT)
    if form not in (TEXT, JSON):
        raise SystemExit(f"SWEEPJOB_LOG_FORMAT is {form!r}; it is one of {TEXT}, {JSON}")
    handler = logging.StreamHandler(sys.stdout)
    formatter = JsonFormatter() if form == JSON else TextFormatter()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(RateLimitFilter())
    logging.basicConfig(level=environment.get("SWEEPJOB_LOG_LEVEL", "INFO"), handlers=[handler])
    logging.getLogger("kopf").setLevel(logging.WARNING)
