"""Runs a sweep on this machine: the operator over an API server in memory."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import math
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from ..api import names
from ..api.sweeptrial.annotations import AnnotationChange
from ..ingest.server import DirectSubmitter, IngestServer
from ..kube.client import KubeClient
from ..kube.transport import Request
from ..log_parsing.limits import LogLimits
from ..manager.operator import Operator, build_operator
from ..settings import OperatorSettings
from ..trial_pods.sidecar import SidecarSettings
from .annotation_changes import apply_changes
from .api_server import MemoryApiServer
from .folder import NAMESPACE, SweepFolder, has_ended
from .job_controller import JobController
from .node import Node, NodeConfiguration
from .store import Body, Change, Store
from .transport import MemoryTransport

_log = logging.getLogger(__name__)
_PATH = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
_TRIALS = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweeptrials"
_CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
# No kubelet rotates the logs while lines wait.
_LOG_LIMITS = LogLimits(lines=math.inf, size=math.inf, share=0.8, throttle_timeout=math.inf)
_RUNS_TIMEOUT = 120.0  # seconds
_ANNOTATIONS_PAUSE = 0.2  # seconds between two looks for tags and notes
_PROGRESS = 1.0  # seconds between two writes of a trial's curve; they cost nothing here


class LocalSweep:
    """One sweep, from its first proposal to its best trial.

    Args:
        folder: the persisted state; a sweep in it is resumed.
        machine: what the pods run on.
        changed: called after each change of the sweep or of a trial.
        sources: the folders of finished sweeps for a warm start.
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
        # Random, not counted: a resumed sweep has numbers already.
        numbers = (secrets.randbits(48) for _ in itertools.count())
        self._server = MemoryApiServer(time.time, numbers=numbers)
        self._over = asyncio.Event()
        self._failure: BaseException | None = None

    @property
    def store(self) -> Store:
        """The objects in memory."""
        return self._server.store

    async def run(
        self, manifest: Mapping[str, Any] | None, config_maps: Sequence[Mapping[str, Any]] = ()
    ) -> Body:
        """Run the sweep until it has ended; return the SweepJob.

        Cancellation ends all trainers; the folder then has the state to resume from.

        Args:
            manifest: the SweepJob object of a new sweep; None to resume the one in the folder.
            config_maps: the ConfigMaps with the code of a new sweep.
        """
        with self._folder.reserve():
            return await self._run(manifest, config_maps)

    async def _run(
        self, manifest: Mapping[str, Any] | None, config_maps: Sequence[Mapping[str, Any]]
    ) -> Body:
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
            node.remove_deleted()
            following = asyncio.create_task(self._follow_annotations())
            following.add_done_callback(self._end_with)
            stack.callback(following.cancel)
            if manifest is not None:
                for config_map in config_maps:
                    self._create(_CONFIG_MAPS, config_map)
                self._create(_PATH, manifest)
            await self._over.wait()
            await self._complete_runs()
        if self._failure is not None:
            raise self._failure
        return self.sweep

    async def _operate(
        self, stack: contextlib.AsyncExitStack, node: Node, listener: socket.socket, url: str
    ) -> None:
        """Start the operator and its ingest server.

        Args:
            stack: ends what is started here.
            node: runs the pods, and knows their tokens and logs.
            listener: the socket that sidecars connect to.
            url: the URL of that socket.
        """
        api = KubeClient(MemoryTransport(self._server, node.follow_log, node.read_log_tail))
        sidecar = SidecarSettings("local", url, "")
        settings = OperatorSettings(
            (), sidecar, None, None, progress_write_interval=_PROGRESS, log_limits=_LOG_LIMITS
        )
        operator = build_operator(api, settings, reviews_access=False)
        submitter = DirectSubmitter(operator.push_handler)
        runner = IngestServer(node, submitter).runner(shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        for part in operator.parts().values():
            task = asyncio.create_task(part)
            task.add_done_callback(self._end_with)
            stack.callback(task.cancel)
        await operator.controller.caches.synced()
        self.store.observers.append(lambda change: self._on_change(change, operator))
        for body in self.store.all("sweepjobs").values():
            operator.controller.registry.on_event(body, deleted=False)
            self._end_if_over(body)

    async def _follow_annotations(self) -> None:
        """Apply the tags and notes that other processes give to trials, until cancelled."""
        while True:
            try:
                apply_changes(self._folder.path, self._annotate)
            except OSError as error:
                _log.warning("tags and notes of trials are not applied: %s", error)
            await asyncio.sleep(_ANNOTATIONS_PAUSE)

    def _annotate(self, trial: str, change: AnnotationChange) -> None:
        body = {"metadata": change.metadata()}
        status, said = self._server.answer(Request("PATCH", f"{_TRIALS}/{trial}", {}, body))
        if status != 200:
            _log.warning("tags and the note of %s are not changed: %s", trial, said.get("message"))

    async def _complete_runs(self) -> None:
        """Wait until the runs on the user's own tracking server are complete, for a while."""
        deadline = time.monotonic() + _RUNS_TIMEOUT
        while self._failure is None and (job := self._end_job()) is not None:
            if time.monotonic() > deadline:
                _log.warning("the runs on the tracking server are not complete; see %s", job)
                return
            await asyncio.sleep(0.05)

    def _end_job(self) -> str | None:
        """Return the name of a Job at the sweep's end that runs; None if none does."""
        for body in self.store.all("jobs").values():
            is_end = names.LABEL_TRACKED_SWEEP in (body["metadata"].get("labels") or {})
            conditions = (body.get("status") or {}).get("conditions") or []
            if is_end and not conditions:
                return str(body["metadata"]["name"])
            if is_end and conditions[0]["type"] == "Failed":
                name = body["metadata"]["name"]
                _log.warning(
                    "the runs on the tracking server are not complete; see the log of %s", name
                )
        return None

    def _end_if_over(self, body: Body) -> None:
        if body["metadata"]["name"] == self._name and has_ended(body):
            self._over.set()

    def _end_with(self, task: asyncio.Task[None]) -> None:
        """End the sweep: a part of the operator that ends on its own has failed."""
        if not task.cancelled():
            self._failure = task.exception()
            self._over.set()

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End the sweep after an error in a callback of the node or of the Job controller."""
        if "handle" in context and "exception" in context:
            self._failure = context["exception"]
            self._over.set()
        else:
            loop.default_exception_handler(context)

    def _on_change(self, change: Change, operator: Operator) -> None:
        if change.resource == "sweepjobs" and change.new is not None:
            operator.controller.registry.on_event(change.new, deleted=False)
            self._end_if_over(change.new)
        if change.resource in ("sweepjobs", "sweeptrials"):
            self._changed()

    def _create(self, path: str, manifest: Mapping[str, Any]) -> None:
        status, made = self._server.answer(Request("POST", path, {}, dict(manifest)))
        assert status == 201, made

    def stop(self) -> None:
        """Stop the sweep, as ``spec.stop`` does."""
        change = {"spec": {"stop": True}}
        status, said = self._server.answer(Request("PATCH", f"{_PATH}/{self._name}", {}, change))
        assert status == 200, said

    @property
    def has_begun(self) -> bool:
        """Whether the SweepJob exists."""
        return any(map(self._is_ours, self.store.all("sweepjobs").values()))

    @property
    def sweep(self) -> Body:
        """The SweepJob."""
        return next(s for s in self.store.all("sweepjobs").values() if self._is_ours(s))

    def _is_ours(self, body: Body) -> bool:
        """Return whether it is the sweep, or a trial of it."""
        return self._name in (body["metadata"]["name"], body["spec"].get("sweep"))

    @property
    def trials(self) -> list[Body]:
        """The SweepTrials of the sweep."""
        return [trial for trial in self.store.all("sweeptrials").values() if self._is_ours(trial)]
