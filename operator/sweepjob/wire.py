"""What the sidecar and the operator say to each other. Standard library only: both sides import it.

The sidecar numbers the reports of the primary metric from 1; report n is interval n. It pushes
batches; each reply names the next number the operator wants. An operator that restarted and forgot
what was not durable simply asks for an earlier number again, and one that already has a number
ignores it: exactly once, whatever is repeated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUDIENCE = "sweepjob.dev"
REPORTS_PATH = "/v1/reports"
MLFLOW_PORT = 5000
PUSHGATEWAY_PORT = 9091
MAX_BATCH = 500  # values in one push
MAX_NAMES = 50  # metric names that are told to the operator
MAX_NAME = 250  # characters of one
MAX_BODY = 64 * 1024  # bytes of one push
TERMINATION_MESSAGE_LIMIT = 4000  # the kubelet keeps 4,096 bytes

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
# These may come from a Secret of the user's.
ENV_FORWARD_TO = "SWEEPJOB_FORWARD_TO"
ENV_FORWARD_INSECURE = "SWEEPJOB_FORWARD_INSECURE"
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
        raise ValueError(f"not a number: {value!r}")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("not a number that a float can hold") from error


@dataclass(frozen=True, slots=True)
class Push:
    """A batch of reports.

    Attributes:
        namespace, trial: whose they are.
        first: number of the first value; numbers start at 1.
        values: consecutive reports of the primary metric.
        seen: names of all metrics that the trainer reported, the first MAX_NAMES.
    """

    namespace: str
    trial: str
    first: int
    values: tuple[float, ...]
    seen: tuple[str, ...] = ()

    def dump(self) -> bytes:
        return json.dumps(
            {
                "namespace": self.namespace,
                "trial": self.trial,
                "first": self.first,
                "values": [encode(v) for v in self.values],
                "seen": list(self.seen),
            }
        ).encode()

    @classmethod
    def parse(cls, body: bytes) -> Push:
        """Raises ValueError when ``body`` is not a push."""
        try:
            data = json.loads(body)
            push = cls(
                namespace=str(data["namespace"]),
                trial=str(data["trial"]),
                first=int(data["first"]),
                values=tuple(decode(v) for v in data["values"]),
                seen=tuple(str(name)[:MAX_NAME] for name in data["seen"]),
            )
        except (KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a push: {error!r}") from error
        if push.first < 1 or len(push.values) > MAX_BATCH or len(push.seen) > MAX_NAMES:
            raise ValueError(
                f"out of bounds: first {push.first}, {len(push.values)} values, "
                f"{len(push.seen)} names"
            )
        return push


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
        try:
            data = json.loads(body)
            return cls(int(data["next"]), int(data["durable"]), str(data["action"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a reply: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sidecar leaves in its termination message, for an operator that was away.

    Attributes:
        count: number of reports made.
        low, high: smallest and largest finite value, None before any.
        tail: the newest reports, as many as fit.
        seen: names of all metrics reported.
    """

    count: int
    low: float | None
    high: float | None
    tail: tuple[float, ...]
    seen: tuple[str, ...]

    def dump(self) -> str:
        """JSON of at most TERMINATION_MESSAGE_LIMIT characters; the tail is cut until it fits."""
        tail, seen = list(self.tail), list(self.seen)
        while True:
            text = json.dumps(
                {
                    "count": self.count,
                    "low": self.low,
                    "high": self.high,
                    "tail": [encode(v) for v in tail],
                    "seen": seen,
                },
                separators=(",", ":"),
            )
            if len(text) <= TERMINATION_MESSAGE_LIMIT:
                return text
            if tail:
                tail = tail[max(1, len(tail) // 10) :]
            else:
                seen = seen[: len(seen) // 2]

    @classmethod
    def parse(cls, text: str) -> Summary | None:
        """None when the text is not a summary."""
        try:
            data = json.loads(text)
            return cls(
                count=int(data["count"]),
                low=None if data["low"] is None else decode(data["low"]),
                high=None if data["high"] is None else decode(data["high"]),
                tail=tuple(decode(v) for v in data["tail"]),
                seen=tuple(str(name) for name in data["seen"]),
            )
        except (ValueError, KeyError, TypeError):
            return None
