"""Writes and reads SweepTrial objects, the durable records of trials."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from ...protocol import MetricCurve
from ...search.space import Assignment, leaves
from ...template.references import value_text
from .. import names
from ..parsing.float_text import format_float
from ..parsing.lenient_reader import LenientReader
from ..phases import TrialPhase
from .annotations import MOST_TAGS, parse_tags
from .attempt_history import parse_execution
from .curve_encoding import parse_curve
from .desired_state import parse_desired_state
from .held_resources import parse_held
from .incomplete_reports import parse_incomplete_reasons
from .other_metrics import parse_other_metrics
from .pod_states import parse_pod_state
from .stop_decision import StopDecision
from .trial_budget import parse_budget
from .trial_record import TrialRecord

_LARGEST_INDEX = 2**31 - 1
_NO_VALUES: Mapping[str, float] = {}  # shared by the trials of most sweeps; never changed


def trial_manifest(
    namespace: str,
    sweep: str,
    sweep_uid: str,
    index: int,
    assignment: Assignment,
    source: str,
    policy: str = "",
) -> dict[str, Any]:
    """Return a new SweepTrial. It has the assignment twice: exact (JSON), and readable (leaf by leaf).

    Args:
        namespace: the namespace of the sweep.
        sweep: name of the sweep.
        sweep_uid: the sweep is the owner of the object.
        index: number of the trial within its sweep, from 0.
        assignment: the proposed parameters.
        source: what proposed them.
        policy: name of the policy in force if it pauses trials; else empty.
    """
    annotations = {"annotations": {names.ANNOTATION_POLICY: policy}} if policy else {}
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEPTRIAL,
        "metadata": {
            "name": names.trial_name(sweep, index),
            "namespace": namespace,
            "labels": {names.LABEL_SWEEP: sweep},
            **annotations,
            "ownerReferences": [names.owner_reference(names.SWEEPJOB, sweep, sweep_uid)],
        },
        "spec": {
            "sweep": sweep,
            "index": index,
            "parameters": {name: value_text(value) for name, value in leaves(assignment)},
            # A string: the API server rewrites the number 3.0 as 3.
            "assignment": json.dumps(assignment),
            "source": source,
        },
    }


def parse_record(body: Mapping[str, Any]) -> TrialRecord:
    """Read a SweepTrial object.

    Another version of the operator, or a user, may have written its status. Unreadable fields are listed
    in ``problems``; the others are used.

    Raises:
        ValueError: it lacks a name, a uid, spec.sweep or spec.index.
    """
    meta, spec = (LenientReader(body.get(key), key) for key in ("metadata", "spec"))
    sweep, index, name, uid = _identity(meta, spec)
    # Fields that decisions depend on; the trial is held if one of them cannot be read.
    decisive = LenientReader(body.get("status"), "status")
    assignment, phase = _assignment(spec), _phase(decisive)
    attempt, outcome = decisive.whole("attempt", 1, least=1, most=10**6), _outcome(decisive)
    problems = (*spec.problems, *decisive.problems)
    status = LenientReader(decisive.data, "status")
    gpu = status.child("gpuSeconds")
    record = TrialRecord(
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
        job_created=bool(status.text("job")),
        stop=None if outcome is None else _stop(status.child("stop"), outcome),
        pause=_pause(status, phase),
        desired=parse_desired_state(spec),
        pausing_policy=meta.child("annotations").text(names.ANNOTATION_POLICY),
        tags=parse_tags(meta, MOST_TAGS),  # anybody may add labels, and the cache has all records
        ran=status.amount("runSeconds"),
        resumed=status.moment("resumeTime"),
        budget=parse_budget(status),
        held=tuple(map(parse_held, status.children("held"))),
        reason=status.text("reason"),
        message=status.text("message"),
        curve=parse_curve(status.child("curve")),
        started=status.moment("startTime"),
        ended=status.moment("completionTime"),
        gpus=gpu.amount("count"),
        gpu_used=_amounts(gpu.child("byResource")),
        cost=status.amount("cost"),
        gpu_saved=gpu.amount("saved"),
        seen=status.texts("metricsSeen"),
        retry_at=status.moment("retryAt"),
        disruptions=status.whole("disruptions"),
        executions=tuple(map(parse_execution, status.children("executions"))),
        log_samples=status.texts("logSamples"),
        incomplete_reasons=parse_incomplete_reasons(status.children("conditions")),
        pods=tuple(map(parse_pod_state, status.children("pods"))),
        code=status.text("code"),
        values=_values(status.child("values")),
        other_metrics=_other_metrics(status, phase),
    )
    return _with_problems(record, problems, status.problems)


def _identity(meta: LenientReader, spec: LenientReader) -> tuple[str, int, str, str]:
    sweep, index = spec.text("sweep"), spec.whole("index", -1, most=_LARGEST_INDEX)
    name, uid = meta.text("name"), meta.text("uid")
    if not (name and uid and sweep) or index < 0:
        raise ValueError(
            "is not a record of a trial: it lacks a name, a uid, spec.sweep or spec.index"
        )
    return sweep, index, name, uid


def owner_uid(body: Mapping[str, Any]) -> str:
    """Return the uid of the sweep that a SweepTrial belongs to; empty where it has no owner."""
    owners = LenientReader(body.get("metadata"), "metadata").children("ownerReferences")
    return next(owners, LenientReader({}, "")).text("uid")


def _with_problems(
    record: TrialRecord, decisive: tuple[str, ...], others: Iterable[str]
) -> TrialRecord:
    noted = _unique(decisive, others)
    return replace(record, problems=noted, is_unmanaged=bool(decisive)) if noted else record


def _amounts(amounts: LenientReader) -> dict[str, float]:
    return {name: amounts.amount(name) for name in amounts.data}


def _other_metrics(status: LenientReader, phase: TrialPhase) -> tuple[MetricCurve, ...]:
    """Return the other metrics of a trial that continues. Those of thousands would fill the cache."""
    return () if phase.is_end else parse_other_metrics(status)


def _values(values: LenientReader) -> Mapping[str, float]:
    found = ((name, values.number(name)) for name in values.data)
    return {name: value for name, value in found if value is not None} or _NO_VALUES


def _unique(*notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain(*notes)))


def _assignment(spec: LenientReader) -> Assignment:
    """Return the assignment; where it cannot be read, its readable copy, whose values are strings."""
    try:
        found = json.loads(spec.text("assignment"))
        if isinstance(found, dict):
            return found
    except (ValueError, RecursionError):
        pass
    spec.note("assignment", "is not a JSON object")
    return dict(spec.child("parameters").data)


def _phase(status: LenientReader) -> TrialPhase:
    text = status.text("phase", TrialPhase.PENDING)
    try:
        return TrialPhase(text)
    except ValueError:
        status.note("phase", f"is not one of {', '.join(TrialPhase)}")
        return TrialPhase.PENDING


def dump_stop(stop: StopDecision, decided: str) -> dict[str, Any]:
    """Return ``status.stop`` or ``status.pause``, without the numbers that the decision does not have.

    Args:
        stop: the decision.
        decided: its timestamp.
    """
    dumped: dict[str, Any] = {
        "outcome": stop.outcome.value,
        "reason": stop.reason,
        "message": stop.message,
        "decidedAt": decided,
    }
    if stop.policy or stop.interval:
        dumped["interval"] = stop.interval
    if stop.policy:
        dumped["policy"] = stop.policy
        dumped["comparators"] = stop.comparators
        numbers = {"value": stop.value, "threshold": stop.threshold}
        dumped |= {key: format_float(n) for key, n in numbers.items() if n is not None}
    return dumped


def _outcome(status: LenientReader) -> TrialPhase | None:
    """Return the phase in which a recorded decision ends the trial; None without a decision."""
    if not status.data.get("stop"):
        return None
    stop = status.child("stop")
    text = stop.text("outcome")
    if text in (phase.value for phase in TrialPhase if phase.is_end or phase is TrialPhase.PAUSED):
        return TrialPhase(text)
    stop.note("outcome", "is neither a final phase nor Paused")
    return None


def _pause(status: LenientReader, phase: TrialPhase) -> StopDecision | None:
    """Return the decision to pause a trial that is paused, or that resumes."""
    is_paused = phase is TrialPhase.PAUSED or bool(status.data.get("pause"))
    return _stop(status.child("pause"), TrialPhase.PAUSED) if is_paused else None


def _stop(stop: LenientReader, outcome: TrialPhase) -> StopDecision:
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
