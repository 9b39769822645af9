"""What the sidecar and the operator say to each other. Standard library only: both sides import it.

The sidecar numbers the reports of the primary metric from 1; report n is interval n. It pushes
batches; each reply names the next number the operator wants. An operator that restarted and forgot
what was not durable simply asks for an earlier number again, and one that already has a number
ignores it: exactly once, whatever is repeated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

AUDIENCE = "sweepjob.dev"
REPORTS_PATH = "/v1/reports"
MLFLOW_PORT = 5000
PUSHGATEWAY_PORT = 9091
MAX_BATCH = 500  # values in one push
MAX_NAMES = 50  # metric names that are told to the operator
MAX_NAME = 250  # bytes of one, in UTF-8
MAX_BODY = 64 * 1024  # bytes of one push
MAX_REPORTS = 10**12  # of one pod; more are no honest number
_MAX_SUMMARY = 4096  # characters
_MAX_OBJECT_NAME = 253  # of Kubernetes
TERMINATION_MESSAGE_LIMIT = 4000  # bytes; the kubelet keeps 4,096
_CUT = "…"  # at the end of a name, or of a list of names, that is not whole
_SHORTEST = 16  # bytes that are left of a name where there is little room
_NESTED = " (nested run "
MAX_NOTICES = 3  # that are told to the operator
MAX_NOTICE = 500  # characters of one, all of ASCII

# Reasons of notices.
REPORTS_INCOMPLETE = "ReportsIncomplete"  # something may have been reported that is not known
AMBIGUOUS_METRIC = "AmbiguousMetric"  # something else may have been meant by the primary metric

# Where reports come from. LOGS is read by the operator, without a sidecar.
MLFLOW, PUSHGATEWAY, FILE, TENSORBOARD, LOGS = SOURCES = (
    "mlflow",
    "pushgateway",
    "file",
    "tensorboard",
    "logs",
)

CONTINUE = "continue"
STOP = "stop"

# Environment of the sidecar. All that it is told is in one variable, a JSON object of texts: every
# field of a pod costs the API server, at each of the pod's writes.
ENV_TOLD = "SWEEPJOB_SIDECAR"
OPERATOR = "operatorUrl"
CA = "operatorCa"
METRIC = "primaryMetric"
SOURCE = "source"
SOURCE_PATH = "sourcePath"
SOURCE_PORT = "sourcePort"
NAMESPACE = "namespace"
TRIAL = "trial"
ARTIFACTS = "artifacts"
STAY = "stay"  # until it is told to go: whoever started it knows when the trainer has ended
# These may come from a Secret of the user's.
ENV_FORWARD_TO = "SWEEPJOB_FORWARD_TO"
ENV_FORWARD_INSECURE = "SWEEPJOB_FORWARD_INSECURE"
ENV_RUN_ID = "SWEEPJOB_RUN_ID"
# Where things are in the pod, unless a test says otherwise.
ENV_TOKEN_FILE = "SWEEPJOB_TOKEN_FILE"
ENV_JOURNAL = "SWEEPJOB_JOURNAL"
ENV_TERMINATION_LOG = "SWEEPJOB_TERMINATION_LOG"


def told(environment: Mapping[str, str]) -> dict[str, str]:
    """What the sidecar is told; empty where nothing is."""
    found: dict[str, str] = json.loads(environment.get(ENV_TOLD, "{}"))
    return found


def encode(value: float) -> float | str:
    """A JSON value for any float: NaN and the infinities as strings, since JSON has none."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def decode(value: Any) -> float:
    """The float of a JSON value.

    Raises:
        ValueError: it is neither a number nor a text that ``float`` understands.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not a number: {value!r}"[:MAX_NAME])
    try:
        return float(value)
    except (OverflowError, ValueError) as error:
        raise ValueError(
            f"not a number that a float can hold: {str(value)[:MAX_NAME]!r}"
        ) from error


def shorten(name: str, limit: int = MAX_NAME) -> str:
    """A name of at most ``limit`` bytes in UTF-8; one that was cut ends in an ellipsis."""
    data = name.encode(errors="replace")
    if len(data) <= limit:
        return data.decode()
    return data[: limit - len(_CUT.encode())].decode(errors="ignore") + _CUT


def in_nested_run(name: str, run: str) -> str:
    """The name of a metric that was reported in a nested run only, with that run's."""
    return f"{name}{_NESTED}{shorten(run, MAX_NAME // 3)})"


