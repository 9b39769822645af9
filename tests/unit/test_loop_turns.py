"""Long work on the event loop lets other tasks run, however long one of its steps takes."""

import asyncio
import time
from collections.abc import Iterator

from sweepjob.kube.loop_turns import run_in_turns


async def test_other_tasks_run_after_each_long_step() -> None:
    progress: list[str] = []

    def steps() -> Iterator[None]:
        for number in range(3):
            time.sleep(0.01)
            progress.append(f"step {number}")
            yield

    async def other() -> None:
        for _ in range(3):
            progress.append("other")
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await run_in_turns(steps())
    await task
    assert progress == ["step 0", "other", "step 1", "other", "step 2", "other"]


async def test_short_steps_share_a_slice() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(count())
    await run_in_turns(iter([None] * 100))
    task.cancel()
    assert turns <= 20
