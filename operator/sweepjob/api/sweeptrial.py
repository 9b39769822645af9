"""A SweepTrial object, the durable record of one trial, to and from values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from ..search.space import Assignment, leaves
from ..template.references import text_of
from . import names
from .executions import Execution, parse_execution
from .incompleteness import Doubt, parse_doubts
from .numbers import dump_number
from .phases import TrialPhase
from .stop_decision import StopDecision
from .stored_curve import StoredCurve, parse_curve
from .stored_fields import Fields

_LARGEST_INDEX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record about a trial.

    Attributes:
        problems: what of it cannot be read, with path and value; empty as a rule.
        is_held: too little of it can be read to do anything about the trial.
    """

    namespace: str
    sweep: str
    sweep_uid: str
    name: str
    uid: str
    version: str
    index: int
    assignment: Assignment
    phase: TrialPhase
    attempt: int
    failures: int
    launched: bool
    stop: StopDecision | None
    reason: str
    message: str
    curve: StoredCurve
    started: float | None
    ended: float | None
    gpus: float
    gpu_used: Mapping[str, float]
    gpu_saved: float
    seen: tuple[str, ...]
    launch_at: float | None
    disruptions: int
    executions: tuple[Execution, ...]
    log_samples: tuple[str, ...] = ()
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    is_held: bool = False


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
    """The record in a SweepTrial object.

    What its status says may be from another version of the operator, or changed by hand: whatever cannot
    be read of it is in ``problems``, and the rest counts.

    Raises:
        ValueError: it is no record of a trial at all: it lacks an identity.
    """
    meta = Fields(body.get("metadata"), "metadata")
    spec, status = Fields(body.get("spec"), "spec"), Fields(body.get("status"), "status")
    sweep, index = spec.text("sweep"), spec.whole("index", -1, most=_LARGEST_INDEX)
    name, uid = meta.text("name"), meta.text("uid")
    if not (name and uid and sweep) or index < 0:
        raise ValueError(
            "is no record of a trial: it lacks a name, a uid, spec.sweep or spec.index"
        )
    decides = Fields(body.get("status"), "status")  # by this it is decided what to do next
    assignment, phase = _assignment(spec), _phase(decides)
    attempt, outcome = decides.whole("attempt", 1, least=1, most=10**6), _outcome(decides)
    held = (*spec.problems, *decides.problems)
    status = Fields(decides.data, "status")  # the rest is for people and accounts
    gpu = status.child("gpuSeconds")
    by_resource = gpu.child("byResource")
    record = Record(
        namespace=meta.text("namespace"),
        sweep=sweep,
        sweep_uid=owner_uid(body),
        name=name,
        uid=uid,
        version=meta.text("resourceVersion"),
        index=index,
        assignment=assignment,
        phase=phase,
        attempt=attempt,
        failures=status.whole("failures"),
        launched=bool(status.text("job")),
        stop=None if outcome is None else _stop(status.child("stop"), outcome),
        reason=status.text("reason"),
        message=status.text("message"),
        curve=parse_curve(status.child("curve")),
        started=status.moment("startTime"),
        ended=status.moment("completionTime"),
        gpus=gpu.amount("count"),
        gpu_used={name: by_resource.amount(name) for name in by_resource.data},
        gpu_saved=gpu.amount("saved"),
        seen=status.texts("metricsSeen"),
        launch_at=status.moment("retryAt"),
        disruptions=status.whole("disruptions"),
        executions=tuple(map(parse_execution, status.children("executions"))),
        log_samples=status.texts("logSamples"),
        doubts=parse_doubts(status.children("conditions")),
    )
    return replace(record, problems=_all(held, status.problems), is_held=bool(held))


def owner_uid(body: Mapping[str, Any]) -> str:
    """The uid of the sweep that a record belongs to; empty where it says none."""
    owners = Fields(body.get("metadata"), "metadata").children("ownerReferences")
    return next(owners, Fields({}, "")).text("uid")


def _all(*notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain(*notes)))


def _assignment(spec: Fields) -> Assignment:
    """What is tried; where it cannot be read, the texts of its leaves."""
    try:
        found = json.loads(spec.text("assignment"))
        if isinstance(found, dict):
            return found
    except (ValueError, RecursionError):
        pass
    spec.note("assignment", "is no JSON object")
    return dict(spec.child("parameters").data)


def _phase(status: Fields) -> TrialPhase:
    text = status.text("phase", TrialPhase.PENDING)
    try:
        return TrialPhase(text)
    except ValueError:
        status.note("phase", f"is none of {', '.join(TrialPhase)}")
        return TrialPhase.PENDING


def dump_stop(stop: StopDecision, decided: str) -> dict[str, Any]:
    """The decision as it is recorded, without the numbers that it has not; ``decided`` is a timestamp."""
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
        numbers = {"value": stop.value, "threshold": stop.threshold}
        dumped |= {key: dump_number(n) for key, n in numbers.items() if n is not None}
    return dumped


def _outcome(status: Fields) -> TrialPhase | None:
    """The phase that a recorded decision ends the trial in; None when there is no decision."""
    if not status.data.get("stop"):
        return None
    stop = status.child("stop")
    text = stop.text("outcome")
    if text in (phase.value for phase in TrialPhase if phase.is_end):
        return TrialPhase(text)
    stop.note("outcome", "is no end of a trial")
    return None


def _stop(stop: Fields, outcome: TrialPhase) -> StopDecision:
    return StopDecision(
        outcome=outcome,
        reason=stop.text("reason"),
        message=stop.text("message"),
        policy=stop.text("policy"),
        interval=stop.whole("interval"),
        value=stop.number("value"),
        threshold=stop.number("threshold"),
        comparators=stop.whole("comparators"),
    )
