"""A sweep on this machine, from its first proposal to its best trial."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from ..controllers.push_handler import PushHandler
from ..controllers.sweep_controller import SweepController
from ..ingest.server import DirectSubmission, IngestServer
from ..kube.client import KubeClient
from ..pod_logs.limits import LogLimits
from ..settings import Settings
from ..trial_pods.sidecar import SidecarSettings
from .api_server import MemoryApiServer, Request
from .client import LocalClient
from .folder import NAMESPACE, SweepFolder, has_ended
from .job_controller import JobController
from .node import Node, NodeConfiguration
from .store import Body, Change, Store

if TYPE_CHECKING:
    from kubernetes.aio.client.api_client import ApiClient

_PATH = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
# No kubelet takes lines away that wait.
_LOG_LIMITS = LogLimits(lines=math.inf, size=math.inf, share=0.8, patience=math.inf)
_PROGRESS = 1.0  # seconds between two writes of a trial's curve; they cost nothing here


class LocalSweep:
    """The operator's parts around an API server in memory.

    Args:
        folder: what has to outlive the program; what is in it is gone on with.
        changed: called after every change of the sweep or of a trial.
        sources: the folders of finished sweeps that this one begins with.
    """

    def __init__(
        self,
        folder: SweepFolder,
        machine: NodeConfiguration,
        changed: Callable[[], None],
        sources: Sequence[SweepFolder] = (),
    ) -> None:
        self._folder = folder
        self._sources = sources
        self._name = ""
        self._machine = machine
        self._changed = changed
        # Not counted: what is gone on with has numbers already.
        numbers = (secrets.randbits(48) for _ in itertools.count())
        self._server = MemoryApiServer(time.time, numbers=numbers)
        self._over = asyncio.Event()
        self._failure: BaseException | None = None

    @property
    def store(self) -> Store:
        return self._server.store

    async def run(self, manifest: Mapping[str, Any] | None) -> Body:
        """Until the sweep has ended; returns the SweepJob. When it is cancelled, everything that runs is
        ended, and the folder has what it takes to go on.

        Args:
            manifest: of a new sweep; None to go on with the folder's.
        """
        self._folder.load(self.store, time.time())
        [self._name] = (
            [body["metadata"]["name"] for body in self._folder.read("sweepjobs")]
            if manifest is None
            else [manifest["metadata"]["name"]]
        )
        for source in self._sources:
            source.load_read_only(self.store)
        self._folder.record_changes(self.store)
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        controller = JobController(self._server, time.time)
        node = Node(controller, self.store, self._folder.path, self._machine, url, time.time)
        async with contextlib.AsyncExitStack() as stack:
            await self._operate(stack, node, listener, url)
            stack.push_async_callback(node.close)
            controller.sync_all()
            if manifest is not None:
                self._create(manifest)
            await self._over.wait()
        if self._failure is not None:
            raise self._failure
        return self.sweep

    async def _operate(
        self, stack: contextlib.AsyncExitStack, node: Node, listener: socket.socket, url: str
    ) -> None:
        """The operator and its intake."""
        api = KubeClient(cast("ApiClient", LocalClient(self._server, node.follow_log)))
        sidecar = SidecarSettings("local", url, "")
        settings = Settings(
            (), sidecar, None, None, progress_interval=_PROGRESS, log_limits=_LOG_LIMITS
        )
        reconciler = SweepController(api, settings)
        handler = PushHandler(reconciler.reports, reconciler.caches)
        runner = IngestServer(node, DirectSubmission(handler)).runner(shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        for part in (reconciler.caches.run(), reconciler.queues.run()):
            task = asyncio.create_task(part)
            task.add_done_callback(self._end_with)
            stack.callback(task.cancel)
        await reconciler.caches.synced()
        self.store.observers.append(lambda change: self._on_change(change, reconciler))
        for body in self.store.all("sweepjobs").values():
            reconciler.show(body, deleted=False)
            self._end_if_over(body)

    def _end_if_over(self, body: Body) -> None:
        if body["metadata"]["name"] == self._name and has_ended(body):
            self._over.set()

    def _end_with(self, task: asyncio.Task[None]) -> None:
        """A part of the operator that ends by itself has failed, and the sweep with it."""
        if not task.cancelled():
            self._failure = task.exception()
            self._over.set()

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error in a callback of the node or of the Job controller ends the sweep: what it left
        undone, nobody would do.
        """
        if "handle" in context and "exception" in context:
            self._failure = context["exception"]
            self._over.set()
        else:
            loop.default_exception_handler(context)

    def _on_change(self, change: Change, reconciler: SweepController) -> None:
        if change.resource == "sweepjobs" and change.new is not None:
            reconciler.show(change.new, deleted=False)
            self._end_if_over(change.new)
        if change.resource in ("sweepjobs", "sweeptrials"):
            self._changed()

    def _create(self, manifest: Mapping[str, Any]) -> None:
        status, made = self._server.answer(Request("POST", _PATH, {}, dict(manifest)))
        assert status == 201, made

    def stop(self) -> None:
        """End the sweep with what it has found."""
        change = {"spec": {"stop": True}}
        status, said = self._server.answer(Request("PATCH", f"{_PATH}/{self._name}", {}, change))
        assert status == 200, said

    @property
    def has_begun(self) -> bool:
        """Whether the SweepJob is there."""
        return any(map(self._is_ours, self.store.all("sweepjobs").values()))

    @property
    def sweep(self) -> Body:
        """The SweepJob as it is now."""
        return next(s for s in self.store.all("sweepjobs").values() if self._is_ours(s))

    def _is_ours(self, body: Body) -> bool:
        """Whether it is the sweep, or a trial of it."""
        return self._name in (body["metadata"]["name"], body["spec"].get("sweep"))

    @property
    def trials(self) -> list[Body]:
        """The records of its trials as they are now."""
        return [trial for trial in self.store.all("sweeptrials").values() if self._is_ours(trial)]
