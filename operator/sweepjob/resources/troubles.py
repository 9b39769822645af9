"""What keeps a trial from getting going, from what Kubernetes says about its Job and its pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..domain.plan.observed import Trouble
from . import disruptions, names
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


def of_pod(status: Mapping[str, Any], created: float) -> Trouble | None:
    """Why a pod does not get going, None when nothing is known to be in its way."""
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _unscheduled(condition, created)
    stranded = disruptions.stranded_since(status)
    if stranded is not None:
        return Trouble(names.REASON_NODE_RESTARTED, disruptions.STRANDED, stranded, waits=True)
    since = parse_time(status.get("startTime")) or created
    for container in _containers(status):
        waiting = (container.get("state") or {}).get("waiting") or {}
        trouble = _waiting(container, waiting, since)
        if trouble is not None:
            return trouble
    return None


def _containers(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from status.get("containerStatuses") or []
    yield from status.get("initContainerStatuses") or []


def _unscheduled(condition: Mapping[str, Any], created: float) -> Trouble | None:
    said = condition.get("message", "")
    since = parse_time(condition.get("lastTransitionTime")) or created
    if condition.get("reason") == "SchedulingGated":
        return Trouble(
            names.REASON_GATED, f"its pod is held by a scheduling gate: {said}", since, True
        )
    if condition.get("reason") != "Unschedulable":
        return None
    text = f"no node can take the pod: {said} Lower trial.resources, or add or free such nodes."
    return Trouble(names.REASON_UNSCHEDULABLE, text, since, waits=True)


def _waiting(
    container: Mapping[str, Any], waiting: Mapping[str, Any], since: float
) -> Trouble | None:
    reason, said = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE_REASONS:
        text = (
            f"image '{container.get('image', '')}' cannot be pulled: {said or reason} Correct "
            "trial.image, or give the cluster access to it (imagePullSecrets in trial.template)."
        )
        return Trouble(names.REASON_IMAGE, text, since)
    if reason in _CONTAINER_REASONS:
        remedy = _CONTAINER_REASONS[reason]
        text = f"container '{container.get('name')}' cannot start: {said or reason} {remedy}"
        return Trouble(names.REASON_CONTAINER, text, since)
    return None


def of_refused_pod(message: str, since: float) -> Trouble:
    """Why the Job controller could not create a pod, from its event.

    Args:
        message: of the Job's ``FailedCreate`` event.
    """
    if "exceeded quota" in message:
        text = f"a quota of the namespace leaves no room for its pod: {message}"
        return Trouble(names.REASON_QUOTA, text, since, waits=True)
    if "violates PodSecurity" in message:
        text = (
            f"its pod breaks the Pod Security standard of the namespace: {message} Set what it "
            "names in trial.template, or use a namespace with another standard."
        )
        return Trouble(names.REASON_POD_SECURITY, text, since)
    return Trouble(names.REASON_POD_REFUSED, f"its pod was refused: {message}", since)


def of_refused_job(message: str, since: float) -> Trouble:
    """Why the API server did not create the Job."""
    if "exceeded quota" in message:
        text = f"a quota of the namespace leaves no room for its Job: {message}"
        return Trouble(names.REASON_QUOTA, text, since, waits=True)
    return Trouble(names.REASON_LAUNCH, f"the API server refuses its Job: {message}", since)


def of_missing_right(message: str, since: float) -> Trouble:
    """Why a request was refused for which the operator itself lacks the right. It waits: neither the
    spec nor the trial is at fault, and the trial goes on when the right is there."""
    return Trouble(names.REASON_NOT_PERMITTED, message, since, waits=True)


def of_refused_record(index: int, message: str, since: float) -> Trouble:
    """Why the API server did not create the record of a trial."""
    return Trouble(names.REASON_RECORD, f"the record of trial {index} is refused: {message}", since)
