"""Reads objects of other kinds than Jobs that run as trials, and what their status means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from ..api.meta.cause import Cause
from ..api.meta.conditions import find_condition
from ..api.spec.status_condition import ExpressionError, StatusCondition, status_problem
from ..api.spec.trial_kind import TrialKind
from ..api.spec.trial_manifest import TrialManifest
from ..lifecycle.workload import Job
from ..timestamps import parse_time
from .cached_objects import CachedJob
from .object_schemas import coerce_object
from .pod_parsing import attempt_of, authorities_of, owner_of, parts_of, trial_labels

CONDITION_FAILED = "ConditionNotEvaluated"
# Types of the conditions, and values of ``status.phase`` or ``status.state``, by which kinds say how they
# ended. One that is Completed may have failed, so failures are looked for first.
_FAILED = ("Failed", "Error")
_TEXTS = ("phase", "state", "message")
_LONGEST = 1000  # characters of a message
_MOST_CONDITIONS = 50
_SUCCEEDED = ("Succeeded", "Complete", "Completed")


def parse_object(body: Mapping[str, Any], kind: TrialKind) -> CachedJob:
    """Read an object of a kind.

    Raises:
        ValueError: it has no uid.
    """
    meta, spec, status = parts_of(coerce_object(body))
    sweep, trial = trial_labels(meta)
    run_policy = spec.get("runPolicy") or {}
    problem = status_problem(status)
    return CachedJob(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=sweep,
        trial=trial,
        owner=owner_of(meta),
        started=parse_time(meta.get("creationTimestamp")),
        view=Job(
            name=meta["name"],
            uid=meta["uid"],
            attempt=attempt_of(meta),
            deleting="deletionTimestamp" in meta,
            suspended=bool(spec.get("suspend") or run_policy.get("suspend")),
            started=parse_time(meta.get("creationTimestamp")),
        ),
        kind=kind.kind,
        authorities=authorities_of(meta),
        status=_usual_fields(status) if problem else status,
        status_problem=problem,
    )


def _usual_fields(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by which most kinds say how they ended, of a status that is too large to keep."""
    texts = ((key, status.get(key)) for key in _TEXTS)
    kept = {key: text[:_LONGEST] for key, text in texts if isinstance(text, str)}
    ends = (
        c for c in _conditions(status)["conditions"] if c.get("type") in (*_FAILED, *_SUCCEEDED)
    )
    return {**kept, "conditions": [*islice(ends, _MOST_CONDITIONS)]}


def judge(cached: CachedJob, manifest: TrialManifest, now: float) -> Job:
    """Return an object with what its status means by the conditions of a sweep.

    Each version of an object is judged once, since conditions take time.

    Args:
        cached: the object.
        manifest: the manifest of the sweep that it belongs to.
        now: seconds since the epoch, for an object that does not say when it ended.
    """
    key = (manifest.success, manifest.failure)
    if key not in cached.judgements:
        cached.judgements.clear()
        cached.judgements[key] = _judge(cached, manifest, now)
    return cached.judgements[key]


def _judge(cached: CachedJob, manifest: TrialManifest, now: float) -> Job:
    status = cached.status or {}
    try:
        if cached.status_problem and (manifest.success or manifest.failure):
            raise ExpressionError(cached.status_problem)
        failure = _failure(status, manifest.failure, cached.kind)
        succeeded = failure is None and _succeeded(status, manifest.success)
    except ExpressionError as error:
        said = f"the condition cannot be evaluated over the status of its {cached.kind}: {error}"
        failure, succeeded = Cause(CONDITION_FAILED, said), False
    if not succeeded and failure is None:
        return cached.view
    ended = min(_last_transition(status) or now, now)  # its controller's clock may be ahead
    return replace(cached.view, succeeded=succeeded, failure=failure, ended=ended)


def _failure(
    status: Mapping[str, Any], condition: StatusCondition | None, kind: str
) -> Cause | None:
    """Return why an object failed; None if it has not."""
    listed = _conditions(status)
    shown = next((c for c in (find_condition(listed, t, "True") for t in _FAILED) if c), None)
    phase = _phase(status)
    if condition is None:
        if shown is None and phase.casefold() not in map(str.casefold, _FAILED):
            return None
    elif not condition.is_met(status):
        return None
    said = shown or {}
    message = str(said.get("message") or status.get("message") or "")[:1000]
    why = f": {message}" if message else ""
    return Cause(str(said.get("reason") or f"{kind}Failed")[:100], f"its {kind} failed{why}")


def _succeeded(status: Mapping[str, Any], condition: StatusCondition | None) -> bool:
    if condition is not None:
        return condition.is_met(status)
    listed = _conditions(status)
    by_condition = any(find_condition(listed, kind, "True") for kind in _SUCCEEDED)
    return by_condition or _phase(status).casefold() in map(str.casefold, _SUCCEEDED)


def _conditions(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions of a status, as far as they have the usual form."""
    listed = status.get("conditions")
    items = listed if isinstance(listed, list) else []
    return {"conditions": [item for item in items if isinstance(item, Mapping)]}


def _phase(status: Mapping[str, Any]) -> str:
    return next((v for v in map(status.get, ("phase", "state")) if isinstance(v, str)), "")


def _last_transition(status: Mapping[str, Any]) -> float | None:
    """Return when the status changed last, as far as its conditions say."""
    texts = (item.get("lastTransitionTime") for item in _conditions(status)["conditions"])
    times = [parse_time(text) for text in texts if isinstance(text, str)]
    return max((time for time in times if time is not None), default=None)
