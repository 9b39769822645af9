"""What ends a pod from outside, so that its end says nothing about the trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.conditions import condition
from ..api.times import parse_time

# Reasons of the condition DisruptionTarget, in a word for the record.
_TARGETED = {
    "PreemptionByScheduler": "Preempted",
    "EvictionByEvictionAPI": "Evicted",
    "TerminationByKubelet": "EvictedByNode",
    "DeletionByTaintManager": "NodeTainted",
    "DeletionByPodGC": "NodeGone",
}
# What a kubelet says of a container of which its runtime knows nothing any more.
_FORGOTTEN = {"Unknown", "ContainerStatusUnknown"}
STRANDED = (
    "its node was restarted before the trainer had started, and a kubelet does not go on with such a "
    "pod; it is deleted and started again"
)
SILENCED = (
    names.REASON_REPORTS_LOST,
    "its sidecar was killed before it could tell what the trainer had reported, and the operator was "
    "away; it is started again, once",
)


def of_pod(status: Mapping[str, Any], trainer: Mapping[str, Any]) -> tuple[str, str] | None:
    """Reason and sentence of what took a pod away; None when nothing has.

    Args:
        trainer: the container status of the trainer.
    """
    target = condition(status, "DisruptionTarget", "True")
    if target is not None:
        reason = _TARGETED.get(target.get("reason", ""), "Disrupted")
        return reason, target.get("message") or "its pod was taken away"
    ended = (trainer.get("state") or {}).get("terminated") or {}
    if ended.get("reason") in _FORGOTTEN:
        return names.REASON_NODE_RESTARTED, "its node was restarted, and the trainer ended with it"
    if stranded_since(status) is not None:
        return names.REASON_NODE_RESTARTED, STRANDED
    return None


def stranded_since(status: Mapping[str, Any]) -> float | None:
    """Since when, in seconds since the epoch, a pod has been in a state that no kubelet leaves: its
    node went down between its first container and its trainer, and is back. A pod that is never to be
    restarted gets no new sandbox once one of its containers has ended.
    """
    gone = condition(status, "PodReadyToStartContainers", "False")
    if status.get("phase") != "Pending" or gone is None:
        return None
    containers = status.get("initContainerStatuses") or []
    if not any("terminated" in (c.get("state") or {}) for c in containers):
        return None
    return parse_time(gone.get("lastTransitionTime"))
