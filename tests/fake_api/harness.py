"""A whole sweep without a cluster: the operator's own code over the fake API server, in virtual time,
killed when the test says so, with the invariants checked at each change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sweepjob.api.resources import SWEEPJOBS
from sweepjob.controllers.push_handler import PushHandler
from sweepjob.kube import errors
from sweepjob.kube.client import KubeClient
from sweepjob.kube.rate_limiter import CONCURRENT_REQUESTS, RequestRateLimiter
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body
from sweepjob.manager.operator import build_operator
from sweepjob.notifications.http_sender import Sender
from sweepjob.settings import OperatorSettings
from sweepjob.trial_pods.sidecar import SidecarSettings

from .cluster import FakeCluster
from .invariants import Invariants
from .simulated_trainers import SimulatedTrainers
from .transport import FaultProfile, FaultyTransport
from .user_actions import UserActions
from .virtual_time import VirtualTimeLoop

EPOCH = 1_700_000_000.0
NAMESPACE = "team"
SETTINGS = OperatorSettings((), SidecarSettings("sidecar", "http://operator", ""), None, None)


class RunningOperator:
    """The operator as its process has it, without kopf, the lease and the sockets.

    Args:
        transport: its connection to the fake API server.
        clock: seconds since the epoch.
        reviews_access: whether it reviews its permissions.
        settings: its settings.
        sender: sends its notifications.
    """

    def __init__(
        self,
        transport: FaultyTransport,
        clock: Callable[[], float],
        *,
        reviews_access: bool = False,
        settings: OperatorSettings = SETTINGS,
        sender: Sender | None = None,
    ) -> None:
        self.transport = transport
        rate_limiter = RequestRateLimiter(SETTINGS.requests_per_second, 20, CONCURRENT_REQUESTS)
        self._api = KubeClient(transport, rate_limiter)
        operator = build_operator(
            self._api, settings, clock, reviews_access=reviews_access, sender=sender
        )
        self.access_reviewer, self.controller = operator.access_reviewer, operator.controller
        self.push_handler = operator.push_handler
        self.ingest_authority = operator.ingest_authority
        parts = [self._watch_sweeps(), *operator.parts().values()]
        self._tasks = [asyncio.create_task(part) for part in parts]

    async def _watch_sweeps(self) -> None:
        """What kopf does in the process: list, watch, and start over after an error."""
        while True:
            try:
                page = await self._api.list_page(SWEEPJOBS, None, "", "")
                for body in page["items"]:
                    self.controller.registry.on_event(body, deleted=False)
                version = page["metadata"]["resourceVersion"]
                async for event in self._api.watch(SWEEPJOBS, None, "", version):
                    self.controller.registry.on_event(
                        event["object"], deleted=event["type"] == "DELETED"
                    )
            except errors.ApiError:
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """Stop it; from now on no request of it reaches the server."""
        self.transport.dead = True
        for task in self._tasks:
            task.cancel()

    def problem(self) -> BaseException | None:
        """The error that ended one of its parts, which do not end by themselves."""
        ended = (task for task in self._tasks if task.done() and not task.cancelled())
        return next((task.exception() for task in ended), None)


@dataclass
class Scenario:
    """One sweep from its creation to its end.

    Args:
        seed: of all randomness.
        spec: of the SweepJob.
        kills: turns of the event loop at which the operator is killed.
        faults: keyword arguments of the fault profile.
        failure_probability: that a trainer fails.
        eviction_probability: that a pod is evicted.
        node_capacity: pods that fit on the node at a time; None for any number.
        killed_sidecars: the number of sidecars, the first ones, that write no termination message.
        user_action_interval: the longest time between two acts of users, in seconds; they stop the sweep
            after a minute. None for no users.
        downtime: shortest and longest seconds until the operator is started again.
        node_clock_offset: seconds by which the clock of the node is ahead.
        timeout: seconds of virtual time in which the sweep has to end.
        settings: the operator's settings.
        sender: sends the operator's notifications.
        config_maps: data of the ConfigMaps that are there, by name.
        cluster: the fake cluster.

    Attributes:
        kill_points: the turns before which something outside the operator has changed: an object, or what
            a trainer or a sidecar knows. Killed at another turn, the operator leaves the same behind as at
            the kill point before it.
    """

    seed: int
    spec: dict[str, Any]
    kills: frozenset[int] = frozenset()
    faults: dict[str, Any] = field(default_factory=dict)
    failure_probability: float = 0.0
    eviction_probability: float = 0.0
    node_capacity: int | None = None
    killed_sidecars: int = 0
    user_action_interval: float | None = None
    downtime: tuple[float, float] = (0.1, 8.0)
    node_clock_offset: float = 0.0
    timeout: float = 3000.0
    settings: OperatorSettings = SETTINGS
    sender: Sender | None = None
    config_maps: dict[str, dict[str, str]] = field(default_factory=dict)
    cluster: type[FakeCluster] = FakeCluster

    def run(self) -> Scenario:
        """Run it.

        Raises:
            AssertionError: an invariant broke, or the sweep did not end.
        """
        random.seed(self.seed)  # the operator's own jitter
        self.loop = VirtualTimeLoop()
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._run())
        return self

    def _clock(self) -> float:
        return EPOCH + self.loop.time()

    async def _run(self) -> None:
        chance = random.Random(self.seed)
        self.server = MemoryApiServer(self._clock)
        self.fault_profile = FaultProfile(random.Random(chance.random()), **self.faults)
        self.trainers = SimulatedTrainers(
            random.Random(chance.random()),
            lambda: self._ingest(),
            self.failure_probability,
            self.killed_sidecars,
        )
        concurrent = self.spec["limits"]["maxConcurrentTrials"]
        users_act = self.user_action_interval is not None
        budget = (self.spec.get("earlyTermination") or {}).get("budgetParameter", "")
        self.invariants = Invariants(
            self.server.store, concurrent, users_act=users_act, budget=budget
        )
        self.server.store.observers.append(self.invariants.check)
        cluster = self.cluster(
            self.server,
            random.Random(chance.random()),
            self._clock,
            self.trainers.run,
            self.eviction_probability,
            self.node_capacity,
            self.node_clock_offset,
        )
        cluster.termination_message = self.trainers.termination_message
        self.requests: Counter[tuple[str, str]] = Counter()
        self.killed = 0
        self.kill_points: list[int] = []
        self._outside = (0, 0)
        self._chance = random.Random(chance.random())
        self.operator: RunningOperator | None = None
        self._apply()
        self._start()
        self.loop.on_turn = self._on_turn
        acts = asyncio.create_task(self._act_as_users(random.Random(chance.random())))
        await self._wait_for_end()
        acts.cancel()
        await asyncio.sleep(5)  # whatever was still under way
        self.loop.on_turn = lambda: None
        if self.operator is not None:
            self._stop()

    async def _act_as_users(self, chance: random.Random) -> None:
        if self.user_action_interval is not None:
            self.user_actions = UserActions(
                self.server, chance, (NAMESPACE, "sweep"), self.user_action_interval, 60.0
            )
            await self.user_actions.run()

    def _ingest(self) -> PushHandler | None:
        return None if self.operator is None else self.operator.push_handler

    def _apply(self) -> None:
        for name, data in self.config_maps.items():
            made = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": name},
                "data": data,
            }
            path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
            status, said = self.server.answer(Request("POST", path, {}, made))
            assert status == 201, said
        path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
        body: Body = {"metadata": {"name": "sweep"}, "spec": self.spec}
        body |= {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
        status, made = self.server.answer(Request("POST", path, {}, body))
        assert status == 201, made

    def _start(self) -> None:
        self.operator = RunningOperator(
            FaultyTransport(self.server, self.fault_profile),
            self._clock,
            settings=self.settings,
            sender=self.sender,
        )

    def _stop(self) -> None:
        assert self.operator is not None
        self.operator.kill()
        self.requests += self.operator.transport.requests
        self.operator = None

    def _on_turn(self) -> None:
        outside = (self.server.store.version, self.trainers.changes)
        if outside != self._outside:
            self._outside = outside
            self.kill_points.append(self.loop.turns)
        if self.loop.turns in self.kills and self.operator is not None:
            self._stop()
            self.killed += 1
            self.loop.call_later(self._chance.uniform(*self.downtime), self._start)

    async def _wait_for_end(self) -> None:
        while not self.is_over():
            assert self.loop.time() < self.timeout, f"not over after {self.timeout} s"
            problem = self.invariants.problem or (self.operator and self.operator.problem())
            if problem:
                raise AssertionError(f"turn {self.loop.turns}: {problem}") from problem
            await asyncio.sleep(0.5)
        if self.invariants.problem:
            raise self.invariants.problem

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
        """Each trial's parameters, phase, and stop without its time."""
        return [_decision(trial) for trial in self.trials]


def _decision(trial: Body) -> Any:
    stop = dict(trial["status"].get("stop") or {})
    stop.pop("decidedAt", None)
    return json.loads(trial["spec"]["assignment"]), trial["status"]["phase"], stop


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences the operator's log, which has a line for each fault."""
    log = logging.getLogger("sweepjob")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
