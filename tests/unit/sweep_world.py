"""A sweep over the fake API server, in virtual time, with an operator that can be killed and started again."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body
from sweepjob.settings import OperatorSettings

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, SETTINGS, RunningOperator
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport

from .scenarios import spec
from .sweep_controllers import SWEEPS, status_of


class World:
    """A cluster with a sweep, and an operator that can be killed and started again."""

    def __init__(
        self,
        settings: OperatorSettings = SETTINGS,
        cluster: type[FakeCluster] = FakeCluster,
        **changes: Any,
    ) -> None:
        self._settings = settings
        loop = asyncio.get_running_loop()
        self._clock = lambda: EPOCH + loop.time()
        self.operator: RunningOperator | None = None
        self.server = MemoryApiServer(self._clock)
        self.trainers = SimulatedTrainers(
            random.Random(2), lambda: None if self.operator is None else self.operator.push_handler
        )
        cluster(self.server, random.Random(1), self._clock, self.trainers.run)
        sampling = {"type": "random", "seed": 1}
        given = spec(4, 2, **{"samplingAlgorithm": sampling, "earlyTermination": None, **changes})
        body = {"metadata": {"name": "sweep"}, "spec": given}
        body |= {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
        assert self.server.answer(Request("POST", SWEEPS, {}, body))[0] == 201
        self.start()

    def start(self) -> None:
        self.operator = RunningOperator(
            FaultyTransport(self.server, FaultProfile(random.Random(4))),
            self._clock,
            settings=self._settings,
        )

    def kill(self) -> None:
        assert self.operator is not None
        self.operator.kill()
        self.operator = None

    def problem(self) -> BaseException | None:
        assert self.operator is not None
        return self.operator.problem()


def trial(server: MemoryApiServer, index: int) -> Body:
    return server.store.all("sweeptrials")[NAMESPACE, f"sweep-{index}"]


def runs(pod: Body) -> bool:
    """Whether anything runs in a pod, or will."""
    states = pod["status"].get("containerStatuses") or [{}]
    over = "terminated" in states[0].get("state", {})
    return not over and pod["status"]["phase"] in ("Pending", "Running")


def degraded(server: MemoryApiServer) -> Body:
    found: Body = next(c for c in status_of(server)["conditions"] if c["type"] == "Degraded")
    return found


async def until(server: MemoryApiServer, index: int, phase: str) -> None:
    for _ in range(300):
        found = server.store.get("sweeptrials", (NAMESPACE, f"sweep-{index}"))
        if found is not None and found["status"]["phase"] == phase:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"trial {index} is not {phase}")
