"""The node: admits pods as GPUs become free, runs them as processes, and updates their status."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..api import names
from ..ingest.authentication import Caller
from ..timestamps import parse_time
from ..trial_pods.no_proxy import merge_environments
from . import pod_status
from .code import LocalCode, UnpackError, read_parts, remove_tree, unpack_local
from .devices import GpuAllocator
from .job_controller import JobController, phase_of
from .pod_processes import GroupPorts, gpus_of, local_pod
from .pod_runner import PodResult, PodRunner
from .store import Body, Change, Key, Store
from .trainer_log import TrainerLog
from .working_folder import keep_own_folders, make_working_folder

_log = logging.getLogger(__name__)
_GRACE_PERIOD = 5.0  # seconds for trainers to end when the sweep is interrupted
_LAST_PUSH_PERIOD = 5.0  # seconds for their sidecars after that, to send what is left


@dataclass(frozen=True)
class NodeConfiguration:
    """What the node provides to trainers.

    Attributes:
        devices: the GPUs.
        environment: environment variables that they inherit.
        folder: their working directory.
        has_code: whether ``folder`` is the code of the sweep. Each trial then has a working directory of
            its own with links to the code, so that ``./outputs`` is not shared.
    """

    devices: GpuAllocator
    environment: Mapping[str, str]
    folder: Path
    has_code: bool = False


class Node:
    """Runs pods.

    Args:
        controller: sends requests to the API server.
        store: objects of the API server.
        root: folder of the sweep.
        machine: what the node provides to trainers.
        url: address of the ingest server.
        clock: returns seconds since the epoch.
    """

    def __init__(
        self,
        controller: JobController,
        store: Store,
        root: Path,
        machine: NodeConfiguration,
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
        self._tasks: dict[str, asyncio.Task[PodResult]] = {}
        self._runners: dict[str, PodRunner] = {}
        self._callers: dict[str, Caller] = {}
        self._logs: dict[str, TrainerLog] = {}
        self._ports = GroupPorts()
        self._is_closing = False
        store.observers.append(self._on_change)

    async def authenticate(self, token: str, peer: str) -> Caller | None:
        """Return the pod that a token belongs to, for the ingest server; None for an unknown token.

        Args:
            token: the token.
            peer: address of the client.
        """
        return self._callers.get(token)

    async def follow_log(self, pod: str, after: float) -> AsyncIterator[bytes]:
        """Yield lines of a pod's log with timestamps until its trainer has ended.

        Args:
            pod: name of the pod.
            after: seconds since the epoch; earlier lines may be left out.
        """
        log = self._logs.get(pod)
        if log is not None:
            async for lines in log.follow(after):
                yield lines

    async def read_log_tail(self, pod: str) -> AsyncIterator[bytes]:
        """Yield the end of a pod's log once its trainer has ended.

        Args:
            pod: name of the pod.
        """
        log = self._logs.get(pod)
        if log is not None:
            yield await log.wait_for_tail()

    def remove_deleted(self) -> None:
        """Remove the pods that were being deleted when an earlier run of the sweep was interrupted."""
        for key, body in list(self._store.all("pods").items()):
            if body["metadata"]["uid"] not in self._tasks:
                self._remove_if_deleted(key, body)

    async def close(self) -> None:
        """Terminate all pods, and kill those that do not end.

        Their phase stays, for a later resume, which also finds the last reports of their sidecars.
        """
        self._is_closing = True
        tasks = list(self._tasks.values())
        for runner in self._runners.values():
            runner.terminate(_GRACE_PERIOD)
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE_PERIOD + _LAST_PUSH_PERIOD)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_change(self, change: Change) -> None:
        if change.resource != "pods" or self._is_closing:
            return
        meta = change.body["metadata"]
        if change.old is None:
            self._waiting.append((meta["namespace"], meta["name"]))
            self._controller.schedule(self._admit)
        elif change.new is not None:
            self._end_if_deleted(change.new)

    def _end_if_deleted(self, body: Body) -> None:
        due = parse_time(body["metadata"].get("deletionTimestamp"))
        runner = self._runners.get(body["metadata"]["uid"])
        if due is not None and runner is not None:
            runner.terminate(max(0.0, due - self._clock()))

    def _admit(self) -> None:
        """Start waiting pods in their order while there are GPUs for them."""
        while self._waiting and not self._is_closing:
            key = self._waiting[0]
            body = self._store.get("pods", key)
            if body is None or phase_of(body) != "Pending":
                self._waiting.pop(0)
                continue
            gpus = self._devices.allocate(gpus_of(body))
            if gpus is None:
                return
            self._waiting.pop(0)
            self._controller.request("PATCH", "pods", key, {"spec": {"nodeName": "local"}})
            uid = body["metadata"]["uid"]
            task = self._tasks[uid] = asyncio.create_task(self._run(key, body, gpus))
            task.add_done_callback(partial(self._on_end, key, body, gpus))

    async def _run(self, key: Key, body: Body, gpus: tuple[str, ...]) -> PodResult:
        uid = body["metadata"]["uid"]
        pod = local_pod(body, self._root, self._url, self._machine.environment, self._ports)
        pod.folder.mkdir(parents=True, exist_ok=True)
        if pod.sidecar is not None:
            token = secrets.token_urlsafe()
            pod.token.write_text(token)
            self._callers[token] = Caller(key[0], key[1], uid)
        environment = merge_environments(self._machine.environment, pod.environment)
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        log = self._logs[pod.name] = TrainerLog(self._root / "logs" / f"{pod.name}.log")
        started = partial(self._write_start, key, body)
        folder = self._working_folder(body) if pod.code is None else pod.code_folder
        runner = PodRunner(pod, environment, folder, log, started)
        self._runners[uid] = runner
        self._end_if_deleted(self._store.get("pods", key) or body)
        if pod.code is None:
            return await runner.run()
        try:
            await self._unpack(pod.code, pod.code_folder)
            return await runner.run()
        except UnpackError as error:
            log.close()
            return PodResult(1, f"its code cannot be unpacked: {error}", names.REASON_CODE_UNUSABLE)
        finally:
            trial = body["metadata"]["labels"][names.LABEL_TRIAL]
            await asyncio.to_thread(keep_own_folders, self._root, trial, pod.code_folder)
            remove_tree(pod.code_folder)

    async def _unpack(self, code: LocalCode, folder: Path) -> None:
        """Unpack the code of a pod in a thread.

        Raises:
            UnpackError: it cannot be unpacked.
        """
        remove_tree(folder)  # of a run that was interrupted
        parts = read_parts(self._store, code)
        await asyncio.to_thread(unpack_local, parts, code, folder)

    def _working_folder(self, body: Body) -> Path:
        if not self._machine.has_code:
            return self._machine.folder
        trial = body["metadata"]["labels"].get(names.LABEL_TRIAL)
        if trial is None:  # of the Job at the sweep's end
            return self._root
        return make_working_folder(self._root, trial, self._machine.folder)

    def _on_end(
        self, key: Key, body: Body, gpus: tuple[str, ...], task: asyncio.Task[PodResult]
    ) -> None:
        """Release the GPUs of a pod whose task has ended in any way, and write its status."""
        uid = body["metadata"]["uid"]
        self._runners.pop(uid, None)
        self._tasks.pop(uid, None)
        self._devices.release(gpus)
        self._controller.schedule(self._admit)
        if not self._is_closing:
            self._write_end(key, body, _end_of(key, task))
        elif not task.cancelled() and task.exception() is None:
            self._write_sidecar_end(key, task.result())

    def _write_sidecar_end(self, key: Key, end: PodResult) -> None:
        """Write the sidecar's summary of a pod that is interrupted together with the sweep."""
        status = pod_status.sidecar_end(end, self._clock())
        if status:
            self._controller.request("PATCH", "pods", key, {"status": status}, "status")

    def _write_start(self, key: Key, body: Body) -> None:
        status = pod_status.started(body, self._clock())
        self._controller.request("PATCH", "pods", key, {"status": status}, "status")

    def _write_end(self, key: Key, body: Body, end: PodResult) -> None:
        now = self._store.get("pods", key) or body
        status = pod_status.ended(now, end, self._clock())
        self._controller.request("PATCH", "pods", key, {"status": status}, "status")
        self._remove_if_deleted(key, now)

    def _remove_if_deleted(self, key: Key, body: Body) -> None:
        """Remove a pod that has ended and whose deletion was requested, as a kubelet does."""
        if "deletionTimestamp" in body["metadata"]:
            final = {"preconditions": {"uid": body["metadata"]["uid"]}, "gracePeriodSeconds": 0}
            self._controller.request("DELETE", "pods", key, final)


def _end_of(key: Key, task: asyncio.Task[PodResult]) -> PodResult:
    """Return the result of a pod's task. If the task itself failed, the pod has failed."""
    if task.cancelled():
        return PodResult(1, "its run on this machine was cancelled", "NodeFailed")
    error = task.exception()
    if error is None:
        return task.result()
    _log.error("pod %s cannot be run", key[1], exc_info=error)
    return PodResult(1, f"it cannot be run on this machine: {error!r}", "NodeFailed")
