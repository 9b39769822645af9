"""An operator beside a CRD of SweepTrials of an earlier version, which drops fields or refuses values."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from sweepjob.api.sweeptrial.dropped_fields import compare_fields
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path
from sweepjob.local.store import Body

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator, quiet
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport
from tests.fake_api.virtual_time import VirtualTimeLoop

from .scenarios import spec
from .two_sweeps import apply

Answer = tuple[int, Body]


class OutdatedServer(MemoryApiServer):
    """A fake: an API server with an earlier CRD of SweepTrials.

    Attributes:
        crd: changes the status of a patch as pruning does, or returns a refusal.
    """

    crd: Callable[[dict[str, Any]], Answer | None]

    def answer(self, request: Request) -> Answer:
        path = parse_path(request.path)
        if request.method == "PATCH" and path.resource == "sweeptrials":
            body = copy.deepcopy(request.body or {})
            refusal = self.crd(body.get("status") or {})
            if refusal is not None:
                return refusal
            request = Request("PATCH", request.path, request.query, body, request.content_type)
        return super().answer(request)


def degraded(crd: Callable[[dict[str, Any]], Answer | None], seconds: float) -> dict[str, Any]:
    """The condition of a sweep after some seconds."""
    random.seed(1)
    loop = VirtualTimeLoop()

    async def scenario() -> dict[str, Any]:
        def clock() -> float:
            return EPOCH + loop.time()

        server = OutdatedServer(clock)
        server.crd = crd
        operators: list[RunningOperator] = []
        trainers = SimulatedTrainers(random.Random(2), lambda: operators[0].push_handler)
        FakeCluster(server, random.Random(3), clock, trainers.run)
        apply(server, NAMESPACE, "sweep", spec(4, 2))
        transport = FaultyTransport(server, FaultProfile(random.Random(4)))
        operators.append(RunningOperator(transport, clock))
        await asyncio.sleep(seconds)
        assert operators[0].problem() is None
        status = server.store.all("sweepjobs")[NAMESPACE, "sweep"]["status"]
        operators[0].kill()
        return next(c for c in status["conditions"] if c["type"] == "Degraded")

    with quiet(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(scenario())


def nothing(status: dict[str, Any]) -> None:
    """The CRD of this version."""


def prune(status: dict[str, Any]) -> None:
    """Drop what an earlier CRD does not know."""
    status.pop("metricsSeen", None)
    status.pop("gpuSeconds", None)
    (status.get("curve") or {}).pop("bestInterval", None)


def refuse(status: dict[str, Any]) -> Answer | None:
    """Refuse a phase that an earlier CRD does not have."""
    if status.get("phase") != "Succeeded":
        return None
    text = 'SweepTrial "x" is invalid: status.phase: Unsupported value: "Succeeded"'
    return 422, StatusError(422, "Invalid", text).body


def test_a_crd_of_this_version_is_not_named() -> None:
    assert degraded(nothing, 40)["reason"] == "AllTrialsHealthy"


def test_fields_that_are_dropped_are_named() -> None:
    condition = degraded(prune, 40)
    assert (condition["status"], condition["reason"]) == ("True", "CrdOutdated")
    assert "drops status.curve.bestInterval, status.gpuSeconds" in condition["message"]


def test_a_status_that_is_refused_is_named() -> None:
    condition = degraded(refuse, 60)
    assert (condition["status"], condition["reason"]) == ("True", "CrdOutdated")
    assert 'Unsupported value: "Succeeded"' in condition["message"]
    assert condition["message"].startswith("the status of trial sweep-")


@pytest.mark.parametrize(
    ("sent", "stored", "found"),
    [
        ({"a": 1}, {"a": 1}, {"status.a": True}),
        ({"a": 1, "b": None, "c": {}, "d": []}, {}, {"status.a": False}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"status.a": True, "status.a.b": True, "status.a.c": False}),
        ({"a": {"b": 1}}, {}, {"status.a": False}),
        ({"a": {"b": 1}}, None, {"status.a": False}),
        ({"a": {"b": 1}}, {"a": "x"}, {"status.a": True, "status.a.b": False}),
        ({"a": [1]}, {"a": []}, {"status.a": True}),
    ],
)  # fmt: skip
def test_fields_are_compared(sent: Any, stored: Any, found: Any) -> None:
    assert dict(compare_fields(sent, stored)) == found
