"""The Job controller and the garbage collector: creates the pods of Jobs, and deletes dependents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..kube.transport import Request
from ..timestamps import format_time
from .api_server import MemoryApiServer
from .store import Body, Change, Key

_OWNED = {"sweepjobs": ("sweeptrials",), "sweeptrials": ("jobs",), "jobs": ("pods",)}
_PREFIXES = {
    "sweepjobs": "/apis/sweepjob.dev/v1alpha1",
    "sweeptrials": "/apis/sweepjob.dev/v1alpha1",
    "jobs": "/apis/batch/v1",
    "pods": "/api/v1",
}


class JobController:
    """Reconciles Jobs after each change of the store.

    Args:
        server: the API server.
        clock: returns seconds since the epoch.
    """

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
        parts = [_PREFIXES[resource], "namespaces", key[0], resource]
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
        if "Succeeded" in map(phase_of, pods):
            self._finish_job(key, "Complete")
        elif "Failed" in [phase_of(p) for p in pods if not is_disrupted(p)]:
            self._finish_job(key, "Failed")
        elif made and not pods and not status.get("evicted"):
            self._finish_job(key, "Failed")  # its pod was deleted
        elif all(phase_of(p) == "Failed" for p in pods):
            status = {"made": made + 1, "startTime": format_time(self._clock()), "evicted": False}
            self.request("PATCH", "jobs", key, {"status": status}, "status")
            self._create_pod(key, job)

    def _finish_job(self, key: Key, kind: str) -> None:
        condition = {"type": kind, "status": "True", "reason": "BackoffLimitExceeded"}
        condition["lastTransitionTime"] = format_time(self._clock())
        self.request("PATCH", "jobs", key, {"status": {"conditions": [condition]}}, "status")

    def _create_pod(self, key: Key, job: Body) -> None:
        template = job["spec"]["template"]
        owner = {"kind": "Job", "name": key[1], "uid": job["metadata"]["uid"]}
        labels = {**template["metadata"]["labels"], "job-name": key[1]}
        metadata = {"generateName": f"{key[1]}-", "labels": labels, "ownerReferences": [owner]}
        body = {"metadata": metadata, "spec": template["spec"], "status": {"phase": "Pending"}}
        self.request("POST", "pods", key, body)

    def _pods_of(self, job: Body) -> list[Body]:
        return [p for p in self._store.all("pods").values() if _owner(p) == job["metadata"]["uid"]]

    def _delete_dependents(self, resource: str, uid: str) -> None:
        for owned in _OWNED.get(resource, ()):
            for key, body in list(self._store.all(owned).items()):
                if _owner(body) == uid:
                    self.request("DELETE", owned, key, {})

    def _delete_in_foreground(self, key: Key, job: Body, pods: list[Body]) -> None:
        for pod in pods:
            if "deletionTimestamp" not in pod["metadata"]:
                meta = pod["metadata"]
                self.request("DELETE", "pods", (meta["namespace"], meta["name"]), {})
        if not pods:
            self.request("PATCH", "jobs", key, {"metadata": {"finalizers": None}})


def _owner(body: Body) -> str:
    return str((body["metadata"].get("ownerReferences") or [{}])[0].get("uid", ""))


def phase_of(pod: Body) -> str:
    """Return the phase of a pod; empty without one."""
    return str(pod["status"].get("phase", ""))


def is_disrupted(pod: Body) -> bool:
    """Return whether a pod has the condition DisruptionTarget."""
    return any(c["type"] == "DisruptionTarget" for c in pod["status"].get("conditions", ()))
