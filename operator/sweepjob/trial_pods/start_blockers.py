"""Finds what keeps a trial from starting, in what Kubernetes reports about its Job and its pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..api import names
from ..lifecycle.workload import StartBlocker
from ..timestamps import parse_time
from . import disruptions
from .missing_objects import MAX_MESSAGE, find_missing_object
from .resource_admission import (
    is_of_demanding_quota,
    is_of_limit_range,
    is_of_sidecar_only,
    remedies,
)

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
    "The host port of the trial's pod is in use on those nodes. With hostNetwork, omit metrics.port: "
    "each trial then gets its own port."
)
_CAPACITY = "Lower trial.resources, or add or free such nodes."
# Reasons of the kubelet's events about a pod that it cannot start.
POD_EVENTS = {
    "FailedMount": names.REASON_VOLUME,
    "FailedAttachVolume": names.REASON_VOLUME,
    "FailedMapVolume": names.REASON_VOLUME,
    "FailedCreatePodSandBox": names.REASON_SANDBOX,
    "FailedPrepareDynamicResources": names.REASON_CLAIM,
    "FailedResourceClaimCreation": names.REASON_CLAIM,
    "FailedToRetrieveImagePullSecret": names.REASON_IMAGE,
}


def of_pod(
    status: Mapping[str, Any], created: float, devices: Mapping[str, float] | None = None
) -> StartBlocker | None:
    """Return why a pod does not start; None where nothing is known to keep it from that.

    Args:
        status: the status of the pod.
        created: when the pod was created, in seconds since the epoch.
        devices: the accelerators that it requests, by resource name.
    """
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _unscheduled(condition, created, devices or {})
    restarted = disruptions.never_started_since(status)
    if restarted is not None:
        return StartBlocker(
            names.REASON_NODE_RESTARTED, disruptions.NEVER_STARTED, restarted, waits=True
        )
    since = parse_time(status.get("startTime")) or created
    for container in _containers(status):
        waiting = (container.get("state") or {}).get("waiting") or {}
        start_blocker = _waiting(container, waiting, since)
        if start_blocker is not None:
            return start_blocker
    return None


def _containers(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from status.get("containerStatuses") or []
    yield from status.get("initContainerStatuses") or []


def _unscheduled(
    condition: Mapping[str, Any], created: float, devices: Mapping[str, float]
) -> StartBlocker | None:
    message = condition.get("message", "")
    since = parse_time(condition.get("lastTransitionTime")) or created
    if condition.get("reason") == "SchedulingGated":
        return StartBlocker(
            names.REASON_GATED, f"its pod is held by a scheduling gate: {message}", since, True
        )
    if condition.get("reason") != "Unschedulable":
        return None
    missing = find_missing_object(message)
    if missing is not None:
        text = f"no node can take the pod: {message} {missing.sentence}."
        return StartBlocker(missing.reason, text, since)
    remedy = _PORTS if "free ports" in message else _CAPACITY
    asked = ", ".join(f"{n:g} {name}" for name, n in devices.items() if name in message)
    asks = f" The pod asks for {asked}." if asked else ""
    text = f"no node can take the pod: {message}{asks} {remedy}"
    return StartBlocker(names.REASON_UNSCHEDULABLE, text, since, waits=True)


def _waiting(
    container: Mapping[str, Any], waiting: Mapping[str, Any], since: float
) -> StartBlocker | None:
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE_REASONS:
        text = (
            f"image '{container.get('image', '')}' cannot be pulled: {message or reason} Correct "
            "trial.image, or give the cluster access to it (imagePullSecrets in trial.template)."
        )
        return StartBlocker(names.REASON_IMAGE, text, since)
    if reason in _CONTAINER_REASONS:
        missing = find_missing_object(message)
        remedy = _CONTAINER_REASONS[reason]
        if missing is not None:
            remedy = f"{missing.sentence[:1].upper()}{missing.sentence[1:]}."
        elif any(word in message for word in _ROOT):
            remedy = _NON_ROOT
        cause = _sentence(message or reason)
        text = f"container '{container.get('name')}' cannot start: {cause} {remedy}"
        return StartBlocker(
            names.REASON_CONTAINER if missing is None else missing.reason, text, since
        )
    return None


def _sentence(text: str) -> str:
    """Return the text as a complete sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def of_pod_event(reason: str, message: str, since: float) -> StartBlocker | None:
    """Return why the kubelet cannot start a pod, from one of its events; None for other events.

    Args:
        reason: the reason of the event.
        message: the message of the event.
        since: time of the event, in seconds since the epoch.
    """
    kind = POD_EVENTS.get(reason)
    if kind is None:
        return None
    message = message[:MAX_MESSAGE]
    missing = find_missing_object(message)
    if missing is not None:
        return StartBlocker(
            missing.reason, f"its pod cannot start: {_sentence(message)} {missing.sentence}.", since
        )
    # Slow storage, storage in use by another pod, and claims may become available without a change.
    waits = kind in (names.REASON_VOLUME, names.REASON_CLAIM)
    return StartBlocker(kind, f"its pod cannot start: {message}", since, waits)


