"""A SweepTrial object, the durable record of one trial, to and from values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.curve import UNIT, Curve, Later
from ..domain.plan.snapshot import Phase, Stop
from ..domain.space import Assignment, leaves
from . import names
from .execution import Execution, parse_execution
from .placeholders import text_of
from .times import parse_time

CURVE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record about a trial."""

    namespace: str
    sweep: str
    sweep_uid: str
    name: str
    uid: str
    version: str
    index: int
    assignment: Assignment
    phase: Phase
    attempt: int
    failures: int
    launched: bool
    stop: Stop | None
    reason: str
    message: str
    curve: Mapping[str, Any]
    started: float | None
    ended: float | None
    gpus: float
    gpu_used: Mapping[str, float]
    gpu_saved: float
    seen: tuple[str, ...]
    launch_at: float | None
    disruptions: int
    executions: tuple[Execution, ...]


def trial_manifest(
    namespace: str, sweep: str, sweep_uid: str, index: int, assignment: Assignment, source: str
) -> dict[str, Any]:
    """A new record. ``assignment`` is kept twice: exactly, as JSON, and readably, leaf by leaf."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEPTRIAL,
        "metadata": {
            "name": names.trial_name(sweep, index),
            "namespace": namespace,
            "labels": {names.LABEL_SWEEP: sweep},
            "ownerReferences": [names.owner_reference(names.SWEEPJOB, sweep, sweep_uid)],
        },
        "spec": {
            "sweep": sweep,
            "index": index,
            "parameters": {name: text_of(value) for name, value in leaves(assignment)},
            # The API server turns 3.0 into 3 in a number, but leaves a text alone.
            "assignment": json.dumps(assignment),
            "source": source,
        },
    }


def parse_record(body: Mapping[str, Any]) -> Record:
    """The record in a SweepTrial object; its schema guarantees the spec."""
    meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
    owners = meta.get("ownerReferences") or [{}]
    gpu = status.get("gpuSeconds") or {}
    return Record(
        namespace=meta["namespace"],
        sweep=spec["sweep"],
        sweep_uid=owners[0].get("uid", ""),
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        index=spec["index"],
        assignment=json.loads(spec["assignment"]),
        phase=Phase(status.get("phase", Phase.PENDING)),
        attempt=status.get("attempt", 1),
        failures=status.get("failures", 0),
        launched=bool(status.get("job")),
        stop=_parse_stop(status.get("stop")),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        curve=status.get("curve") or {},
        started=parse_time(status.get("startTime")),
        ended=parse_time(status.get("completionTime")),
        gpus=float(gpu.get("count", 0)),
        gpu_used={name: float(used) for name, used in (gpu.get("byResource") or {}).items()},
        gpu_saved=float(gpu.get("saved", 0)),
        seen=tuple(status.get("metricsSeen") or ()),
        launch_at=parse_time(status.get("retryAt")),
        disruptions=status.get("disruptions", 0),
        executions=tuple(map(parse_execution, status.get("executions") or ())),
    )


def dump_curve(curve: Curve, pod: str, log_time: int = 0) -> dict[str, Any]:
    """The curve as it is kept: numbers as texts, since JSON has no NaN and the API server
    reformats numbers; jq reads a list by ``split(" ") | map(tonumber)``.

    Args:
        pod: uid of the pod whose sidecar numbered the reports.
        log_time: when the newest report was printed, in nanoseconds since the epoch; 0 for sources
            other than logs.
    """
    dumped: dict[str, Any] = {
        "version": CURVE_VERSION,
        "pod": pod,
        "reports": curve.count,
        "values": _texts(curve.values),
    }
    if curve.later:
        reported = curve.goal.reported
        dumped["later"] = {
            "intervals": " ".join(str(point.interval) for point in curve.later),
            "values": _texts(point.value for point in curve.later),
            "bests": _texts(reported(point.best) for point in curve.later),
            "means": _texts(reported(point.mean) for point in curve.later),
        }
        dumped["sum"] = "" if curve.total is None else _exact_text(curve.total)
    if log_time:
        dumped["logTime"] = str(log_time)
    if curve.carried is not None:
        dumped["carried"] = repr(curve.carried)
    if curve.last is not None:
        dumped["last"] = repr(curve.last)
    if curve.best is not None:
        dumped["best"] = repr(curve.best)
        dumped["bestInterval"] = curve.best_interval
    return dumped


def load_curve(dumped: Mapping[str, Any], empty: Curve) -> Curve:
    """The curve again, ready for further reports; ``empty`` is filled with it."""
    carried = dumped.get("carried")
    empty.carried = empty.best = None if carried is None else float(carried)
    empty.load(_numbers(dumped.get("values")))
    later = dumped.get("later")
    if later:
        score = empty.goal.score
        intervals = map(int, later["intervals"].split())
        bests, means = (map(score, _numbers(later[key])) for key in ("bests", "means"))
        empty.later = list(map(Later, intervals, _numbers(later["values"]), bests, means))
        empty.count, empty.last = dumped["reports"], float(dumped["last"])
        empty.total = _exact_number(dumped["sum"]) if dumped["sum"] else None
    _restore_best(empty, dumped)
    return empty


def _texts(values: Iterable[float]) -> str:
    return " ".join(map(repr, values))


def _numbers(text: Any) -> list[float]:
    return [float(word) for word in str(text or "").split()]


def _exact_text(total: int) -> str:
    """An exact sum in the form of C's hexadecimal floats, of any length: mantissa, p, exponent."""
    zeros = (total & -total).bit_length() - 1 if total else 0
    return f"{total >> zeros:#x}p{zeros - UNIT}"


def _exact_number(text: str) -> int:
    mantissa, exponent = text.split("p")
    return int(mantissa, 16) << int(exponent) + UNIT


def _restore_best(curve: Curve, dumped: Mapping[str, Any]) -> None:
    """A best that is on record although its report is not in the values: it came by way of a
    sidecar's last words."""
    best = dumped.get("best")
    if best is not None and curve.goal.score(float(best)) > curve.score:
        curve.best, curve.best_interval = float(best), dumped.get("bestInterval", 0)
    curve.count = max(curve.count, dumped.get("reports", 0))


def dump_stop(stop: Stop, decided: str) -> dict[str, Any]:
    """The decision as it is recorded; ``decided`` is a timestamp."""
    dumped: dict[str, Any] = {
        "outcome": stop.outcome.value,
        "reason": stop.reason,
        "message": stop.message,
        "decidedAt": decided,
    }
    if stop.policy:
        dumped["policy"] = stop.policy
        dumped["interval"] = stop.interval
        dumped["comparators"] = stop.comparators
        dumped["value"] = text_of_number(stop.value)
        dumped["threshold"] = text_of_number(stop.threshold)
    return dumped


def _parse_stop(dumped: Mapping[str, Any] | None) -> Stop | None:
    if not dumped:
        return None
    return Stop(
        outcome=Phase(dumped["outcome"]),
        reason=dumped["reason"],
        message=dumped["message"],
        policy=dumped.get("policy", ""),
        interval=dumped.get("interval", 0),
        value=_number(dumped.get("value")),
        threshold=_number(dumped.get("threshold")),
        comparators=dumped.get("comparators", 0),
    )


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def text_of_number(value: float | None) -> str:
    """Floats in objects are texts: the shortest that reads back the same."""
    return "" if value is None else repr(value)
