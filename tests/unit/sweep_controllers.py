"""The controller of sweeps over the fake API server."""

from __future__ import annotations

import asyncio
import random
from typing import Any, TypeVar

from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport

from .scenarios import spec

SWEEPS = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"

S = TypeVar("S", bound=MemoryApiServer)


def start(
    kind: type[S], fault_profile: dict[str, Any] | None = None, **changes: Any
) -> tuple[S, RunningOperator]:
    loop = asyncio.get_running_loop()

    def clock() -> float:
        return EPOCH + loop.time()

    server, operators = kind(clock), list[RunningOperator]()
    FakeCluster(
        server,
        random.Random(1),
        clock,
        SimulatedTrainers(random.Random(2), lambda: operators[0].push_handler).run,
    )
    given = spec(4, 2, samplingAlgorithm={"type": "random", "seed": 1}) | changes
    body: Body = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    body |= {"metadata": {"name": "sweep"}, "spec": given}
    assert server.answer(Request("POST", SWEEPS, {}, body))[0] == 201
    operators.append(
        RunningOperator(
            FaultyTransport(server, FaultProfile(random.Random(3), **(fault_profile or {}))), clock
        )
    )
    return server, operators[0]


def change(server: MemoryApiServer, **changes: object) -> None:
    assert server.answer(Request("PATCH", f"{SWEEPS}/sweep", {}, {"spec": changes}))[0] == 200


def status_of(server: MemoryApiServer) -> Body:
    sweep = server.store.all("sweepjobs")[NAMESPACE, "sweep"]
    status: Body = sweep.get("status") or {}
    return status
