"""The Job controller and the garbage collector: creates the pods of Jobs, and deletes dependents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ..api.names import COMPLETION_INDEX
from ..kube.transport import Request
from ..protocol import ENV_RANK
from ..timestamps import format_time
from .api_server import MemoryApiServer
from .store import Body, Change, Key, owner_of

_OWNED = {
    "sweepjobs": ("sweeptrials", "services", "jobs"),
    "sweeptrials": ("jobs",),
    "jobs": ("pods",),
}
# Seconds for which changes of an Indexed Job's pods are collected, as by the real controller: a failure
# is then in an earlier second than the deletion of the other pods.
_BATCH_PERIOD = 1.1
_PREFIXES = {
    "sweepjobs": "/apis/sweepjob.dev/v1alpha1",
    "sweeptrials": "/apis/sweepjob.dev/v1alpha1",
    "jobs": "/apis/batch/v1",
    "pods": "/api/v1",
    "services": "/api/v1",
}


class JobController:
    """Reconciles Jobs after each change of the store.

    Args:
        server: the API server.
        clock: returns seconds since the epoch.
    """

    _owned: Mapping[str, tuple[str, ...]] = _OWNED
    _prefixes: Mapping[str, str] = _PREFIXES

    def __init__(self, server: MemoryApiServer, clock: Callable[[], float]) -> None:
        self._server = server
        self._store = server.store
        self._clock = clock
        self._store.observers.append(self._on_change)

    def request(self, method: str, resource: str, key: Key, body: Body, sub: str = "") -> None:
        """Send a write request; an object that no longer exists is no error.

        Args:
            method: HTTP method.
            resource: resource in the plural, such as ``pods``.
            key: namespace and name.
            body: the object, the patch or the options.
            sub: subresource; empty for none.
        """
        parts = [self._prefixes[resource], "namespaces", key[0], resource]
        parts += [key[1]] if method != "POST" else []
        path = "/".join([*parts, *([sub] if sub else [])])
        self._server.answer(Request(method, path, {}, body))

    def sync_all(self) -> None:
        """Reconcile all Jobs, as after a restart."""
        for key in self._store.all("jobs"):
            self.schedule(self._sync_job, key)

    def schedule(self, call: Callable[..., None], *given: Any) -> None:
        """Call a function in the next iteration of the event loop, after the current writer's code."""
        asyncio.get_running_loop().call_soon(call, *given)

    def _on_change(self, change: Change) -> None:
        meta = change.body["metadata"]
        key = (meta["namespace"], meta["name"])
        if change.new is None:
            self.schedule(self._delete_dependents, change.resource, meta["uid"])
        if change.resource == "jobs" and change.new is not None:
            self.schedule(self._sync_job, key)
        job = (meta.get("labels") or {}).get("job-name")
        if change.resource == "pods" and job is not None:
            if COMPLETION_INDEX in meta["labels"]:
                delay = _BATCH_PERIOD
                asyncio.get_running_loop().call_later(delay, self._sync_job, (key[0], job))
            else:
                self.schedule(self._sync_job, (key[0], job))

    def _sync_job(self, key: Key) -> None:
        job = self._store.get("jobs", key)
        if job is None:
            return
        pods = self._pods_of(job)
        if "deletionTimestamp" in job["metadata"]:
            self._delete_in_foreground(key, job, pods)
            return
        status = job.get("status") or {}
        if status.get("conditions") or job["spec"].get("suspend"):
            return
        made = int(status.get("made", 0))
        instances = job["spec"].get("completions", 1)
        if instances > 1:
            self._sync_indexed_job(key, job, pods, instances)
        elif "Succeeded" in map(phase_of, pods):
            self._finish_job(key, "Complete")
        elif "Failed" in [phase_of(p) for p in pods if not is_disrupted(p)]:
            self._finish_job(key, "Failed")
        elif made and not pods and not status.get("evicted"):
            self._finish_job(key, "Failed")  # its pod was deleted
        elif all(phase_of(p) == "Failed" for p in pods):
            status = {"made": made + 1, "startTime": format_time(self._clock()), "evicted": False}
            self.request("PATCH", "jobs", key, {"status": status}, "status")
            self._create_pod(key, job)

    def _sync_indexed_job(self, key: Key, job: Body, pods: list[Body], instances: int) -> None:
        """Create all pods of a Job at once; end all of them when one has failed, or rank 0 succeeded."""
        failed = [pod for pod in pods if phase_of(pod) == "Failed"]
        made = int((job.get("status") or {}).get("made", 0))
        if any(map(is_disrupted, failed)):
            self._finish_job(key, "Failed", "PodFailurePolicy")
        elif failed or (made and len(pods) < instances):
            self._finish_job(key, "Failed")
        elif any(phase_of(pod) == "Succeeded" and _rank(pod) == "0" for pod in pods):
            self._finish_job(key, "Complete")
        else:
            if not made:
                status = {"made": 1, "startTime": format_time(self._clock())}
                self.request("PATCH", "jobs", key, {"status": status}, "status")
                for rank in range(instances):
                    self._create_pod(key, job, rank)
            return
        for pod in pods:
            if phase_of(pod) not in ("Succeeded", "Failed"):
                self.request("DELETE", "pods", (key[0], pod["metadata"]["name"]), {})

    def _finish_job(self, key: Key, kind: str, reason: str = "BackoffLimitExceeded") -> None:
        condition = {"type": kind, "status": "True", "reason": reason}
        condition["lastTransitionTime"] = format_time(self._clock())
        self.request("PATCH", "jobs", key, {"status": {"conditions": [condition]}}, "status")

    def _create_pod(self, key: Key, job: Body, rank: int | None = None) -> None:
        template = job["spec"]["template"]
        owner = {"kind": "Job", "name": key[1], "uid": job["metadata"]["uid"]}
        owner["apiVersion"] = "batch/v1"
        labels = {**template["metadata"]["labels"], "job-name": key[1]}
        prefix = f"{key[1]}-" if rank is None else f"{key[1]}-{rank}-"
        annotations = dict(template["metadata"].get("annotations") or {})
        metadata = {"generateName": prefix, "labels": labels, "ownerReferences": [owner]}
        metadata["annotations"] = annotations
        spec = template["spec"]
        if rank is not None:
            labels[COMPLETION_INDEX] = str(rank)
            annotations[COMPLETION_INDEX] = str(rank)
            spec = _with_rank(spec, rank)
        body = {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}
        self.request("POST", "pods", key, body)

    def _pods_of(self, job: Body) -> list[Body]:
        return [
            p for p in self._store.all("pods").values() if owner_of(p) == job["metadata"]["uid"]
        ]

    def _delete_dependents(self, resource: str, uid: str) -> None:
        for owned in self._owned.get(resource, ()):
            for key, body in list(self._store.all(owned).items()):
                if owner_of(body) == uid:
                    self.request("DELETE", owned, key, {})

    def _delete_in_foreground(self, key: Key, job: Body, pods: list[Body]) -> None:
        for pod in pods:
            if "deletionTimestamp" not in pod["metadata"]:
                meta = pod["metadata"]
                self.request("DELETE", "pods", (meta["namespace"], meta["name"]), {})
        if not pods:
            self.request("PATCH", "jobs", key, {"metadata": {"finalizers": None}})


def _with_rank(spec: Body, rank: int) -> Body:
    """Return the spec of a pod whose containers have its rank in a variable."""
    variable = {"name": ENV_RANK, "value": str(rank)}
    kinds = [kind for kind in ("containers", "initContainers") if kind in spec]
    return {
        **spec,
        **{k: [{**c, "env": [*(c.get("env") or []), variable]} for c in spec[k]] for k in kinds},
    }


def _rank(pod: Body) -> str:
    return str((pod["metadata"].get("labels") or {}).get(COMPLETION_INDEX, "0"))


def phase_of(pod: Body) -> str:
    """Return the phase of a pod; empty without one."""
    return str(pod["status"].get("phase", ""))


def is_disrupted(pod: Body) -> bool:
    """Return whether a pod has the condition DisruptionTarget."""
    return any(c["type"] == "DisruptionTarget" for c in pod["status"].get("conditions", ()))
