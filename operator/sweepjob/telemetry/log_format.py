"""The form of the operator's log: one line for each record, as text or as JSON, bounded in rate.

Names, reasons and messages come from tenants. Whatever could act on a terminal, or pass for another line,
is escaped.
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
# Lines a second in the long run, and at once: of one message about one namespace, and in all.
_EACH, _ALL = (2.0, 50.0), (50.0, 500.0)
_LONGEST = 2000  # characters of a message or a value
_KEPT = 1000  # messages whose omissions are counted


def fields(**values: object) -> dict[str, dict[str, object]]:
    """For ``extra``: what is told beside the message, such as namespace, sweep, trial and reason."""
    return {"fields": {name: value for name, value in values.items() if value not in (None, "")}}


def fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    """What a record tells beside its message."""
    found = getattr(record, "fields", None)
    return found if isinstance(found, Mapping) else {}


def printable(text: str) -> str:
    """The text with every character escaped that is not to be seen: control characters, line ends, and
    those that change the direction of writing.
    """
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def _message(record: logging.LogRecord) -> str:
    return printable(record.getMessage())


def _traceback(record: logging.LogRecord) -> list[str]:
    """The lines of a record's exception. kopf's are left out: whoever runs it says why it ended."""
    if not record.exc_info or record.name.partition(".")[0] == "kopf":
        return []
    lines = logging.Formatter().formatException(record.exc_info).splitlines()
    return [printable(line) for line in lines]


class TextFormatter(logging.Formatter):
    """``TIME LEVEL LOGGER: message key=value``; a traceback is indented below."""

    def format(self, record: logging.LogRecord) -> str:
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


class Limit(logging.Filter):
    """Lets through so many lines a second of each message and namespace, and so many in all. The first
    line after an omission says how many were left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._each, self._all = ClientRateLimiter(*_EACH), ClientRateLimiter(*_ALL)
        self._omitted: OrderedDict[str, int] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is written."""
        told = fields_of(record)
        key = f"{record.name} {str(record.msg)[:100]} {told.get('namespace', '')}"
        omitted = self._omitted.pop(key, 0)
        now = time.monotonic()
        if not (self._each.allows(key, now) and self._all.allows("", now)):
            self._omitted[key] = omitted + 1
            while len(self._omitted) > _KEPT:
                self._omitted.popitem(last=False)
            return False
        if omitted:
            record.fields = {**told, "omitted": omitted}
        return True


def configure(environment: Mapping[str, str]) -> None:
    """Set up the process's log, as SWEEPJOB_LOG_LEVEL and SWEEPJOB_LOG_FORMAT say."""
    form = environment.get("SWEEPJOB_LOG_FORMAT", TEXT)
    if form not in (TEXT, JSON):
        raise SystemExit(f"SWEEPJOB_LOG_FORMAT is {form!r}; it is one of {TEXT}, {JSON}")
    handler = logging.StreamHandler(sys.stdout)
    formatter = JsonFormatter() if form == JSON else TextFormatter()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(Limit())
    logging.basicConfig(level=environment.get("SWEEPJOB_LOG_LEVEL", "INFO"), handlers=[handler])
    logging.getLogger("kopf").setLevel(logging.WARNING)
