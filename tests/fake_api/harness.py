"""A whole sweep without a cluster: the operator's own code over the fake API server, in virtual time,
killed whenever the test says so, with the invariants checked at every change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from kubernetes.aio.client.api_client import ApiClient
from sweepjob.controllers.permissions import Permissions
from sweepjob.controllers.push_handler import PushHandler
from sweepjob.controllers.sweep_controller import SweepController
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.rate_limiter import RequestRateLimiter
from sweepjob.local.api_server import MemoryApiServer, Request
from sweepjob.local.store import Body
from sweepjob.settings import Settings
from sweepjob.trial_pods.sidecar import SidecarSettings

from .cluster import FakeCluster
from .people import People
from .trainers import Trainers
from .transport import FakeClient, Weather
from .virtual_time import VirtualTimeLoop
from .watcher import Watcher

EPOCH = 1_700_000_000.0
NAMESPACE = "team"
SETTINGS = Settings((), SidecarSettings("sidecar", "http://operator", ""), None, None)


class Operator:
    """The operator's parts as its process puts them together, but for kopf, the lease and the sockets.

    Args:
        reviewed: it reviews its rights.
    """

    def __init__(
        self, client: FakeClient, clock: Callable[[], float], *, reviewed: bool = False
    ) -> None:
        self.client = client
        self._api = KubeClient(
            cast(ApiClient, client), RequestRateLimiter(SETTINGS.requests_per_second, 20)
        )
        self.permissions = Permissions(self._api, changed=lambda: self.reconciler.requeue_all())
        self._api.on_denied = self.permissions.on_denied
        self.reconciler = SweepController(
            self._api, SETTINGS, clock, lacking_for=self.permissions.lacking_for
        )
        reports, caches = self.reconciler.reports, self.reconciler.caches
        self.pushes = PushHandler(reports, caches)
        parts = [self._watch_sweeps(), caches.run(), self.reconciler.queues.run()]
        if reviewed:
            parts.append(self.permissions.run())
        self._tasks = [asyncio.create_task(part) for part in parts]

    async def _watch_sweeps(self) -> None:
        """kopf's part: list and watch, and begin again whenever something goes wrong."""
        while True:
            try:
                page = await self._api.list_page(resources.SWEEPJOBS, None, "", "")
                for body in page["items"]:
                    self.reconciler.show(body, deleted=False)
                version = page["metadata"]["resourceVersion"]
                async for event in self._api.watch(resources.SWEEPJOBS, None, "", version):
                    self.reconciler.show(event["object"], deleted=event["type"] == "DELETED")
            except errors.ApiError:
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """From this moment on it does nothing any more to anybody."""
        self.client.dead = True
        for task in self._tasks:
            task.cancel()

    def problem(self) -> BaseException | None:
        """What ended one of its parts, which all go on for ever."""
        ended = (task for task in self._tasks if task.done() and not task.cancelled())
        return next((task.exception() for task in ended), None)


