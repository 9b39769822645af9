"""Pods and Jobs as they are kept in the watch caches: the few fields that decisions need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import protocol
from ..api import names
from ..api.conditions import condition
from ..api.shapes import JOB, POD, shaped
from ..api.times import parse_time
from ..lifecycle.observed import Job, Pod, StartBlocker, TrainerEnd
from . import accelerators, disruptions, start_blockers
from .completeness import SidecarEnds, sidecar_ends
from .failures import failure_of
from .job import trainer_of


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A pod of a trial.

    Attributes:
        owner: uid of its Job.
        trial_uid: of the trial that it says it is of. Anybody may have written that.
        created: seconds since the epoch.
        gpus: the accelerators it requests, by resource name.
        held_from: seconds since the epoch when the kubelet took it, so its GPUs are held; None before.
        spent: its containers have all ended, and well; only the kubelet has not put it away yet, which
            takes a second, and the scheduler still counts what it requested.
        ended: when its last container ended, None before.
        trouble: why it waits, if that needs a person.
        summary: the sidecar's last words.
        silenced: it has ended well, but its sidecar was killed before it could leave any.
        sidecar: how its sidecar ended.
        trainer: the name of the container that trains.
        trainer_ended: it runs no more, whatever the others do.
        trainer_code: its exit code then, None before.
        begun: any of its containers has started, so that its volumes are mounted.
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
    held_from: float | None
    spent: bool
    ended: float | None
    trouble: StartBlocker | None
    summary: protocol.Summary | None
    summary_lost: bool
    sidecar: SidecarEnds
    trainer: str
    trainer_ended: bool
    trainer_code: int | None
    begun: bool

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more, or ever will."""
        return self.view.is_terminal or self.spent


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The Job of a trial's attempt.

    Attributes:
        started: seconds since the epoch when the Job controller took it up, or again after a
            suspension; None before.
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


def parse_job(body: Mapping[str, Any]) -> JobRecord:
    """The Job of an attempt.

    Raises:
        ValueError: it has no identity.
    """
    meta, spec, status = _parts(shaped(body, JOB))
    labels = meta.get("labels") or {}
    failed, complete = (condition(status, kind, "True") for kind in ("Failed", "Complete"))
    end = failed or complete or {}
    owners = meta.get("ownerReferences") or [{}]
    return JobRecord(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=labels.get(names.LABEL_SWEEP, ""),
        trial=labels.get(names.LABEL_TRIAL, ""),
        owner=owners[0].get("uid", ""),
        started=parse_time(status.get("startTime")),
        view=Job(
            name=meta["name"],
            uid=meta["uid"],
            attempt=_attempt(labels),
            deleting="deletionTimestamp" in meta,
            suspended=bool(spec.get("suspend")),
            succeeded=complete is not None,
            failure=None if failed is None else _job_failure(failed),
            ended=parse_time(end.get("lastTransitionTime")),
        ),
    )


def goes_on(body: Mapping[str, Any]) -> bool:
    """Whether a pod has not ended, and nobody takes its place away; body: its own, or what a request for
    its deletion was answered with.
    """
    status = shaped(body, POD).get("status")
    if status is None or status.get("phase") in ("Succeeded", "Failed"):
        return False
    return condition(status, "DisruptionTarget", "True") is None


