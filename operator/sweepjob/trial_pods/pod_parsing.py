"""Reads Pod and Job objects into the records of the watch caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..api import names
from ..api.meta.cause import NO_CAUSE, Cause
from ..api.meta.conditions import find_condition
from ..lifecycle.workload import Job, Pod
from ..timestamps import parse_time
from . import accelerators, container_statuses, disruptions, start_blockers
from .authorities import parse_fingerprints
from .cached_objects import CachedJob, CachedPod, OwnerReference
from .failures import failure_of
from .lost_reports import sidecar_exits
from .object_schemas import coerce_job, coerce_pod
from .pod_group import rank_of
from .requested_amounts import requested_amounts
from .user_pod import trainer_of

_ATTEMPT_DIGITS, _BUDGET_DIGITS = 9, 10  # at most


def parse_job(body: Mapping[str, Any]) -> CachedJob:
    """Read the Job of an attempt.

    Raises:
        ValueError: it has no uid.
    """
    meta, spec, status = parts_of(coerce_job(body))
    labels = meta.get("labels") or {}
    kinds = ("Failed", "Complete", "FailureTarget")
    failed, complete, failing = (find_condition(status, kind, "True") for kind in kinds)
    end = failed or complete or {}
    return CachedJob(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=labels.get(names.LABEL_SWEEP, ""),
        trial=labels.get(names.LABEL_TRIAL, ""),
        owner=owner_of(meta),
        started=parse_time(status.get("startTime")),
        instances=spec.get("completions") or 1,
        owner_kind=owner.kind if (owner := owner_reference_of(meta)) else "",
        authorities=authorities_of(meta),
        budget=_whole(
            (meta.get("annotations") or {}).get(names.ANNOTATION_BUDGET, ""), _BUDGET_DIGITS
        ),
        view=Job(
            name=meta["name"],
            uid=meta["uid"],
            attempt=attempt_of(meta),
            deleting="deletionTimestamp" in meta,
            suspended=bool(spec.get("suspend")),
            succeeded=complete is not None,
            failure=None if failed is None else _job_failure(failed),
            ended=parse_time(end.get("lastTransitionTime")),
            started=parse_time(status.get("startTime")),
            failing=None if failing is None else _job_failure(failing),
        ),
    )


def parse_pod(body: Mapping[str, Any]) -> CachedPod:
    """Read the pod of an attempt, or any other pod with the same labels.

    Raises:
        ValueError: it has no uid, or no containers.
    """
    body = coerce_pod(body)
    meta, spec, status = parts_of(body)
    if not spec.get("containers"):
        raise ValueError("has no containers")
    labels = meta.get("labels") or {}
    trainer = container_statuses.trainer_status(spec, status)
    exit_code = container_statuses.exit_code(trainer)
    created = parse_time(meta.get("creationTimestamp")) or 0.0
    view = _view(meta, spec, status)
    succeeded = (
        not view.is_terminal
        and not view.disrupted
        and container_statuses.containers_succeeded(body)
    )
    if succeeded:
        view = replace(view, trainer_end=None)
    summary, sidecar = container_statuses.sidecar_summary(status), sidecar_exits(status)
    gpus = accelerators.requested(spec)
    return CachedPod(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=labels.get(names.LABEL_SWEEP, ""),
        trial=labels.get(names.LABEL_TRIAL, ""),
        attempt=attempt_of(meta),
        owner=owner_of(meta),
        trial_uid=labels.get(names.LABEL_TRIAL_UID, ""),
        created=created,
        view=view,
        gpus=gpus,
        amounts=requested_amounts(spec),
        gpus_held_since=parse_time(status.get("startTime")),
        containers_succeeded=succeeded,
        ended=container_statuses.end_time(status) if view.is_terminal or succeeded else None,
        start_blocker=None if view.is_terminal else start_blockers.of_pod(status, created, gpus),
        summary=summary,
        summary_lost=(view.succeeded or succeeded)
        and summary is None
        and sidecar.any_failed
        and view.rank == 0,
        sidecar=sidecar,
        trainer=trainer_of(spec)["name"],
        trainer_ended=exit_code is not None,
        trainer_exit_code=exit_code,
        any_container_started=any(
            map(container_statuses.has_started, container_statuses.all_statuses(status))
        ),
        owner_reference=owner_reference_of(meta) if names.LABEL_REPORTS in labels else None,
    )


def is_active_pod(body: Mapping[str, Any]) -> bool:
    """Return whether a pod has not ended and nothing else is ending it, such as a preemption.

    Args:
        body: the pod, or the answer to the request to delete it.
    """
    status = coerce_pod(body).get("status")
    if status is None or status.get("phase") in ("Succeeded", "Failed"):
        return False
    return find_condition(status, "DisruptionTarget", "True") is None


def _view(meta: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any]) -> Pod:
    """Return the pod as the planner sees it."""
    phase = status.get("phase")
    is_terminal = phase in ("Succeeded", "Failed")
    trainer = container_statuses.trainer_status(spec, status)
    disruption = disruptions.of_pod(status, trainer)
    return Pod(
        name=meta["name"],
        uid=meta["uid"],
        succeeded=(phase == "Succeeded") if is_terminal else None,
        deleting="deletionTimestamp" in meta,
        termination_due=parse_time(meta.get("deletionTimestamp")),
        disrupted=disruption is not None,
        started=_start_time(meta, trainer),
        never_started_since=disruptions.never_started_since(status),
        failure=disruption or (failure_of(trainer, status) if is_terminal else NO_CAUSE),
        node=spec.get("nodeName", ""),
        trainer_end=None if is_terminal else container_statuses.trainer_end(spec, status),
        rank=rank_of(meta.get("annotations") or {}, meta.get("labels") or {}),
        ended=container_statuses.finish_time(trainer),
        interrupted_at=disruptions.interrupted_at(meta, status, trainer),
    )


def _start_time(meta: Mapping[str, Any], trainer: container_statuses.Status) -> float | None:
    """Return when the trainer started by its node's clock, but not before its pod was created.

    A node whose clock is behind would otherwise have its trials time out as soon as they start.
    """
    started = container_statuses.start_time(trainer)
    created = parse_time(meta.get("creationTimestamp"))
    return started if started is None or created is None else max(started, created)


def parts_of(body: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
    """Return metadata, spec and status.

    Raises:
        ValueError: the object has no uid.
    """
    meta, spec, status = ((body or {}).get(key) or {} for key in ("metadata", "spec", "status"))
    if not meta.get("uid"):
        raise ValueError("has no uid")
    return meta, spec, status


def owner_of(meta: Mapping[str, Any]) -> str:
    """Return the uid of an object's owner; empty without one."""
    owner: str = (meta.get("ownerReferences") or [{}])[0].get("uid", "")
    return owner


