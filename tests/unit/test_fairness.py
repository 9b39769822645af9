"""Several sweeps over the fake API server, in virtual time: what one of them meets delays no other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sweepjob.controllers.plugin_thread import PluginThread
from sweepjob.kube.transport import Request, Response
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path
from sweepjob.local.store import Body

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator, quiet
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport
from tests.fake_api.virtual_time import VirtualTimeLoop

from .test_crash_everywhere import spec

GOOD = spec(12, 3, samplingAlgorithm={"type": "random", "seed": 1})
NEIGHBOURS = 30
SLOW = 10.0  # seconds that a slow sampler thinks about each proposal


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


class SlowThread(PluginThread):
    """A fake: the thread of the package's samplers, in virtual time. Every proposal takes long."""

    async def call(self, limit: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        async with self._is_free:
            await asyncio.sleep(SLOW)
            return function(*args, **kwargs)


class SlowWebhook(FaultyTransport):
    """A fake: a webhook that thinks for long about one trial's Job, and about no other."""

    async def request(self, request: Request) -> Response:
        name = (request.body or {}).get("metadata", {}).get("name")
        if request.method == "POST" and name == "good-1" and request.path.endswith("/jobs"):
            await asyncio.sleep(6 * SLOW)
        return await super().request(request)


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


def slots_are_filled(server: MemoryApiServer) -> bool:
    """Whether several trials of the good sweep have ended, and others have taken their slots; before the
    Job that the webhook thinks about is there."""
    jobs = {key[1] for key in server.store.all("jobs")}
    assert "good-1" not in jobs, "the others have waited for it"
    records = server.store.all("sweeptrials")  # they stay, when the Jobs of stopped trials are gone
    ran = {key[1] for key, body in records.items() if (body.get("status") or {}).get("job")}
    return {"good-3", "good-4", "good-5"} <= ran


def play(
    others: dict[str, dict[str, Any]],
    client: type[FaultyTransport] = FaultyTransport,
    until: Callable[[MemoryApiServer], bool] = is_complete,
) -> float:
    """Virtual seconds that the good sweep takes beside others."""
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
            apply(server, name, given)
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


def apply(server: MemoryApiServer, name: str, given: dict[str, Any]) -> None:
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
    body: Body = {"metadata": {"name": name}, "spec": given}
    body |= {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    status, made = server.answer(Request("POST", path, {}, body))
    assert status == 201, made


def test_a_quota_in_one_namespace_delays_no_other() -> None:
    alone = play({})
    beside = play({f"refused{n}": GOOD for n in range(NEIGHBOURS)})
    assert beside < alone + 3.0


def test_a_slow_webhook_for_one_trial_delays_no_other() -> None:
    assert play({}, SlowWebhook, until=slots_are_filled) < 4 * SLOW


def test_slow_samplers_delay_no_other_sweep() -> None:
    learning = spec(12, 3, samplingAlgorithm={"type": "bayesian", "seed": 1})
    alone = play({})
    beside = play({f"slow{n}": learning for n in range(2)})
    # The cluster's chances fall otherwise with more pods; waiting even once would be more than this.
    assert beside < alone + 0.8 * SLOW
