"""A fake cluster: controllers, scheduler and kubelet, each with a delay, and evictions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from sweepjob.api.names import COMPLETION_INDEX
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.job_controller import JobController
from sweepjob.local.store import Body, Change, Key
from sweepjob.timestamps import format_time, parse_time


class FakeCluster(JobController):
    """Runs Jobs.

    Args:
        server: the API server.
        chance: the source of all randomness.
        clock: seconds since the epoch.
        train: runs a pod's containers; cancelled when the pod is killed. Returns the trainer's exit code
            and the sidecar's termination message.
        eviction_probability: that a pod is evicted; its Job replaces it.
        node_capacity: pods that fit on the node at a time; None for any number.
        node_clock_offset: seconds by which the clock of the node is ahead.

    Attributes:
        termination_message: returns the termination message of the sidecar in a pod that is deleted, by its uid.
    """

    def __init__(
        self,
        server: MemoryApiServer,
        chance: random.Random,
        clock: Callable[[], float],
        train: Callable[[Body], Any],
        eviction_probability: float = 0.0,
        node_capacity: int | None = None,
        node_clock_offset: float = 0.0,
    ) -> None:
        super().__init__(server, clock)
        self._node_clock = lambda: clock() + node_clock_offset
        self._chance = chance
        self._train = train
        self._eviction_probability = eviction_probability
        self._node_capacity = node_capacity
        self._running: dict[str, asyncio.Task[None]] = {}
        self.termination_message: Callable[[str], str] = lambda uid: ""

    def _later(self, bounds: tuple[float, float], call: Callable[..., None], *given: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._chance.uniform(*bounds), call, *given)

    def _on_change(self, change: Change) -> None:
        body = change.body
        key = (body["metadata"]["namespace"], body["metadata"]["name"])
        if change.new is None:
            self._later(
                (0.01, 0.5), self._delete_dependents, change.resource, body["metadata"]["uid"]
            )
        if change.resource == "jobs" and change.new is not None:
            self._later((0.005, 0.05), self._sync_job, key)
        elif change.resource == "pods":
            self._on_pod(change, key)

    def _on_pod(self, change: Change, key: Key) -> None:
        body = change.body
        job = (body["metadata"].get("labels") or {}).get("job-name")
        if job is not None:
            # Changes of an Indexed Job's pods are collected for a second.
            grouped = COMPLETION_INDEX in body["metadata"]["labels"]
            self._later((1.05, 2.0) if grouped else (0.1, 1.0), self._sync_job, (key[0], job))
        if body["spec"].get("schedulerName") == "nobody":
            return
        if change.old is None:
            self._later((0.01, 0.2), self._schedule, key)
        elif change.new is None:
            self._kill(body["metadata"]["uid"])
        elif "deletionTimestamp" in body["metadata"]:
            self._later((0.01, 0.5), self._terminate, key, body["metadata"]["uid"])

    # Scheduler and kubelet.

    def _schedule(self, key: Key) -> None:
        pod = self._store.get("pods", key)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return
        if self._node_capacity is not None and self._bound() >= self._node_capacity:
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            condition["lastTransitionTime"] = pod["metadata"]["creationTimestamp"]
            self.request("PATCH", "pods", key, {"status": {"conditions": [condition]}}, "status")
            self._later((0.1, 0.5), self._schedule, key)
            return
        self.request("PATCH", "pods", key, {"spec": {"nodeName": "node"}})
        self._later((0.05, 0.6), self._start, key, pod["metadata"]["uid"])

    def _bound(self) -> int:
        """Pods whose requests count: also of those in which nothing runs any more."""
        pods = self._store.all("pods").values()
        return sum("nodeName" in p["spec"] and not _is_terminal(p) for p in pods)

    def _start(self, key: Key, uid: str) -> None:
        pod = self._store.get("pods", key)
        if pod is None or pod["metadata"]["uid"] != uid or "deletionTimestamp" in pod["metadata"]:
            return
        now = format_time(self._node_clock())
        state = {"name": "trainer", "state": {"running": {"startedAt": now}}}
        status = {"phase": "Running", "startTime": now, "containerStatuses": [state]}
        status["conditions"] = []
        self.request("PATCH", "pods", key, {"status": status}, "status")
        self._running[uid] = asyncio.create_task(self._run(key, pod))
        if self._chance.random() < self._eviction_probability:
            self._later((0.1, 6.0), self._drain, key, uid)

    async def _run(self, key: Key, pod: Body) -> None:
        await self._rendezvous(key, pod)
        code, words = await self._train(pod)
        self._end(key, code, words)

    async def _rendezvous(self, key: Key, pod: Body) -> None:
        """The trainers of several pods wait for each other."""
        labels = pod["metadata"]["labels"]
        job = self._store.get("jobs", (key[0], labels["job-name"]))
        while job is not None:
            running = [p for p in self._pods_of(job) if p["status"].get("phase") == "Running"]
            if len(running) >= job["spec"].get("completions", 1):
                return
            await asyncio.sleep(0.2)

    def _end(self, key: Key, code: int, words: str = "") -> None:
        """The containers have ended; that the pod has is said by and by."""
        pod = self._store.get("pods", key)
        if pod is None or pod["status"].get("phase") != "Running":
            return
        state = pod["status"]["containerStatuses"][0]["state"]
        if "running" not in state:
            return
        now = format_time(self._node_clock())
        ended = {"terminated": {"exitCode": code, "finishedAt": now, **state["running"]}}
        killed = 0 if words else 137
        sidecar = {"terminated": {"exitCode": killed, "finishedAt": now, "message": words}}
        status = {
            "containerStatuses": [{"name": "trainer", "state": ended}],
            "initContainerStatuses": [{"name": "sweepjob-sidecar", "state": sidecar}],
        }
        self.request("PATCH", "pods", key, {"status": status}, "status")
        self._later((0.0, 1.2), self._put_away, key, pod["metadata"]["uid"], code)

    def _put_away(self, key: Key, uid: str, code: int) -> None:
        pod = self._store.get("pods", key)
        if pod is not None and pod["metadata"]["uid"] == uid:
            phase = "Failed" if code else "Succeeded"
            self.request("PATCH", "pods", key, {"status": {"phase": phase}}, "status")

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
        code = 0 if obeys and self._chance.random() < 0.3 else 137
        self._end(key, code, self.termination_message(uid))
        self._later((0.05, 0.6), self._remove, key, uid)

    def _remove(self, key: Key, uid: str) -> None:
        final = {"preconditions": {"uid": uid}, "gracePeriodSeconds": 0}
        self.request("DELETE", "pods", key, final)

    def _kill(self, uid: str) -> None:
        task = self._running.pop(uid, None)
        if task is not None:
            task.cancel()


def _is_terminal(pod: Body) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")