@dataclass
class Story:
    """One sweep from its creation to its end.

    Args:
        seed: of everything that chance decides.
        spec: of the SweepJob.
        kills: turns of the event loop at which the operator is killed.
        faults: keyword arguments of the weather.
        failing, drained: probabilities that a trainer fails, that a pod is evicted.
        muted: so many sidecars, the first, are killed in the end, before any last words.
        room: pods that fit on the node at a time, None for any number.
        people: seconds between two acts of people, at most, who stop the sweep after a minute; None
            when they leave it alone.
        down: shortest and longest seconds until the operator is started again.
    """

    seed: int
    spec: dict[str, Any]
    kills: frozenset[int] = frozenset()
    faults: dict[str, Any] = field(default_factory=dict)
    failing: float = 0.0
    drained: float = 0.0
    room: int | None = None
    muted: int = 0
    people: float | None = None
    down: tuple[float, float] = (0.1, 8.0)
    patience: float = 3000.0

    def play(self) -> Story:
        """Run it.

        Raises:
            AssertionError: an invariant broke, or the sweep did not end.
        """
        random.seed(self.seed)  # the operator's own jitter
        self.loop = VirtualTimeLoop()
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._play())
        return self

    def _clock(self) -> float:
        return EPOCH + self.loop.time()

    async def _play(self) -> None:
        chance = random.Random(self.seed)
        self.server = MemoryApiServer(self._clock)
        self.weather = Weather(random.Random(chance.random()), **self.faults)
        self.trainers = Trainers(
            random.Random(chance.random()), lambda: self._intake(), self.failing, self.muted
        )
        concurrent = self.spec["limits"]["maxConcurrentTrials"]
        meddled = self.people is not None
        self.watcher = Watcher(self.server.store, concurrent, people=meddled)
        self.server.store.observers.append(self.watcher.look)
        FakeCluster(
            self.server,
            random.Random(chance.random()),
            self._clock,
            self.trainers.run,
            self.drained,
            self.room,
        )
        self.requests: Counter[tuple[str, str]] = Counter()
        self.killed = 0
        self._chance = random.Random(chance.random())
        self.operator: Operator | None = None
        self._apply()
        self._start()
        self.loop.on_turn = self._on_turn
        acts = asyncio.create_task(self._meddle(random.Random(chance.random())))
        await self._wait_for_end()
        acts.cancel()
        await asyncio.sleep(5)  # whatever was still under way
        self.loop.on_turn = lambda: None
        if self.operator is not None:
            self._stop()

    async def _meddle(self, chance: random.Random) -> None:
        if self.people is not None:
            self.meddlers = People(self.server, chance, (NAMESPACE, "sweep"), self.people, 60.0)
            await self.meddlers.run()

    def _intake(self) -> PushHandler | None:
        return None if self.operator is None else self.operator.pushes

    def _apply(self) -> None:
        path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
        body: Body = {"metadata": {"name": "sweep"}, "spec": self.spec}
        body |= {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
        status, made = self.server.answer(Request("POST", path, {}, body))
        assert status == 201, made

    def _start(self) -> None:
        self.operator = Operator(FakeClient(self.server, self.weather), self._clock)

    def _stop(self) -> None:
        assert self.operator is not None
        self.operator.kill()
        self.requests += self.operator.client.requests
        self.operator = None

    def _on_turn(self) -> None:
        if self.loop.turns in self.kills and self.operator is not None:
            self._stop()
            self.killed += 1
            self.loop.call_later(self._chance.uniform(*self.down), self._start)

    async def _wait_for_end(self) -> None:
        while not self.is_over():
            assert self.loop.time() < self.patience, f"not over after {self.patience} s"
            problem = self.watcher.problem or (self.operator and self.operator.problem())
            if problem:
                raise AssertionError(f"turn {self.loop.turns}: {problem}") from problem
            await asyncio.sleep(0.5)
        if self.watcher.problem:
            raise self.watcher.problem

    def is_over(self) -> bool:
        return self.sweep.get("status", {}).get("phase") in ("Complete", "Failed")

    @property
    def sweep(self) -> Body:
        return self.server.store.all("sweepjobs")[NAMESPACE, "sweep"]

    @property
    def trials(self) -> list[Body]:
        found = self.server.store.all("sweeptrials").values()
        return sorted(found, key=lambda body: body["spec"]["index"])

    def decisions(self) -> list[Any]:
        """What was decided: every trial's parameters, end, and stop without its time."""
        return [_decision(trial) for trial in self.trials]


def _decision(trial: Body) -> Any:
    stop = dict(trial["status"].get("stop") or {})
    stop.pop("decidedAt", None)
    return json.loads(trial["spec"]["assignment"]), trial["status"]["phase"], stop


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the operator's log, which tells of every fault that is made."""
    log = logging.getLogger("sweepjob")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
