"""Reads the container statuses of a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import protocol
from ..api import names
from ..lifecycle.workload import TrainerEnd
from ..timestamps import parse_time
from .failures import failure_of
from .user_pod import trainer_of

Status = Mapping[str, Any]


def all_statuses(status: Status) -> list[Status]:
    """Return the statuses of all containers of a pod's status, init containers last."""
    return [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]


def has_started(container: Status) -> bool:
    """Return whether a container has started, now or before a restart."""
    states = (container.get("state") or {}, container.get("lastState") or {})
    return any("running" in state or "terminated" in state for state in states)


def start_time(container: Status) -> float | None:
    """Return when a container started, in seconds since the epoch; None when it has not."""
    state = container.get("state") or {}
    return parse_time((state.get("running") or state.get("terminated") or {}).get("startedAt"))


def finish_time(container: Status) -> float | None:
    """Return when a container ended, in seconds since the epoch; None when it has not."""
    terminated = (container.get("state") or {}).get("terminated") or {}
    return parse_time(terminated.get("finishedAt"))


def exit_code(container: Status) -> int | None:
    """Return a container's exit code; None when it has not ended."""
    terminated = (container.get("state") or {}).get("terminated")
    return None if terminated is None else terminated.get("exitCode", 0)


def end_time(status: Status) -> float | None:
    """Return when the last container of a pod's status ended; None where no time is known."""
    ends = [
        parse_time((s.get("state") or {}).get("terminated", {}).get("finishedAt"))
        for s in all_statuses(status)
    ]
    return max((end for end in ends if end is not None), default=None)


def trainer_status(spec: Mapping[str, Any], status: Status) -> Status:
    """Return the status of the trainer's container; an empty one before there is any."""
    name = trainer_of(spec)["name"]
    statuses = status.get("containerStatuses") or []
    return next((s for s in statuses if s["name"] == name), {})


def trainer_end(spec: Mapping[str, Any], status: Status) -> TrainerEnd | None:
    """Return how the trainer ended, where other containers of its pod still run.

    None where it runs, where nothing else does, or where its own restart policy may start it again.
    """
    trainer = trainer_of(spec)
    found = trainer_status(spec, status)
    code = exit_code(found)
    if code is None or "restartPolicy" in trainer or "restartPolicyRules" in trainer:
        return None
    others = [s for s in status.get("containerStatuses") or [] if s["name"] != trainer["name"]]
    running = tuple(s["name"] for s in others if "terminated" not in (s.get("state") or {}))
    ended = parse_time(found["state"]["terminated"].get("finishedAt"))
    if not running or ended is None:
        return None
    return TrainerEnd(ended, failure_of(found, {}) if code else None, running)


def containers_succeeded(body: Mapping[str, Any]) -> bool:
    """Return whether all containers of a pod have ended, and those that are not init containers with 0.

    False for three kinds of pods. One that is being deleted: its end is not its own. One with a priority:
    its successor would preempt other pods while the scheduler still counts this one. One with a container
    that has a restart policy of its own: it may start again.
    """
    spec, status = body["spec"], body.get("status") or {}
    if "deletionTimestamp" in body["metadata"] or (spec.get("priority") or 0) > 0:
        return False
    if any("restartPolicy" in container for container in spec["containers"]):
        return False
    regular, initial = (status.get(f"{k}Statuses") or [] for k in ("container", "initContainer"))
    ends = [(s.get("state") or {}).get("terminated") for s in (*regular, *initial)]
    count = len(spec["containers"]) + len(spec.get("initContainers") or [])
    succeeded = all(end is not None and end.get("exitCode") == 0 for end in ends[: len(regular)])
    return succeeded and len(ends) == count and None not in ends


def sidecar_summary(status: Status) -> protocol.Summary | None:
    """Return the summary in the sidecar's last termination message, or in the one before that."""
    statuses = status.get("initContainerStatuses") or []
    sidecars = [s for s in statuses if s["name"] == names.SIDECAR]
    states = [s.get(which) or {} for s in sidecars for which in ("state", "lastState")]
    ends = [state["terminated"] for state in states if "terminated" in state]
    found = (protocol.Summary.parse(end.get("message") or "") for end in ends)
    return next((summary for summary in found if summary is not None), None)
