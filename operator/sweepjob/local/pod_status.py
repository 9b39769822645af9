"""The status of pods, as the kubelet writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import names
from ..timestamps import format_time
from ..trial_pods.user_pod import trainer_of
from .pod_runner import PodResult
from .store import Body


def started(body: Mapping[str, Any], now: float) -> Body:
    """Return the status of a pod whose trainer has just started.

    Args:
        body: the pod.
        now: seconds since the epoch.
    """
    at = format_time(now)
    state = {"name": trainer_of(body["spec"])["name"], "state": {"running": {"startedAt": at}}}
    return {"phase": "Running", "startTime": at, "containerStatuses": [state]}


def ended(body: Mapping[str, Any], end: PodResult, now: float) -> Body:
    """Return the status of a pod that has ended.

    Args:
        body: the pod before its end.
        end: the result.
        now: seconds since the epoch.
    """
    before = (body["status"].get("containerStatuses") or [{}])[0].get("state") or {}
    terminated = {
        "exitCode": end.code,
        "finishedAt": format_time(now),
        **(before.get("running") or {}),
    }
    has_failed = bool(end.code or end.reason)
    status: Body = {"phase": "Failed" if has_failed else "Succeeded"}
    if end.reason:
        status |= {"reason": end.reason, "message": end.message}
    elif end.message:
        terminated["message"] = end.message
    state = {"terminated": terminated}
    status["containerStatuses"] = [{"name": trainer_of(body["spec"])["name"], "state": state}]
    if end.sidecar is not None:
        status["initContainerStatuses"] = [_sidecar(end, terminated["finishedAt"])]
    return status


def sidecar_end(end: PodResult, now: float) -> Body:
    """Return what the end of a pod's sidecar adds to the pod's status; nothing without a sidecar.

    Args:
        end: the result.
        now: seconds since the epoch.
    """
    if end.sidecar is None:
        return {}
    return {"initContainerStatuses": [_sidecar(end, format_time(now))]}


def _sidecar(end: PodResult, finished: str) -> Body:
    assert end.sidecar is not None
    state = {"exitCode": end.sidecar.code, "finishedAt": finished, "message": end.summary}
    return {
        "name": names.SIDECAR,
        "restartCount": end.sidecar.restarts,
        "state": {"terminated": state},
    }
