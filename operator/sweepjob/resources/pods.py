"""Pods and Jobs as they are kept in the watch caches: the few fields that decisions need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import wire
from ..domain.plan.snapshot import Job, Pod
from . import names
from .job import trainer_of
from .quantity import parse_quantity
from .times import parse_time

_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_NON_ROOT = "Trials run as non-root unless trial.template sets another securityContext."
_SEE_LOG = "See its log: kubectl logs POD -c CONTAINER --previous."
_CONTAINER_REASONS = {
    "CreateContainerConfigError": _NON_ROOT,
    "CreateContainerError": _NON_ROOT,
    "RunContainerError": "Check trial.command and that the image has what it names.",
    "PostStartHookError": _SEE_LOG,
    "CrashLoopBackOff": _SEE_LOG,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pod does not get going: a reason and a sentence with the remedy."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A pod of a trial.

    Attributes:
        owner: uid of its Job.
        gpus: GPUs it requests, all resource names that end in ``gpu`` or name a MIG slice.
        held_from: seconds since the epoch when the kubelet took it, so its GPUs are held; None before.
        ended: when its last container ended, None before.
        trouble: why it waits, if that needs a person.
        summary: the sidecar's last words.
    """

    namespace: str
    name: str
    uid: str
    version: str
    sweep: str
    trial: str
    attempt: int
    owner: str
    view: Pod
    gpus: float
    held_from: float | None
    ended: float | None
    trouble: Trouble | None
    summary: wire.Summary | None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The Job of a trial's attempt."""

    namespace: str
    name: str
    uid: str
    version: str
    sweep: str
    trial: str
    owner: str
    view: Job


def parse_job(body: Mapping[str, Any]) -> JobRecord:
    meta = body["metadata"]
    labels = meta.get("labels") or {}
    conditions = (body.get("status") or {}).get("conditions") or []
    failed = next((c for c in conditions if c["type"] == "Failed" and c["status"] == "True"), None)
    owners = meta.get("ownerReferences") or [{}]
    return JobRecord(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=labels.get(names.LABEL_SWEEP, ""),
        trial=labels.get(names.LABEL_TRIAL, ""),
        owner=owners[0].get("uid", ""),
        view=Job(
            name=meta["name"],
            uid=meta["uid"],
            attempt=_attempt(labels),
            deleting="deletionTimestamp" in meta,
            failure=None if failed is None else _job_failure(failed),
        ),
    )


def _attempt(labels: Mapping[str, str]) -> int:
    text = labels.get(names.LABEL_ATTEMPT, "")
    return int(text) if text.isdecimal() else 0


def _job_failure(condition: Mapping[str, str]) -> tuple[str, str]:
    return condition.get("reason", "JobFailed"), condition.get("message", "the Job failed")


def parse_pod(body: Mapping[str, Any]) -> PodRecord:
    meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
    labels = meta.get("labels") or {}
    trainer = _trainer_status(spec, status)
    phase = status.get("phase")
    terminal = phase in ("Succeeded", "Failed")
    return PodRecord(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=labels.get(names.LABEL_SWEEP, ""),
        trial=labels.get(names.LABEL_TRIAL, ""),
        attempt=_attempt(labels),
        owner=(meta.get("ownerReferences") or [{}])[0].get("uid", ""),
        view=Pod(
            name=meta["name"],
            uid=meta["uid"],
            succeeded=(phase == "Succeeded") if terminal else None,
            deleting="deletionTimestamp" in meta,
            disrupted=_condition(status, "DisruptionTarget", "True") is not None,
            started=parse_time(_state(trainer).get("startedAt")),
            failure=_failure(trainer, status) if phase == "Failed" else ("", ""),
        ),
        gpus=requested_gpus(spec),
        held_from=parse_time(status.get("startTime")),
        ended=_ended(status) if terminal else None,
        trouble=None if terminal else _trouble(status, trainer),
        summary=_summary(status),
    )


def requested_gpus(pod: Mapping[str, Any]) -> float:
    """Sum over the pod's containers of every resource whose name is a GPU's."""
    total = 0.0
    for container in pod.get("containers") or []:
        resources = container.get("resources") or {}
        wanted = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
        for name, quantity in wanted.items():
            if name.endswith("/gpu") or "/mig-" in name:
                total += parse_quantity(quantity)
    return total


def _trainer_status(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Mapping[str, Any]:
    name = trainer_of(spec)["name"]
    statuses = status.get("containerStatuses") or []
    return next((s for s in statuses if s["name"] == name), {})


def _state(status: Mapping[str, Any]) -> Mapping[str, Any]:
    state = status.get("state") or {}
    return state.get("running") or state.get("terminated") or {}


def _failure(trainer: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[str, str]:
    ended = (trainer.get("state") or {}).get("terminated")
    if ended is None:
        return status.get("reason", "PodFailed"), status.get("message", "the pod failed")
    code, reason = ended.get("exitCode"), ended.get("reason", "Error")
    if reason == "OOMKilled":
        return "OutOfMemory", "the trainer used more memory than its limit; raise resources.limits"
    text = str(ended.get("message") or "").strip()
    return "TrainerFailed", f"the trainer ended with exit code {code}" + (
        f": {text}" if text else ""
    )


def _ended(status: Mapping[str, Any]) -> float | None:
    every = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    ends = [
        parse_time((s.get("state") or {}).get("terminated", {}).get("finishedAt")) for s in every
    ]
    return max((end for end in ends if end is not None), default=None)


def _condition(status: Mapping[str, Any], kind: str, value: str) -> Mapping[str, Any] | None:
    conditions = status.get("conditions") or []
    return next((c for c in conditions if c["type"] == kind and c["status"] == value), None)


def _trouble(status: Mapping[str, Any], trainer: Mapping[str, Any]) -> Trouble | None:
    unscheduled = _condition(status, "PodScheduled", "False")
    if unscheduled is not None and unscheduled.get("reason") == "Unschedulable":
        said = unscheduled.get("message", "")
        return Trouble(
            names.REASON_UNSCHEDULABLE,
            f"no node can take the pod: {said} Lower trial.resources, or add or free such nodes.",
        )
    for container in [trainer, *(status.get("initContainerStatuses") or [])]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason, said = waiting.get("reason", ""), waiting.get("message", "")
        image = container.get("image", "")
        if reason in _IMAGE_REASONS:
            return Trouble(
                names.REASON_IMAGE,
                f"image '{image}' cannot be pulled: {said or reason} Correct trial.image, or give "
                "the cluster access to it (imagePullSecrets in trial.template).",
            )
        if reason in _CONTAINER_REASONS:
            return Trouble(
                names.REASON_CONTAINER,
                f"container '{container.get('name')}' cannot start: {said or reason} "
                f"{_CONTAINER_REASONS[reason]}",
            )
    return None


def _summary(status: Mapping[str, Any]) -> wire.Summary | None:
    for sidecar in status.get("initContainerStatuses") or []:
        if sidecar["name"] == names.SIDECAR:
            for state in (sidecar.get("state") or {}, sidecar.get("lastState") or {}):
                summary = wire.Summary.parse(state.get("terminated", {}).get("message", ""))
                if summary is not None:
                    return summary
    return None
