"""How a pod affects its trial."""

from __future__ import annotations

from dataclasses import replace

from ...api.meta.cause import Cause
from ...api.names import REASON_REPORTS_LOST
from ...api.sweeptrial.pod_states import FAILED, SUCCEEDED, PodState
from ...lifecycle.attempt_end import POD_DELETED
from ...lifecycle.progress_update import SUSPENDED
from ...lifecycle.workload import Pod
from ...trial_pods.cached_objects import CachedPod
from ...trial_pods.disruptions import SUMMARY_LOST
from .trial_state import TrialState


def pod_view(trial: TrialState, pod: CachedPod) -> Pod:
    """Return the pod in the form that decisions are based on.

    A pod that succeeded while its sidecar was killed before it could leave a summary counts as
    interrupted if no report of it arrived: the trial runs again. That happens only once: a sidecar that
    always fails would otherwise restart the trial forever.

    Args:
        trial: the trial of the pod.
        pod: one of its pods.
    """
    has_reported = trial.reports.pod == pod.uid and trial.reports.received > 0
    earlier = (e for e in trial.status.executions if e.reason == REASON_REPORTS_LOST)
    if not pod.summary_lost or has_reported or any(e.pod != pod.name for e in earlier):
        return pod.view
    return replace(pod.view, disrupted=True, failure=SUMMARY_LOST)


def pod_state(pod: CachedPod) -> PodState:
    """Return what the record says of one of several pods."""
    view = pod.view
    if pod.has_ended:
        state = FAILED if view.succeeded is False else SUCCEEDED
    elif view.deleting:
        state = "Terminating"
    else:
        state = "Pending" if view.started is None else "Running"
    return PodState(view.rank, pod.name, view.node, state)


def interruption_cause(trial: TrialState, pod: CachedPod, *, job_suspended: bool) -> Cause:
    """Return why a pod was interrupted.

    Args:
        trial: the trial of the pod.
        pod: a pod that somebody else ended.
        job_suspended: the pod's Job is suspended.
    """
    view = pod_view(trial, pod)
    if view.disrupted:
        return view.failure
    return SUSPENDED if job_suspended else POD_DELETED
