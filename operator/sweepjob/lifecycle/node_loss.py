"""When the node of a pod counts as lost, and which pods of a trial have to terminate first."""

from __future__ import annotations

from collections.abc import Iterable

from .snapshot import TrialSnapshot
from .workload import Pod

NODE_LOST = "NodeLost"


def is_node_lost(pod: Pod, now: float, node_loss_timeout: float) -> bool:
    """Return whether the node of a pod counts as lost: it should have terminated the pod long ago.

    Args:
        pod: a pod, which counts only while it is being deleted.
        now: seconds since the epoch.
        node_loss_timeout: seconds that the node has beyond ``termination_due``.
    """
    return (
        not pod.is_terminal
        and pod.termination_due is not None
        and now >= pod.termination_due + node_loss_timeout
    )


def never_starts(pod: Pod, now: float, node_loss_timeout: float) -> bool:
    """Return whether the node of a pod, which was restarted, does not start the pod any more.

    Args:
        pod: a pod.
        now: seconds since the epoch.
        node_loss_timeout: seconds that the node has to start it.
    """
    return (
        pod.never_started_since is not None and now >= pod.never_started_since + node_loss_timeout
    )


def awaited_pods(trial: TrialSnapshot, node_loss_timeout: float, now: float) -> list[Pod]:
    """Return pods that have to terminate before the trial may end, or start again.

    Args:
        trial: a live trial.
        node_loss_timeout: seconds that a node has beyond a pod's grace period.
        now: seconds since the epoch.
    """
    earlier = (pod for attempt in trial.earlier for pod in attempt.pods)
    pods = (*trial.pods, *trial.orphan_pods, *earlier)
    return [
        pod for pod in pods if not pod.is_terminal and not is_node_lost(pod, now, node_loss_timeout)
    ]


def node_loss_due(pods: Iterable[Pod], node_loss_timeout: float) -> float | None:
    """Return when the first of some pods counts as lost, or as never starting.

    Args:
        pods: pods of one trial.
        node_loss_timeout: seconds that a node has.

    Returns:
        Seconds since the epoch; None when no node has a deadline.
    """
    since = [
        p.termination_due if p.deleting else p.never_started_since
        for p in pods
        if not p.is_terminal
    ]
    return min((s + node_loss_timeout for s in since if s is not None), default=None)


def node_loss_message(pod: Pod, node_loss_timeout: float) -> str:
    """Return why an attempt ends whose pod is on a lost node.

    Args:
        pod: the pod.
        node_loss_timeout: seconds that a node has beyond a pod's grace period.
    """
    return (
        f"node {pod.node} has not terminated the trial's pod {node_loss_timeout:g} s after its grace "
        "period: the node counts as lost, and later reports of that pod are refused"
    )
