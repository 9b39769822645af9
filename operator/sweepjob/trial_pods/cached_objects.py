"""Pods and Jobs as the watch caches keep them: the few fields that decisions need."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import protocol
from ..lifecycle.workload import Job, Pod, StartBlocker
from .lost_reports import SidecarExits

JOB = "Job"


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """The object that owns another one."""

    api_version: str
    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class CachedPod:
    """A pod of a trial.

    Attributes:
        namespace, name, uid: identify the pod.
        version: its resourceVersion.
        sweep, trial, attempt: from its labels.
        owner: uid of its Job.
        trial_uid: uid of the trial, from a label. Not trustworthy: anybody may set a label.
        created: seconds since the epoch.
        view: the pod as the planner sees it.
        gpus: the accelerators that it requests, by resource name.
        amounts: what the scheduler reserves for it, by resource name (``requested_amounts``).
        gpus_held_since: when the kubelet accepted the pod, in seconds since the epoch; None before.
        containers_succeeded: all containers exited with 0, but the pod phase is not terminal yet. That
            takes the kubelet a second, during which the scheduler still counts the pod's requests.
        ended: when its last container ended, in seconds since the epoch; None before.
        start_blocker: what keeps it from starting; None when nothing is known to.
        summary: from the sidecar's termination message; None without one.
        summary_lost: the pod succeeded, but its sidecar was killed before it wrote a summary.
        sidecar: how its sidecar exited.
        trainer: name of the trainer's container.
        trainer_ended: the trainer has ended, whatever the other containers do.
        trainer_exit_code: None before the trainer has ended.
        any_container_started: a container has started, so the volumes are mounted.
        owner_reference: its owner, if it was made by an object of another kind than Job.
    """

    namespace: str
    name: str
    uid: str
    version: str
    sweep: str
    trial: str
    attempt: int
    owner: str
    trial_uid: str
    created: float
    view: Pod
    gpus: Mapping[str, float]
    amounts: Mapping[str, float]
    gpus_held_since: float | None
    containers_succeeded: bool
    ended: float | None
    start_blocker: StartBlocker | None
    summary: protocol.Summary | None
    summary_lost: bool
    sidecar: SidecarExits
    trainer: str
    trainer_ended: bool
    trainer_exit_code: int | None
    any_container_started: bool
    owner_reference: OwnerReference | None = None

    @property
    def has_ended(self) -> bool:
        """Whether no container of it runs, or will run."""
        return self.view.is_terminal or self.containers_succeeded


@dataclass(frozen=True, slots=True)
class CachedJob:
    """The Job of a trial's attempt.

    Attributes:
        namespace, name, uid: identify the Job.
        version: its resourceVersion.
        sweep, trial: from its labels.
        owner: uid of its SweepTrial.
        started: when the Job controller started or resumed it, in seconds since the epoch; None before.
        view: the Job as the planner sees it.
        instances: how many pods it has.
        kind: its kind; another one than Job for an object of a manifest.
        status: of an object of another kind; None for a Job.
        status_problem: why conditions cannot be evaluated over it; empty if they can.
        owner_kind: the kind of its owner.
        judgements: what its status means, by the conditions of a sweep; filled by ``judge``.
        authorities: fingerprints of the certificate authorities that its sidecars trust; none of a Job
            without a sidecar, or of an earlier version.
        budget: the budget that its execution was given; None without one.
    """

    namespace: str
    name: str
    uid: str
    version: str
    sweep: str
    trial: str
    owner: str
    started: float | None
    view: Job
    instances: int = 1
    kind: str = JOB
    status: Mapping[str, Any] | None = None
    status_problem: str = ""
    owner_kind: str = ""
    judgements: dict[Hashable, Job] = field(default_factory=dict, compare=False, repr=False)
    authorities: frozenset[str] = frozenset()
    budget: int | None = None


def carry_over_trainer_end(before: CachedPod, now: CachedPod) -> CachedPod:
    """Note on a cached pod whether its trainer had ended before the pod's deletion was requested.

    Only the history shows that. The pod's timestamps do not, because the kubelet's final deletion sets
    them again.

    Args:
        before: the previous version of the pod.
        now: the new one.
    """
    if not now.view.deleting:
        return now
    finished = before.view.finished if before.view.deleting else before.trainer_ended
    began = [v.interrupted_at for v in (before.view, now.view) if v.interrupted_at is not None]
    view = replace(now.view, finished=finished, interrupted_at=min(began, default=None))
    if finished and view.is_terminal and now.trainer_exit_code == 0:
        # The exit codes of the other containers come from their termination, and do not count.
        view = replace(view, succeeded=True)
    return replace(now, view=view)