def owner_reference_of(meta: Mapping[str, Any]) -> OwnerReference | None:
    """Return the owner of an object; None without one."""
    for owner in (meta.get("ownerReferences") or ())[:1]:
        return OwnerReference(owner["apiVersion"], owner["kind"], owner["name"], owner["uid"])
    return None


def authorities_of(meta: Mapping[str, Any]) -> frozenset[str]:
    """Return the fingerprints of the certificate authorities that a Job's sidecars trust."""
    return parse_fingerprints((meta.get("annotations") or {}).get(names.ANNOTATION_AUTHORITIES, ""))


def trial_labels(meta: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of sweep and trial in an object's labels; empty ones without."""
    labels = meta.get("labels") or {}
    return labels.get(names.LABEL_SWEEP, ""), labels.get(names.LABEL_TRIAL, "")


def attempt_of(meta: Mapping[str, Any]) -> int:
    """Return the number of the attempt in an object's labels; 0 without one."""
    return _whole((meta.get("labels") or {}).get(names.LABEL_ATTEMPT, ""), _ATTEMPT_DIGITS) or 0


def _whole(text: str, digits: int) -> int | None:
    """Return the whole number of at most so many digits that a text is; None for any other text."""
    return int(text) if text.isdecimal() and len(text) <= digits else None


def _job_failure(condition: Mapping[str, str]) -> Cause:
    return Cause(condition.get("reason", "JobFailed"), condition.get("message", "the Job failed"))
