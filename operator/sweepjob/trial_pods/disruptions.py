"""Disruptions: pods that are terminated from outside, which says nothing about the trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.meta.cause import Cause
from ..api.meta.conditions import find_condition
from ..timestamps import parse_time

# Reasons of the condition DisruptionTarget, and the reason on record for each.
_REASONS = {
    "PreemptionByScheduler": "Preempted",
    "EvictionByEvictionAPI": "Evicted",
    "TerminationByKubelet": "EvictedByNode",
    "DeletionByTaintManager": "NodeTainted",
    "DeletionByPodGC": "NodeGone",
}
# What asks Karpenter and the cluster autoscaler to leave the node of a pod alone.
_DO_NOT_DISRUPT = {
    "karpenter.sh/do-not-disrupt": "true",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
}
# The kubelet's reasons for a container that its runtime has lost.
_LOST_CONTAINER = {"Unknown", "ContainerStatusUnknown"}
NEVER_STARTED = (
    "its node restarted before the trainer had started, and the kubelet does not resume such a pod; the "
    "pod is deleted and replaced"
)
SUMMARY_LOST = Cause(
    names.REASON_REPORTS_LOST,
    "its sidecar was killed before it wrote its summary, while the operator was down; the trial is "
    "retried once",
)


def protect(template: dict[str, Any]) -> None:
    """Ask that the node of a pod is not removed; annotations of the user take precedence.

    Args:
        template: the pod template; changed.
    """
    meta = template["metadata"] = dict(template.get("metadata") or {})
    meta["annotations"] = _DO_NOT_DISRUPT | dict(meta.get("annotations") or {})


def of_pod(status: Mapping[str, Any], trainer: Mapping[str, Any]) -> Cause | None:
    """Return reason and message of a pod's disruption; None without one.

    Args:
        status: the status of the pod.
        trainer: the status of the trainer's container.
    """
    target = find_condition(status, "DisruptionTarget", "True")
    if target is not None:
        reason = _REASONS.get(target.get("reason", ""), "Disrupted")
        return Cause(reason, target.get("message") or "its pod was disrupted")
    ended = (trainer.get("state") or {}).get("terminated") or {}
    if ended.get("reason") in _LOST_CONTAINER:
        return Cause(names.REASON_NODE_RESTARTED, "its node restarted, which ended the trainer")
    if never_started_since(status) is not None:
        return Cause(names.REASON_NODE_RESTARTED, NEVER_STARTED)
    return None


def interrupted_at(
    meta: Mapping[str, Any], status: Mapping[str, Any], trainer: Mapping[str, Any]
) -> float | None:
    """Return when somebody began to terminate a pod; None where nobody did.

    Args:
        meta: the metadata of the pod.
        status: the status of the pod.
        trainer: the status of the trainer's container.
    """
    target = find_condition(status, "DisruptionTarget", "True") or {}
    lost = of_pod(status, trainer) is not None
    ended = ((trainer.get("state") or {}).get("terminated") or {}).get("finishedAt")
    times = [
        parse_time(target.get("lastTransitionTime")),
        _deletion_requested(meta),
        parse_time(ended) if lost and not target else None,
        never_started_since(status),
    ]
    return min((time for time in times if time is not None), default=None)


def _deletion_requested(meta: Mapping[str, Any]) -> float | None:
    """Return when a deletion was requested; its timestamp is the end of the grace period."""
    due = parse_time(meta.get("deletionTimestamp"))
    return None if due is None else due - (meta.get("deletionGracePeriodSeconds") or 0)


def never_started_since(status: Mapping[str, Any]) -> float | None:
    """Return the time since which a pod cannot start, in seconds since the epoch; None while it can.

    Its node restarted after its first container and before its trainer. The kubelet creates no new
    sandbox for a pod with ``restartPolicy: Never`` once one of its containers has ended.
    """
    not_ready = find_condition(status, "PodReadyToStartContainers", "False")
    if status.get("phase") != "Pending" or not_ready is None:
        return None
    containers = status.get("initContainerStatuses") or []
    if not any("terminated" in (c.get("state") or {}) for c in containers):
        return None
    return parse_time(not_ready.get("lastTransitionTime"))