def of_refused_pod(
    message: str,
    since: float,
    pod: Mapping[str, Any] | None = None,
    *,
    may_refit: bool = False,
) -> StartBlocker:
    """Return why the Job controller could not create a pod.

    Args:
        message: the message of the Job's ``FailedCreate`` event.
        since: time of the event, in seconds since the epoch.
        pod: the pod's spec in the Job's template, where it is known.
        may_refit: whether another Job may be created if only the sidecar was refused.
    """
    message = message[:MAX_MESSAGE]
    if "exceeded quota" in message:
        text = f"a quota of the namespace does not allow its pod: {message}"
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
        if may_refit and is_of_sidecar_only(message, pod or {}):
            text = (
                f"a {rule} of the namespace, newer than its Job, refuses the sidecar of its pod: "
                f"{message}. The next attempt has a sidecar that fits"
            )
            return StartBlocker(reason, text, since, refit=True)
        details = [message, remedies(message, pod or {})]
        text = f"a {rule} of the namespace refuses its pod: {'. '.join(filter(None, details))}"
        return StartBlocker(reason, text, since)
    missing = find_missing_object(message)
    if missing is not None:
        return StartBlocker(
            missing.reason, f"its pod was refused: {message}. {missing.sentence}", since
        )
    return StartBlocker(names.REASON_POD_REFUSED, f"its pod was refused: {message}", since)


def of_refused_job(message: str, since: float) -> StartBlocker:
    """Return why the API server refused to create a Job.

    Args:
        message: the API server's message.
        since: seconds since the epoch.
    """
    if "exceeded quota" in message:
        text = f"a quota of the namespace does not allow its Job: {message}"
        return StartBlocker(names.REASON_QUOTA, text, since, waits=True)
    return StartBlocker(names.REASON_LAUNCH, f"the API server refuses its Job: {message}", since)


def of_missing_right(message: str, since: float) -> StartBlocker:
    """Return a blocker for a permission that the operator lacks.

    The trial waits, because neither it nor the spec is at fault. It starts once the permission is
    granted.
    """
    return StartBlocker(names.REASON_NOT_PERMITTED, message, since, waits=True)


def of_untrusted_ingest_server(message: str, since: float) -> StartBlocker:
    """Return a blocker for an ingest server whose certificate sidecars could not trust.

    A pod keeps the certificate authority that it starts with: it could never report.
    """
    return StartBlocker(names.REASON_INTAKE_CERTIFICATE, message, since, waits=True)


def of_refused_record(index: int, message: str, since: float) -> StartBlocker:
    """Return why the API server refused to create a SweepTrial.

    Args:
        index: the index of the trial.
        message: the API server's message.
        since: seconds since the epoch.
    """
    return StartBlocker(
        names.REASON_RECORD, f"the record of trial {index} is refused: {message}", since
    )
