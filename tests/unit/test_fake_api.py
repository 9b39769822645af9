"""The fake API server keeps the contract that the real one keeps (tests/e2e/test_api_server.py)."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer

from tests.fake_api.virtual_time import Deadlock, VirtualTimeLoop

from .memory_api_server import MemoryApiServerContract


class TestMemoryApiServer(MemoryApiServerContract):
    """Without HTTP; ``test_fake_api_over_http`` has the other one."""


def test_returned_objects_do_not_change() -> None:
    server = MemoryApiServer(time.time)
    path = "/apis/sweepjob.dev/v1alpha1/namespaces/team/sweepjobs"
    made = {"metadata": {"name": "sweep"}, "spec": {}}
    assert server.answer(Request("POST", path, {}, made))[0] == 201
    before = server.store.all("sweepjobs")["team", "sweep"]
    kept = json.dumps(before)
    status, now = server.answer(Request("PATCH", f"{path}/sweep", {}, {"spec": {"stop": True}}))
    assert (status, now["metadata"]["generation"]) == (200, 2)
    assert json.dumps(before) == kept, "whoever is told of it late is told what it was"


def test_virtual_time_advances_only_when_idle() -> None:
    seen = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(asyncio.sleep(n * 1000) for n in range(4)))
        seen.append(loop.time())

    began = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(scenario())
    assert seen == [pytest.approx(3000)]
    assert time.monotonic() - began < 600, "it did not wait"


def test_a_deadlock_is_detected() -> None:
    loop = VirtualTimeLoop()
    with pytest.raises(Deadlock):
        loop.run_until_complete(asyncio.Event().wait())
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
