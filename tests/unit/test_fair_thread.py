"""Work on what tenants write: in one thread, whose turns the namespaces share."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from sweepjob.controllers.fair_thread import FairThread


async def _order_of(thread: FairThread, wanted: list[tuple[str, int]]) -> list[tuple[str, int]]:
    done = list[tuple[str, int]]()
    await asyncio.gather(*(thread.call(one[0], done.append, one) for one in wanted))
    return done


def test_a_namespace_with_much_work_does_not_hold_up_another() -> None:
    many = [("busy", n) for n in range(300)]
    order = asyncio.run(_order_of(FairThread("t"), [*many, ("other", 0), ("other", 1)]))
    assert order.index(("other", 0)) <= 3
    assert order.index(("other", 1)) <= 5
    assert [one for one in order if one[0] == "busy"] == many


def test_one_call_at_a_time_beside_the_loop() -> None:
    running, most = [0], [0]

    def work() -> threading.Thread:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.001)
        running[0] -= 1
        return threading.current_thread()

    async def run() -> list[threading.Thread]:
        thread = FairThread("t")
        return await asyncio.gather(*(thread.call(f"n{n % 3}", work) for n in range(20)))

    assert threading.main_thread() not in asyncio.run(run())
    assert most == [1]


def test_errors_and_cancellations_pass_the_turn_on() -> None:
    def fail() -> None:
        raise ValueError("no")

    async def run() -> None:
        thread = FairThread("t")
        held = threading.Event()
        first = asyncio.create_task(thread.call("a", held.wait, 10.0))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(thread.call("b", int, "1")) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        first.cancel()  # what it called goes on
        await asyncio.sleep(0)
        waiting[1].cancel()  # its turn may have come
        held.set()
        assert await waiting[2] == 1
        with pytest.raises(ValueError, match="no"):
            await thread.call("a", fail)
        assert await thread.call("a", int, "2") == 2

    asyncio.run(run())
