"""A sweep beside those of another namespace, of one operator."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from sweepjob.controllers.plugin_thread import PluginThread
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path
from sweepjob.local.store import Body

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport
from tests.fake_api.virtual_time import VirtualTimeLoop

from .scenarios import spec

GOOD = spec(12, 3, samplingAlgorithm={"type": "random", "seed": 1})

OTHERS = "others"  # the namespace of the other sweeps

SLOW = 10.0  # seconds that a slow sampler thinks about each proposal


class SlowThread(PluginThread):
    """A fake: the thread of the package's samplers, in virtual time. Every proposal takes long."""

    async def call(self, limit: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        async with self._is_free:
            await asyncio.sleep(SLOW)
            return function(*args, **kwargs)


class RefusingServer(MemoryApiServer):
    """A fake: a quota that has no room for the Jobs of some sweeps."""

    def answer(self, request: Request) -> tuple[int, Body]:
        if request.method != "POST" or parse_path(request.path).resource != "jobs":
            return super().answer(request)
        sweep = (request.body or {})["metadata"]["labels"]["sweepjob.dev/sweep"]
        if sweep.startswith("refused"):
            return 403, StatusError(403, "Forbidden", "exceeded quota").body
        return super().answer(request)


def is_complete(server: MemoryApiServer) -> bool:
    status = server.store.all("sweepjobs")[NAMESPACE, "good"].get("status", {})
    return bool(status.get("phase") == "Complete")


def play(
    others: dict[str, dict[str, Any]],
    client: type[FaultyTransport] = FaultyTransport,
    until: Callable[[MemoryApiServer], bool] = is_complete,
) -> float:
    """Virtual seconds that the good sweep takes beside those of another namespace."""
    random.seed(1)
    loop = VirtualTimeLoop()

    async def scenario() -> float:
        def clock() -> float:
            return EPOCH + loop.time()

        server = RefusingServer(clock)
        operators: list[RunningOperator] = []
        trainers = SimulatedTrainers(random.Random(2), lambda: operators[0].push_handler)
        FakeCluster(server, random.Random(3), clock, trainers.run)
        for name, given in {**others, "good": GOOD}.items():
            apply(server, NAMESPACE if name == "good" else OTHERS, name, given)
        operators.append(RunningOperator(client(server, FaultProfile(random.Random(4))), clock))
        operators[0].controller._sweeps._proposer._threads[""] = SlowThread("slow")
        while not until(server):
            assert operators[0].problem() is None
            await asyncio.sleep(0.1)
            assert loop.time() < 3000.0
        taken = loop.time()
        created = {key[1].rpartition("-")[0] for key in server.store.all("sweeptrials")}
        assert created >= set(others), "the others were at work, too"
        operators[0].kill()
        return taken

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(scenario())


def apply(server: MemoryApiServer, namespace: str, name: str, given: dict[str, Any]) -> None:
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{namespace}/sweepjobs"
    body: Body = {"metadata": {"name": name}, "spec": given}
    body |= {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    status, made = server.answer(Request("POST", path, {}, body))
    assert status == 201, made