def nested_run(name: str, seen: Sequence[str]) -> str | None:
    """The nested run in which alone a metric was reported, None when there is none."""
    begin = shorten(name) + _NESTED
    found = (each for each in seen if each.startswith(begin))
    return next((each.removeprefix(begin).removesuffix(")") for each in found), None)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a trial's reports lack, or what is in doubt about them.

    Attributes:
        reason: REPORTS_INCOMPLETE or AMBIGUOUS_METRIC.
        message: what happened, and the remedy.
    """

    reason: str
    message: str

    @classmethod
    def of(cls, reason: Any, message: Any) -> Notice:
        """A notice that fits. A reason that is not known, of a newer sidecar, is an incomplete report."""
        known = reason if reason == AMBIGUOUS_METRIC else REPORTS_INCOMPLETE
        # As long as text as it is in JSON.
        quoted = str(message).replace('"', "'").replace("\\", "/")
        text = "".join(c if c.isascii() and c.isprintable() else "?" for c in quoted)
        return cls(known, text if len(text) <= MAX_NOTICE else f"{text[: MAX_NOTICE - 3]}...")


def parse_notices(data: Any) -> tuple[Notice, ...]:
    """The notices in a push or summary. Older sidecars have none; nonsense is passed over."""
    pairs = data[:MAX_NOTICES] if isinstance(data, list) else []
    return tuple(Notice.of(*pair) for pair in pairs if isinstance(pair, list) and len(pair) == 2)


def dump_notices(notices: tuple[Notice, ...]) -> list[list[str]]:
    """The notices as they are in a push or summary."""
    return [[notice.reason, notice.message] for notice in notices]


@dataclass(frozen=True, slots=True)
class Push:
    """A batch of reports.

    Attributes:
        namespace, trial: whose they are.
        first: number of the first value; numbers start at 1.
        values: consecutive reports of the primary metric.
        seen: names of all metrics that the trainer reported, the first MAX_NAMES.
        notices: what the reports lack.
    """

    namespace: str
    trial: str
    first: int
    values: tuple[float, ...]
    seen: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    def dump(self) -> bytes:
        return json.dumps(
            {
                "namespace": self.namespace,
                "trial": self.trial,
                "first": self.first,
                "values": [encode(v) for v in self.values],
                "seen": list(self.seen),
                "notices": dump_notices(self.notices),
            }
        ).encode()

    def fit(self, limit: int = MAX_BODY) -> bytes:
        """The body in at most ``limit`` bytes: names are cut first, then there are fewer values, which
        follow in the next push.
        """
        values, longest = self.values, MAX_NAME
        while True:
            seen = tuple(shorten(name, longest) for name in self.seen)
            body = replace(self, values=values, seen=seen).dump()
            if len(body) <= limit or (longest <= _SHORTEST and len(values) <= 1):
                return body
            if longest > _SHORTEST:
                longest //= 2
            else:
                values = values[: len(values) // 2]

    @classmethod
    def parse(cls, body: bytes) -> Push:
        """Raises ValueError when ``body`` is not a push."""
        data = _object(body, MAX_BODY)
        values, seen = _list(data, "values", MAX_BATCH), _list(data, "seen", MAX_NAMES)
        return cls(
            namespace=_text(data, "namespace", _MAX_OBJECT_NAME),
            trial=_text(data, "trial", _MAX_OBJECT_NAME),
            first=_count(data, "first", least=1),
            values=tuple(decode(v) for v in values),
            seen=tuple(_metric_name(name) for name in seen),
            notices=parse_notices(data.get("notices")),
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """The operator's answer.

    Attributes:
        next: number of the report that it wants next; it has all before.
        durable: reports up to this number are on record.
        action: CONTINUE, or STOP when the trial is being ended.
    """

    next: int
    durable: int
    action: str = CONTINUE

    def dump(self) -> dict[str, Any]:
        return {"next": self.next, "durable": self.durable, "action": self.action}

    @classmethod
    def parse(cls, body: bytes) -> Reply:
        """Raises ValueError when ``body`` is not a reply."""
        data = _object(body, MAX_BODY)
        action = _text(data, "action", MAX_NAME)
        return cls(_count(data, "next", least=1), _count(data, "durable"), action)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sidecar leaves in its termination message, for an operator that was away.

    Attributes:
        count: number of reports made.
        low, high: smallest and largest finite value, None before any.
        tail: the newest reports, as many as fit.
        seen: names of all metrics reported.
        notices: what the reports lack.
    """

    count: int
    low: float | None
    high: float | None
    tail: tuple[float, ...]
    seen: tuple[str, ...]
    notices: tuple[Notice, ...] = ()

    def dump(self) -> str:
        """JSON of at most TERMINATION_MESSAGE_LIMIT bytes; the tail is cut until it fits. Names take a
        quarter of it at most: without the tail, reports would be lost.
        """
        tail, seen = list(self.tail), _fitting(self.seen, TERMINATION_MESSAGE_LIMIT // 4)
        while True:
            text = json.dumps(
                {
                    "count": self.count,
                    "low": self.low,
                    "high": self.high,
                    "tail": [encode(v) for v in tail],
                    "seen": seen,
                    "notices": dump_notices(self.notices),
                },
                separators=(",", ":"),
            )
            # Whatever is not ASCII is escaped: as many bytes as characters.
            if len(text) <= TERMINATION_MESSAGE_LIMIT:
                return text
            tail = tail[max(1, len(tail) // 10) :]

    @classmethod
    def parse(cls, text: str) -> Summary | None:
        """None when the text is not a summary."""
        try:
            data = _object(text.strip(), _MAX_SUMMARY)  # it may overwrite a longer text with blanks
            summary = cls(
                count=_count(data, "count"),
                low=_finite(data, "low"),
                high=_finite(data, "high"),
                tail=tuple(decode(v) for v in _list(data, "tail", _MAX_SUMMARY)),
                seen=tuple(_metric_name(name) for name in _list(data, "seen", MAX_NAMES)),
                notices=parse_notices(data.get("notices")),
            )
        except ValueError:
            return None
        return summary if len(summary.tail) <= summary.count else None


def _object(text: bytes | str, limit: int) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        ValueError: there is none, or the text is too long.
    """
    if len(text) > limit:
        raise ValueError(f"{len(text)} bytes; {limit} at most")
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def _count(data: dict[str, Any], key: str, least: int = 0) -> int:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_REPORTS:
        raise ValueError(f"{key}: must be a whole number from {least} to {MAX_REPORTS}")
    return value


def _text(data: dict[str, Any], key: str, most: int) -> str:
    value = data.get(key)
    if not isinstance(value, str) or len(value) > most:
        raise ValueError(f"{key}: must be a text of at most {most} characters")
    return value


def _list(data: dict[str, Any], key: str, most: int) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{key}: must be a list of at most {most}")
    return value


def _metric_name(value: Any) -> str:
    """A metric's name as it is told, without halves of characters, which no file and no stream takes."""
    if not isinstance(value, str):
        raise ValueError(f"not a name: {value!r}"[:MAX_NAME])
    return shorten(value)


def _finite(data: dict[str, Any], key: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    number = decode(value)
    if not math.isfinite(number):
        raise ValueError(f"{key}: must be finite")
    return number


def _fitting(names: Sequence[str], limit: int) -> list[str]:
    """The first of some names, as many as JSON has in ``limit`` bytes; an ellipsis stands for more."""
    fitting: list[str] = []
    room = limit - len(json.dumps(_CUT))
    for name in names:
        short = shorten(name, MAX_NAME // 4)
        room -= len(json.dumps(short)) + 1
        if room < 0:
            return [*fitting, _CUT]
        fitting.append(short)
    return fitting
