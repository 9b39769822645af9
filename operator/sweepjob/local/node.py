"""The node: takes pods as GPUs are free, runs them as processes, and tells what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..controller.ingest.authentication import Caller
from ..resources import names
from ..resources.job import trainer_of
from ..resources.times import format_time, parse_time
from .devices import Devices
from .jobs import JobController, phase_of
from .log import Log
from .pods import SIDECAR_COMMAND, LocalPod, local_pod
from .process import Process
from .store import Body, Change, Key, Store

_READY = 10.0  # seconds that a sidecar has to open its port
_FAREWELL = 5.0  # that it has to go by itself when the trainer has


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
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._trainers: dict[str, Process] = {}
        self._callers: dict[str, Caller] = {}
        self._logs: dict[str, Log] = {}
        self._is_closing = False
        store.observers.append(self._on_change)

    async def identify(self, token: str, peer: str) -> Caller | None:
        """Whose token this is; the ingestion server asks."""
        return self._callers.get(token)

    async def log_of(self, pod: str) -> AsyncIterator[bytes]:
        """A pod's log with times, line by line, until its trainer has ended."""
        log = self._logs.get(pod)
        if log is not None:
            async for line in log.follow():
                yield line

    async def close(self) -> None:
        """End all pods: asked first, then killed. Nothing is told of that: it was not their own end."""
        self._is_closing = True
        for process in self._trainers.values():
            process.tell_to_go()
        if self._lives:
            await asyncio.wait(self._lives.values(), timeout=_FAREWELL)
        for life in self._lives.values():
            life.cancel()
        await asyncio.gather(*self._lives.values(), return_exceptions=True)

    def _on_change(self, change: Change) -> None:
        if change.resource != "pods" or self._is_closing:
            return
        meta = change.body["metadata"]
        key = (meta["namespace"], meta["name"])
        if change.old is None:
            self._waiting.append(key)
            self._controller.soon(self._admit)
        elif (
            change.new is not None and "deletionTimestamp" in meta and meta["uid"] in self._trainers
        ):
            due = (parse_time(meta["deletionTimestamp"]) or 0.0) - self._clock()
            self._end_by(self._trainers[meta["uid"]], max(0.0, due))

    def _end_by(self, trainer: Process, seconds: float) -> None:
        trainer.tell_to_go()
        asyncio.get_running_loop().call_later(seconds, trainer.kill)

    def _admit(self) -> None:
        """Start the pods that wait, in their order, as far as there are GPUs for them."""
        while self._waiting and not self._is_closing:
            key = self._waiting[0]
            body = self._store.get("pods", key)
            if body is None or phase_of(body) != "Pending":
                self._waiting.pop(0)
                continue
            pod = local_pod(body, self._root, self._url)
            gpus = self._devices.take(pod.gpus)
            if gpus is None:
                return
            self._waiting.pop(0)
            uid = body["metadata"]["uid"]
            self._controller.request("PATCH", "pods", key, {"spec": {"nodeName": "local"}})
            self._lives[uid] = asyncio.create_task(self._live(key, uid, body, pod, gpus))

    async def _live(
        self, key: Key, uid: str, body: Body, pod: LocalPod, gpus: tuple[str, ...]
    ) -> None:
        """A pod from its start to its end."""
        sidecar = None
        try:
            sidecar = await self._start_sidecar(key, uid, pod)
            code, words = await self._train(key, uid, body, pod, gpus)
        except (OSError, ValueError) as error:
            code, words = 127, str(error)
        finally:
            self._trainers.pop(uid, None)
            if sidecar is not None:
                await _dismiss(sidecar)
            self._devices.give_back(gpus)
            self._lives.pop(uid, None)
            self._controller.soon(self._admit)
        if not self._is_closing:
            self._tell_end(key, uid, body, code, words, _read(pod.last_words))

    async def _start_sidecar(self, key: Key, uid: str, pod: LocalPod) -> Process | None:
        pod.folder.mkdir(parents=True, exist_ok=True)
        if pod.sidecar is None:
            return None
        token = secrets.token_urlsafe()
        pod.token.write_text(token)
        self._callers[token] = Caller(key[0], key[1], uid)
        with (pod.folder / "sidecar.log").open("ab") as log:
            process = await Process.start(SIDECAR_COMMAND, pod.sidecar, log.fileno())
        if pod.port:
            await _await_port(pod.port, process)
        return process

    async def _train(
        self, key: Key, uid: str, body: Body, pod: LocalPod, gpus: tuple[str, ...]
    ) -> tuple[int, str]:
        environment = {**self._machine.environment, **pod.environment}
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        file = self._root / "logs" / f"{pod.name}.log"
        # Without a sidecar the log is where the reports are.
        log = self._logs[pod.name] = Log(file, followed=pod.sidecar is None)
        folder = self._machine.folder
        trainer = await Process.start(pod.command, environment, subprocess.PIPE, folder)
        self._trainers[uid] = trainer
        self._tell_start(key, body)
        if self._is_to_go(key):
            trainer.tell_to_go()
        try:
            assert trainer.output is not None
            await log.write(trainer.output)
            return await trainer.wait(), log.end()
        finally:
            trainer.kill()
            log.close()

    def _is_to_go(self, key: Key) -> bool:
        body = self._store.get("pods", key)
        return body is None or "deletionTimestamp" in body["metadata"]

    def _tell_start(self, key: Key, body: Body) -> None:
        now = format_time(self._clock())
        name = trainer_of(body["spec"])["name"]
        state = {"name": name, "state": {"running": {"startedAt": now}}}
        status = {"phase": "Running", "startTime": now, "containerStatuses": [state]}
        self._controller.request("PATCH", "pods", key, {"status": status}, "status")

    def _tell_end(
        self, key: Key, uid: str, body: Body, code: int, words: str, summary: str
    ) -> None:
        now = format_time(self._clock())
        found = self._store.get("pods", key)
        states = ((found or body)["status"].get("containerStatuses") or [{}])[0].get("state") or {}
        ended: dict[str, Any] = {
            "exitCode": code,
            "finishedAt": now,
            **(states.get("running") or {}),
        }
        if code:
            ended["message"] = words
        sidecar = {"exitCode": 0, "finishedAt": now, "message": summary}
        status = {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [
                {"name": trainer_of(body["spec"])["name"], "state": {"terminated": ended}}
            ],
            "initContainerStatuses": [{"name": names.SIDECAR, "state": {"terminated": sidecar}}],
        }
        self._controller.request("PATCH", "pods", key, {"status": status}, "status")
        if self._is_to_go(key):
            final = {"preconditions": {"uid": uid}, "gracePeriodSeconds": 0}
            self._controller.request("DELETE", "pods", key, final)


async def _await_port(port: int, sidecar: Process) -> None:
    deadline = time.monotonic() + _READY
    while time.monotonic() < deadline:
        if not sidecar.is_running:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        await asyncio.sleep(0.02)
    raise OSError("the sidecar has not opened its port; see sidecar.log in the pod's folder")


async def _dismiss(sidecar: Process) -> None:
    """It goes by itself as a rule, and is told to otherwise."""
    try:
        await asyncio.wait_for(sidecar.wait(), 0.3)
    except TimeoutError:
        sidecar.tell_to_go()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sidecar.wait(), _FAREWELL)
    sidecar.kill()


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