def _attempt(labels: Mapping[str, str]) -> int:
    text = labels.get(names.LABEL_ATTEMPT, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _job_failure(condition: Mapping[str, str]) -> tuple[str, str]:
    return condition.get("reason", "JobFailed"), condition.get("message", "the Job failed")


def _parts(body: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
    """Metadata, spec and status."""
    meta, spec, status = ((body or {}).get(key) or {} for key in ("metadata", "spec", "status"))
    if not meta.get("uid"):
        raise ValueError("has no uid")
    return meta, spec, status


def parse_pod(body: Mapping[str, Any]) -> PodRecord:
    """The pod of an attempt, or whatever has its labels.

    Raises:
        ValueError: it has no identity, or no containers.
    """
    body = shaped(body, POD)
    meta, spec, status = _parts(body)
    if not spec.get("containers"):
        raise ValueError("has no containers")
    labels = meta.get("labels") or {}
    trainer = _trainer_status(spec, status)
    phase = status.get("phase")
    terminal = phase in ("Succeeded", "Failed")
    created = parse_time(meta.get("creationTimestamp")) or 0.0
    disruption = disruptions.of_pod(status, trainer)
    spent = not terminal and disruption is None and _is_spent(body)
    summary, sidecar = _summary(status), sidecar_ends(status)
    return PodRecord(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        version=meta["resourceVersion"],
        sweep=labels.get(names.LABEL_SWEEP, ""),
        trial=labels.get(names.LABEL_TRIAL, ""),
        attempt=_attempt(labels),
        created=created,
        trial_uid=labels.get(names.LABEL_TRIAL_UID, ""),
        owner=(meta.get("ownerReferences") or [{}])[0].get("uid", ""),
        view=Pod(
            name=meta["name"],
            uid=meta["uid"],
            succeeded=(phase == "Succeeded") if terminal else None,
            deleting="deletionTimestamp" in meta,
            gone_by=parse_time(meta.get("deletionTimestamp")),
            disrupted=disruption is not None,
            started=parse_time(_state(trainer).get("startedAt")),
            never_started_since=disruptions.stranded_since(status),
            failure=disruption or (failure_of(trainer, status) if terminal else ("", "")),
            node=spec.get("nodeName", ""),
            trainer_end=None if terminal or spent else _trainer_end(spec, status),
        ),
        gpus=accelerators.requested(spec),
        held_from=parse_time(status.get("startTime")),
        spent=spent,
        ended=_ended(status) if terminal or spent else None,
        trouble=None if terminal else start_blockers.of_pod(status, created),
        summary=summary,
        summary_lost=(phase == "Succeeded" or spent) and summary is None and sidecar.any_failed,
        sidecar=sidecar,
        trainer=trainer_of(spec)["name"],
        trainer_ended=_exit_code(trainer) is not None,
        trainer_code=_exit_code(trainer),
        begun=any(_has_begun(s) for s in _statuses(status)),
    )


def _statuses(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]


def _has_begun(container: Mapping[str, Any]) -> bool:
    states = (container.get("state") or {}, container.get("lastState") or {})
    return any("running" in state or "terminated" in state for state in states)


def _exit_code(container: Mapping[str, Any]) -> int | None:
    ended = (container.get("state") or {}).get("terminated")
    return None if ended is None else ended.get("exitCode", 0)


def _trainer_end(spec: Mapping[str, Any], status: Mapping[str, Any]) -> TrainerEnd | None:
    """How the trainer ended, if others go on; never where it may be started again by rules of its own."""
    trainer = trainer_of(spec)
    found = _trainer_status(spec, status)
    code = _exit_code(found)
    if code is None or "restartPolicy" in trainer or "restartPolicyRules" in trainer:
        return None
    others = [s for s in status.get("containerStatuses") or [] if s["name"] != trainer["name"]]
    going = tuple(s["name"] for s in others if "terminated" not in (s.get("state") or {}))
    ended = parse_time(found["state"]["terminated"].get("finishedAt"))
    if not going or ended is None:
        return None
    return TrainerEnd(ended, failure_of(found, {}) if code else None, going)


def _trainer_status(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Mapping[str, Any]:
    name = trainer_of(spec)["name"]
    statuses = status.get("containerStatuses") or []
    return next((s for s in statuses if s["name"] == name), {})


def _is_spent(body: Mapping[str, Any]) -> bool:
    """Whether every container has ended, and those that count with exit code 0.

    Never of a pod that is being deleted, nor of one that stands above others: what comes in its place
    would, while its room is not free yet, push one of those aside. Nor where a container has rules of
    its own for being started again.
    """
    spec, status = body["spec"], body.get("status") or {}
    if "deletionTimestamp" in body["metadata"] or (spec.get("priority") or 0) > 0:
        return False
    if any("restartPolicy" in container for container in spec["containers"]):
        return False
    regular, initial = (status.get(f"{k}Statuses") or [] for k in ("container", "initContainer"))
    ends = [(s.get("state") or {}).get("terminated") for s in (*regular, *initial)]
    counted = len(spec["containers"]) + len(spec.get("initContainers") or [])
    well = all(end is not None and end.get("exitCode") == 0 for end in ends[: len(regular)])
    return well and len(ends) == counted and None not in ends


def _state(status: Mapping[str, Any]) -> Mapping[str, Any]:
    state = status.get("state") or {}
    return state.get("running") or state.get("terminated") or {}


def remember_end(before: PodRecord, now: PodRecord) -> PodRecord:
    """The pod as it is now, with what only its history shows: whether its trainer had ended before
    anybody asked it to go. Its times do not: its last deletion, by the kubelet, has them anew.
    """
    if not now.view.deleting:
        return now
    finished = before.view.finished if before.view.deleting else before.trainer_ended
    view = replace(now.view, finished=finished)
    if finished and view.is_terminal and now.trainer_code == 0:
        view = replace(view, succeeded=True)  # whatever the others said when they were told to go
    return replace(now, view=view)


def _ended(status: Mapping[str, Any]) -> float | None:
    ends = [
        parse_time((s.get("state") or {}).get("terminated", {}).get("finishedAt"))
        for s in _statuses(status)
    ]
    return max((end for end in ends if end is not None), default=None)


def _summary(status: Mapping[str, Any]) -> protocol.Summary | None:
    found = (protocol.Summary.parse(end.get("message") or "") for end in _ends_of_sidecar(status))
    return next((summary for summary in found if summary is not None), None)


def _ends_of_sidecar(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The last one and the one before, as far as they are known."""
    statuses = status.get("initContainerStatuses") or []
    sidecars = [s for s in statuses if s["name"] == names.SIDECAR]
    states = [s.get(which) or {} for s in sidecars for which in ("state", "lastState")]
    return [state["terminated"] for state in states if "terminated" in state]
