"""The fake server's controllers: Job controller, scheduler, kubelet and garbage collector, each a
moment late, as in life; and people and nodes that take pods away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from sweepjob.resources.times import format_time, parse_time

from .rest import FakeApiServer, Request
from .store import Body, Change, Key

_OWNED = {"sweepjobs": ("sweeptrials",), "sweeptrials": ("jobs",), "jobs": ("pods",)}
_PATHS = {
    "sweepjobs": "/apis/sweepjob.dev/v1alpha1",
    "sweeptrials": "/apis/sweepjob.dev/v1alpha1",
    "jobs": "/apis/batch/v1",
    "pods": "/api/v1",
}


class FakeCluster:
    """Runs Jobs.

    Args:
        clock: seconds since the epoch.
        train: what a pod's containers do, from their start to the trainer's exit code; it is
            cancelled when the pod is killed. Returns the exit code and the sidecar's last words.
        drained: probability that a pod is evicted, and replaced by its Job.
    """

    def __init__(
        self,
        server: FakeApiServer,
        chance: random.Random,
        clock: Callable[[], float],
        train: Callable[[Body], Any],
        drained: float = 0.0,
    ) -> None:
        self._server = server
        self._store = server.store
        self._chance = chance
        self._clock = clock
        self._train = train
        self._drained = drained
        self._running: dict[str, asyncio.Task[None]] = {}
        self._store.observers.append(self._on_change)

    def request(self, method: str, resource: str, key: Key, body: Body, sub: str = "") -> None:
        """A write of a controller or a person; that the object is gone meanwhile is no error."""
        parts = [_PATHS[resource], "namespaces", key[0], resource]
        parts += [key[1]] if method != "POST" else []
        path = "/".join([*parts, *([sub] if sub else [])])
        self._server.answer(Request(method, path, {}, body))

    def _later(self, bounds: tuple[float, float], call: Callable[..., None], *given: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._chance.uniform(*bounds), call, *given)

    def _on_change(self, change: Change) -> None:
        body = change.body
        key = (body["metadata"]["namespace"], body["metadata"]["name"])
        if change.new is None:
            self._later((0.01, 0.5), self._collect, change.resource, body["metadata"]["uid"])
        if change.resource == "jobs" and change.new is not None:
            self._later((0.005, 0.05), self._sync_job, key)
        elif change.resource == "pods":
            self._on_pod(change, key)

    def _on_pod(self, change: Change, key: Key) -> None:
        body = change.body
        job = (body["metadata"].get("labels") or {}).get("job-name")
        if job is not None:
            self._later((0.1, 1.0), self._sync_job, (key[0], job))
        if body["spec"].get("schedulerName") == "nobody":
            return
        if change.old is None:
            self._later((0.01, 0.2), self._schedule, key)
        elif change.new is None:
            self._kill(body["metadata"]["uid"])
        elif "deletionTimestamp" in body["metadata"]:
            self._later((0.01, 0.5), self._terminate, key, body["metadata"]["uid"])

    # The Job controller.

    def _sync_job(self, key: Key) -> None:
        job = self._store.get("jobs", key)
        if job is None:
            return
        pods = self._pods_of(job)
        if "deletionTimestamp" in job["metadata"]:
            self._collect_foreground(key, job, pods)
            return
        status = job.get("status") or {}
        if status.get("conditions") or job["spec"].get("suspend"):
            return
        made = int(status.get("made", 0))
        if "Succeeded" in map(_phase, pods):
            self._conclude(key, "Complete")
        elif "Failed" in [_phase(p) for p in pods if not _is_disrupted(p)]:
            self._conclude(key, "Failed")
        elif made and not pods and not status.get("evicted"):
            self._conclude(key, "Failed")  # somebody deleted its pod
        elif all(_phase(p) == "Failed" for p in pods):
            status = {"made": made + 1, "startTime": format_time(self._clock()), "evicted": False}
            self.request("PATCH", "jobs", key, {"status": status}, "status")
            self._create_pod(key, job)

    def _conclude(self, key: Key, kind: str) -> None:
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

    # The garbage collector.

    def _collect(self, resource: str, uid: str) -> None:
        for owned in _OWNED.get(resource, ()):
            for key, body in list(self._store.all(owned).items()):
                if _owner(body) == uid:
                    self.request("DELETE", owned, key, {})

    def _collect_foreground(self, key: Key, job: Body, pods: list[Body]) -> None:
        for pod in pods:
            if "deletionTimestamp" not in pod["metadata"]:
                meta = pod["metadata"]
                self.request("DELETE", "pods", (meta["namespace"], meta["name"]), {})
        if not pods:
            self.request("PATCH", "jobs", key, {"metadata": {"finalizers": None}})

    # Scheduler and kubelet.

    def _schedule(self, key: Key) -> None:
        pod = self._store.get("pods", key)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return
        self.request("PATCH", "pods", key, {"spec": {"nodeName": "node"}})
        self._later((0.05, 0.6), self._start, key, pod["metadata"]["uid"])

    def _start(self, key: Key, uid: str) -> None:
        pod = self._store.get("pods", key)
        if pod is None or pod["metadata"]["uid"] != uid or "deletionTimestamp" in pod["metadata"]:
            return
        now = format_time(self._clock())
        state = {"name": "trainer", "state": {"running": {"startedAt": now}}}
        status = {"phase": "Running", "startTime": now, "containerStatuses": [state]}
        self.request("PATCH", "pods", key, {"status": status}, "status")
        self._running[uid] = asyncio.create_task(self._run(key, pod))
        if self._chance.random() < self._drained:
            self._later((0.1, 6.0), self._drain, key, uid)

    async def _run(self, key: Key, pod: Body) -> None:
        code, words = await self._train(pod)
        self._end(key, code, words)

    def _end(self, key: Key, code: int, words: str = "") -> None:
        pod = self._store.get("pods", key)
        if pod is None or pod["status"].get("phase") != "Running":
            return
        now = format_time(self._clock())
        ended = {"terminated": {"exitCode": code, "finishedAt": now}}
        started = pod["status"]["containerStatuses"][0]["state"].get("running") or {}
        ended["terminated"] |= started
        sidecar = {"terminated": {"exitCode": 0, "finishedAt": now, "message": words}}
        status = {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [{"name": "trainer", "state": ended}],
            "initContainerStatuses": [{"name": "sweepjob-sidecar", "state": sidecar}],
        }
        self.request("PATCH", "pods", key, {"status": status}, "status")

    def _drain(self, key: Key, uid: str) -> None:
        pod = self._store.get("pods", key)
        if pod is None or pod["status"].get("phase") != "Running":
            return
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "EvictionByEvictionAPI",
        }
        job = (key[0], pod["metadata"]["labels"]["job-name"])
        self.request("PATCH", "jobs", job, {"status": {"evicted": True}}, "status")
        self.request("PATCH", "pods", key, {"status": {"conditions": [condition]}}, "status")
        self.request("DELETE", "pods", key, {"preconditions": {"uid": uid}})

    def _terminate(self, key: Key, uid: str) -> None:
        """A training script ignores SIGTERM as a rule, and is killed when its grace is over."""
        pod = self._store.get("pods", key)
        if pod is None or pod["metadata"]["uid"] != uid:
            return
        due = parse_time(pod["metadata"]["deletionTimestamp"]) or 0.0
        obeys = self._chance.random() < 0.3
        if due > self._clock() and not obeys:
            self._later((due - self._clock(), due - self._clock() + 0.2), self._terminate, key, uid)
            return
        self._kill(uid)
        self._end(key, 0 if obeys and self._chance.random() < 0.3 else 137)
        self._later((0.05, 0.6), self._remove, key, uid)

    def _remove(self, key: Key, uid: str) -> None:
        final = {"preconditions": {"uid": uid}, "gracePeriodSeconds": 0}
        self.request("DELETE", "pods", key, final)

    def _kill(self, uid: str) -> None:
        task = self._running.pop(uid, None)
        if task is not None:
            task.cancel()


def _owner(body: Body) -> str:
    return str((body["metadata"].get("ownerReferences") or [{}])[0].get("uid", ""))


def _phase(pod: Body) -> str:
    return str(pod["status"].get("phase", ""))


def _is_disrupted(pod: Body) -> bool:
    return any(c["type"] == "DisruptionTarget" for c in pod["status"].get("conditions", ()))
