"""Queues that nobody works off, and what is put into them."""

from __future__ import annotations

import asyncio

from sweepjob.controllers.queues import Queues
from sweepjob.controllers.sweep_registry import SweepRegistry

from tests.fake_api.harness import SETTINGS


async def _unused(key: object) -> float | None:
    raise AssertionError("nothing runs the queues")


def idle_queues() -> Queues:
    queues = Queues(SweepRegistry(SETTINGS))
    queues.connect(_unused, _unused, _unused)
    return queues


async def requeued(queues: Queues) -> None:
    async with asyncio.timeout(30):
        while not queues.sweeps.depth:  # noqa: ASYNC110 - nobody runs the queue
            await asyncio.sleep(0.01)
