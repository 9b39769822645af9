"""The node: takes pods as GPUs are free, has them run as processes, and writes what became of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..api.times import parse_time
from ..ingest.authentication import Caller
from ..trial_pods.proxies import merge_environments
from . import pod_status
from .devices import Devices
from .job_controller import JobController, phase_of
from .log import Log
from .pod_processes import gpus_of, local_pod
from .pod_runner import PodEnd, PodRunner
from .store import Body, Change, Key, Store

_log = logging.getLogger(__name__)
_FAREWELL = 5.0  # seconds that pods have to go when the sweep is interrupted


@dataclass(frozen=True)
class Machine:
    """What trainers find on it.

    Attributes:
        environment: besides their own.
        folder: the one they start in.
    """

    devices: Devices
    environment: Mapping[str, str]
    folder: Path


class Node:
    """Runs pods.

    Args:
        root: the sweep's folder.
        url: of the intake.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        controller: JobController,
        store: Store,
        root: Path,
        machine: Machine,
        url: str,
        clock: Callable[[], float],
    ) -> None:
        self._controller = controller
        self._store = store
        self._root = root
        self._machine = machine
        self._devices = machine.devices
        self._url = url
        self._clock = clock
        self._waiting: list[Key] = []
        self._tasks: dict[str, asyncio.Task[PodEnd]] = {}
        self._runners: dict[str, PodRunner] = {}
        self._callers: dict[str, Caller] = {}
        self._logs: dict[str, Log] = {}
        self._is_closing = False
        store.observers.append(self._on_change)

    async def identify(self, token: str, peer: str) -> Caller | None:
        """Whose token this is; the ingestion server asks."""
        return self._callers.get(token)

    async def log_of(self, pod: str, after: float) -> AsyncIterator[bytes]:
        """A pod's log with times, until its trainer has ended.

        Args:
            after: seconds since the epoch; older lines may be left out.
        """
        log = self._logs.get(pod)
        if log is not None:
            async for lines in log.follow(after):
                yield lines

    async def close(self) -> None:
        """End all pods: asked first, then killed. Their status stays: it was not their own end."""
        self._is_closing = True
        tasks = list(self._tasks.values())
        for runner in self._runners.values():
            runner.terminate(_FAREWELL)
        if tasks:
            await asyncio.wait(tasks, timeout=_FAREWELL)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_change(self, change: Change) -> None:
        if change.resource != "pods" or self._is_closing:
            return
        meta = change.body["metadata"]
        if change.old is None:
            self._waiting.append((meta["namespace"], meta["name"]))
            self._controller.soon(self._admit)
        elif change.new is not None:
            self._end_if_deleted(change.new)

    def _end_if_deleted(self, body: Body) -> None:
        due = parse_time(body["metadata"].get("deletionTimestamp"))
        runner = self._runners.get(body["metadata"]["uid"])
        if due is not None and runner is not None:
            runner.terminate(max(0.0, due - self._clock()))

    def _admit(self) -> None:
        """Start the pods that wait, in their order, as far as there are GPUs for them."""
        while self._waiting and not self._is_closing:
            key = self._waiting[0]
            body = self._store.get("pods", key)
            if body is None or phase_of(body) != "Pending":
                self._waiting.pop(0)
                continue
            gpus = self._devices.take(gpus_of(body))
            if gpus is None:
                return
            self._waiting.pop(0)
            self._controller.request("PATCH", "pods", key, {"spec": {"nodeName": "local"}})
            uid = body["metadata"]["uid"]
            task = self._tasks[uid] = asyncio.create_task(self._run(key, body, gpus))
            task.add_done_callback(partial(self._on_end, key, body, gpus))

    async def _run(self, key: Key, body: Body, gpus: tuple[str, ...]) -> PodEnd:
        uid = body["metadata"]["uid"]
        pod = local_pod(body, self._root, self._url, self._machine.environment)
        pod.folder.mkdir(parents=True, exist_ok=True)
        if pod.sidecar is not None:
            token = secrets.token_urlsafe()
            pod.token.write_text(token)
            self._callers[token] = Caller(key[0], key[1], uid)
        environment = merge_environments(self._machine.environment, pod.environment)
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        log = self._logs[pod.name] = Log(self._root / "logs" / f"{pod.name}.log")
        started = partial(self._write_start, key, body)
        runner = PodRunner(pod, environment, self._machine.folder, log, started)
        self._runners[uid] = runner
        self._end_if_deleted(self._store.get("pods", key) or body)
        return await runner.run()

    def _on_end(
        self, key: Key, body: Body, gpus: tuple[str, ...], task: asyncio.Task[PodEnd]
    ) -> None:
        """A pod's task is over, whatever has ended it: its GPUs are free, and its end is written."""
        uid = body["metadata"]["uid"]
        self._runners.pop(uid, None)
        self._tasks.pop(uid, None)
        self._devices.give_back(gpus)
        self._controller.soon(self._admit)
        if not self._is_closing:
            self._write_end(key, body, _end_of(key, task))

    def _write_start(self, key: Key, body: Body) -> None:
        status = pod_status.started(body, self._clock())
        self._controller.request("PATCH", "pods", key, {"status": status}, "status")

    def _write_end(self, key: Key, body: Body, end: PodEnd) -> None:
        now = self._store.get("pods", key) or body
        status = pod_status.ended(now, end, self._clock())
        self._controller.request("PATCH", "pods", key, {"status": status}, "status")
        if "deletionTimestamp" in now["metadata"]:
            final = {"preconditions": {"uid": body["metadata"]["uid"]}, "gracePeriodSeconds": 0}
            self._controller.request("DELETE", "pods", key, final)


def _end_of(key: Key, task: asyncio.Task[PodEnd]) -> PodEnd:
    """The result of a pod's task; an error in it is the node's, and the pod has failed all the same."""
    if task.cancelled():
        return PodEnd(1, "its run on this machine was cancelled", "NodeFailed")
    error = task.exception()
    if error is None:
        return task.result()
    _log.error("pod %s cannot be run", key[1], exc_info=error)
    return PodEnd(1, f"it cannot be run on this machine: {error!r}", "NodeFailed")
