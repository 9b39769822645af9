"""Queues that nobody works off, and what is put into them."""

from __future__ import annotations

from sweepjob.controllers.queues import Queues
from sweepjob.controllers.sweep_registry import SweepRegistry

from tests.fake_api.harness import SETTINGS
from tests.waiting import until


async def _unused(key: object) -> float | None:
    raise AssertionError("nothing runs the queues")


def idle_queues() -> Queues:
    queues = Queues(SweepRegistry(SETTINGS))
    queues.connect(_unused, _unused, _unused)
    return queues


async def requeued(queues: Queues) -> None:
    await until(lambda: queues.sweeps.depth)
