"""What keeps a trial from getting going, from what Kubernetes says about its Job and its pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..api import names
from ..api.times import parse_time
from ..lifecycle.observed import StartBlocker
from . import disruptions
from .missing_objects import LONGEST, find_missing
from .refused_resources import is_of_demanding_quota, is_of_limit_range, remedies

_IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_NON_ROOT = "Trials run as non-root unless trial.template sets another securityContext."
_CORRECT = "Correct what it names in spec.trial."
_SEE_LOG = "See its log: kubectl logs POD -c CONTAINER --previous."
_CONTAINER_REASONS = {
    "CreateContainerConfigError": _CORRECT,
    "CreateContainerError": _CORRECT,
    "RunContainerError": "Check trial.command and that the image has what it names.",
    "PostStartHookError": _SEE_LOG,
    "CrashLoopBackOff": _SEE_LOG,
}
_ROOT = ("runAsNonRoot", "non-root", "run as root")
_PORTS = (
    "The host port of the trial's pod is taken on those nodes. With hostNetwork, leave metrics.port out: "
    "each trial then has a port of its own."
)
_CAPACITY = "Lower trial.resources, or add or free such nodes."
# Reasons of the kubelet's events about a pod that it does not start.
POD_EVENTS = {
    "FailedMount": names.REASON_VOLUME,
    "FailedAttachVolume": names.REASON_VOLUME,
    "FailedMapVolume": names.REASON_VOLUME,
    "FailedCreatePodSandBox": names.REASON_SANDBOX,
    "FailedPrepareDynamicResources": names.REASON_CLAIM,
    "FailedResourceClaimCreation": names.REASON_CLAIM,
    "FailedToRetrieveImagePullSecret": names.REASON_IMAGE,
}


def of_pod(status: Mapping[str, Any], created: float) -> StartBlocker | None:
    """Why a pod does not get going, None when nothing is known to be in its way."""
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _unscheduled(condition, created)
    restarted = disruptions.stranded_since(status)
    if restarted is not None:
        return StartBlocker(
            names.REASON_NODE_RESTARTED, disruptions.STRANDED, restarted, waits=True
        )
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


def _unscheduled(condition: Mapping[str, Any], created: float) -> StartBlocker | None:
    said = condition.get("message", "")
    since = parse_time(condition.get("lastTransitionTime")) or created
    if condition.get("reason") == "SchedulingGated":
        return StartBlocker(
            names.REASON_GATED, f"its pod is held by a scheduling gate: {said}", since, True
        )
    if condition.get("reason") != "Unschedulable":
        return None
    missing = find_missing(said)
    if missing is not None:
        text = f"no node can take the pod: {said} {missing.sentence}."
        return StartBlocker(missing.reason, text, since)
    remedy = _PORTS if "free ports" in said else _CAPACITY
    text = f"no node can take the pod: {said} {remedy}"
    return StartBlocker(names.REASON_UNSCHEDULABLE, text, since, waits=True)


def _waiting(
    container: Mapping[str, Any], waiting: Mapping[str, Any], since: float
) -> StartBlocker | None:
    reason, said = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE_REASONS:
        text = (
            f"image '{container.get('image', '')}' cannot be pulled: {said or reason} Correct "
            "trial.image, or give the cluster access to it (imagePullSecrets in trial.template)."
        )
        return StartBlocker(names.REASON_IMAGE, text, since)
    if reason in _CONTAINER_REASONS:
        missing = find_missing(said)
        remedy = _CONTAINER_REASONS[reason]
        if missing is not None:
            remedy = f"{missing.sentence[:1].upper()}{missing.sentence[1:]}."
        elif any(word in said for word in _ROOT):
            remedy = _NON_ROOT
        text = (
            f"container '{container.get('name')}' cannot start: {_ended(said or reason)} {remedy}"
        )
        return StartBlocker(
            names.REASON_CONTAINER if missing is None else missing.reason, text, since
        )
    return None


def _ended(text: str) -> str:
    """A text that another sentence can follow."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def of_pod_event(reason: str, message: str, since: float) -> StartBlocker | None:
    """Why the kubelet does not start a pod, from its event; None when that says nothing of it."""
    kind = POD_EVENTS.get(reason)
    if kind is None:
        return None
    message = message[:LONGEST]
    missing = find_missing(message)
    if missing is not None:
        return StartBlocker(
            missing.reason, f"its pod cannot start: {_ended(message)} {missing.sentence}.", since
        )
    # Storage that is slow, or held by another pod, comes by itself; so may a claim.
    waits = kind in (names.REASON_VOLUME, names.REASON_CLAIM)
    return StartBlocker(kind, f"its pod cannot start: {message}", since, waits)


def of_refused_pod(
    message: str, since: float, pod: Mapping[str, Any] | None = None
) -> StartBlocker:
    """Why the Job controller could not create a pod, from its event.

    Args:
        message: of the Job's ``FailedCreate`` event.
        pod: the spec in the Job's template, where it is known.
    """
    message = message[:LONGEST]
    if "exceeded quota" in message:
        text = f"a quota of the namespace leaves no room for its pod: {message}"
        return StartBlocker(names.REASON_QUOTA, text, since, waits=True)
    if "violates PodSecurity" in message:
        text = (
            f"its pod breaks the Pod Security standard of the namespace: {message} Set what it "
            "names in trial.template, or use a namespace with another standard."
        )
        return StartBlocker(names.REASON_POD_SECURITY, text, since)
    if is_of_limit_range(message) or is_of_demanding_quota(message):
        limited = is_of_limit_range(message)
        reason = names.REASON_LIMIT_RANGE if limited else names.REASON_UNSPECIFIED
        rule = "LimitRange" if limited else "ResourceQuota"
        said = [message, remedies(message, pod or {})]
        text = f"a {rule} of the namespace refuses its pod: {'. '.join(filter(None, said))}"
        return StartBlocker(reason, text, since)
    missing = find_missing(message)
    if missing is not None:
        return StartBlocker(
            missing.reason, f"its pod was refused: {message}. {missing.sentence}", since
        )
    return StartBlocker(names.REASON_POD_REFUSED, f"its pod was refused: {message}", since)


def of_refused_job(message: str, since: float) -> StartBlocker:
    """Why the API server did not create the Job."""
    if "exceeded quota" in message:
        text = f"a quota of the namespace leaves no room for its Job: {message}"
        return StartBlocker(names.REASON_QUOTA, text, since, waits=True)
    return StartBlocker(names.REASON_LAUNCH, f"the API server refuses its Job: {message}", since)


def of_missing_right(message: str, since: float) -> StartBlocker:
    """Why a request was refused for which the operator itself lacks the right. It waits: neither the
    spec nor the trial is at fault, and the trial goes on when the right is there.
    """
    return StartBlocker(names.REASON_NOT_PERMITTED, message, since, waits=True)


def of_refused_record(index: int, message: str, since: float) -> StartBlocker:
    """Why the API server did not create the record of a trial."""
    return StartBlocker(
        names.REASON_RECORD, f"the record of trial {index} is refused: {message}", since
    )
