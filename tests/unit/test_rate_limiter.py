"""The operator's own limit on its requests, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sweepjob.kube.client import KubeClient
from sweepjob.kube.errors import retry_after
from sweepjob.kube.rate_limiter import CONCURRENT_REQUESTS, Priority, RequestRateLimiter
from sweepjob.kube.resources import PODS
from sweepjob.kube.transport import Request, Response, ResponseStream

from tests.fake_api.virtual_time import VirtualTimeLoop


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(scenario())


def test_a_burst_is_sent_at_once_and_the_rest_at_the_rate() -> None:
    async def scenario() -> None:
        rate_limiter, loop = RequestRateLimiter(10.0, 20), asyncio.get_running_loop()
        started, times = loop.time(), []
        for _ in range(50):
            await rate_limiter.acquire(Priority.NORMAL)
            times.append(loop.time() - started)
        assert times[19] == 0.0
        assert times[20] == pytest.approx(0.1, abs=1e-3)
        assert times[-1] == pytest.approx(3.0, abs=1e-3)

    play(scenario)


def test_decisions_have_priority_over_waiting_requests() -> None:
    async def scenario() -> None:
        rate_limiter, order = RequestRateLimiter(10.0, 1), []

        async def ask(priority: Priority, name: str) -> None:
            await rate_limiter.acquire(priority)
            order.append(name)

        await rate_limiter.acquire(Priority.NORMAL)  # the burst
        wanted = [(Priority.BEST_EFFORT, "event"), (Priority.LOW, "first status")]
        wanted += [(Priority.LOW, "second status"), (Priority.NORMAL, "job")]
        wanted += [(Priority.URGENT, "stop")]
        await asyncio.gather(*(ask(*one) for one in wanted))
        assert order == ["stop", "job", "first status", "second status", "event"]

    play(scenario)


def test_namespaces_take_turns_and_each_keeps_its_order() -> None:
    async def scenario() -> None:
        rate_limiter, order = RequestRateLimiter(10.0, 1), []

        async def ask(priority: Priority, namespace: str, number: int) -> None:
            await rate_limiter.acquire(priority, namespace)
            order.append(f"{namespace}{number}")

        await rate_limiter.acquire(Priority.NORMAL)  # the burst
        wanted = [(Priority.NORMAL, "a", n) for n in range(1, 5)]
        wanted += [(Priority.NORMAL, "b", 1), (Priority.NORMAL, "b", 2), (Priority.NORMAL, "c", 1)]
        wanted += [(Priority.URGENT, "a", 5)]
        await asyncio.gather(*(ask(*one) for one in wanted))
        assert order == ["a5", "a1", "b1", "c1", "a2", "b2", "a3", "a4"]

    play(scenario)


def test_a_canceled_request_uses_no_token() -> None:
    async def scenario() -> None:
        rate_limiter, loop = RequestRateLimiter(1.0, 1), asyncio.get_running_loop()
        await rate_limiter.acquire(Priority.NORMAL)
        leaving = asyncio.create_task(rate_limiter.acquire(Priority.URGENT))
        staying = asyncio.create_task(rate_limiter.acquire(Priority.NORMAL))
        await asyncio.sleep(0.5)
        leaving.cancel()
        started = loop.time()
        await staying
        assert loop.time() - started == pytest.approx(0.5, abs=1e-3)
        assert rate_limiter.waiting == 0

    play(scenario)


def test_all_requests_wait_after_retry_after() -> None:
    async def scenario() -> None:
        rate_limiter, loop = RequestRateLimiter(100.0, 100), asyncio.get_running_loop()
        await rate_limiter.acquire(Priority.NORMAL)
        started = loop.time()
        rate_limiter.pause(2.0)
        await asyncio.gather(*(rate_limiter.acquire(Priority.URGENT) for _ in range(3)))
        assert loop.time() - started == pytest.approx(2.0, abs=1e-3)
        rate_limiter.pause(3600.0)  # nobody waits for an hour because somebody says so
        await rate_limiter.acquire(Priority.URGENT)
        assert loop.time() - started < 15.0

    play(scenario)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("7", 7.0), ("9" * 400, 300.0), ("86400", 300.0), ("-1", 0.0), ("soon", 0.0), ("1.5", 0.0)],
)
def test_a_server_that_asks_for_years_is_asked_again(asked: str, seconds: float) -> None:
    """Forever is no time that an event loop can wait: it would end the operator."""
    assert retry_after({"Retry-After": asked}) == seconds


class SlowServer:
    """A fake: an API server that answers after a while, behind a pool of connections."""

    def __init__(self, rate_limiter: RequestRateLimiter, seconds: float) -> None:
        self._rate_limiter, self._seconds = rate_limiter, seconds
        self._connections = asyncio.Semaphore(64)
        self.at_once = self.most = 0

    async def request(self, flow: str, priority: Priority = Priority.NORMAL) -> float:
        """Send a request; return when it was answered."""
        async with self._rate_limiter.turn(priority, flow), self._connections:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(self._seconds)
            self.at_once -= 1
        return asyncio.get_running_loop().time()


def test_a_slow_server_is_shared_fairly() -> None:
    """Requests that were admitted before would be served first, in the order of their arrival."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        server = SlowServer(RequestRateLimiter(200.0, 400, CONCURRENT_REQUESTS), 1.0)
        many = [asyncio.create_task(server.request("many")) for _ in range(400)]
        await asyncio.sleep(0.1)
        started = loop.time()
        for step in range(1, 6):  # what the first trial of a sweep needs, one after the other
            assert await server.request("one") - started == pytest.approx(step, abs=0.01)
        await asyncio.gather(*many)
        assert server.most <= CONCURRENT_REQUESTS

    play(scenario)


def test_urgent_requests_pass_those_that_wait_for_a_slow_server() -> None:
    async def scenario() -> None:
        server = SlowServer(RequestRateLimiter(200.0, 400, 10), 1.0)
        many = [asyncio.create_task(server.request(f"n{n % 40}")) for n in range(200)]
        await asyncio.sleep(0.1)
        started = asyncio.get_running_loop().time()
        assert await server.request("n1", Priority.URGENT) - started < 2.0
        for task in many:
            task.cancel()

    play(scenario)


def test_a_flow_that_is_held_up_leaves_room_for_others() -> None:
    """A webhook of one namespace that answers nothing, whatever the priority of its requests."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        rate_limiter = RequestRateLimiter(1000.0, 1000, 10)
        held = SlowServer(rate_limiter, 1e6)
        tasks = [asyncio.create_task(held.request("held", Priority.URGENT)) for _ in range(50)]
        await asyncio.sleep(0.1)
        assert held.at_once == 5, "half of them"
        quick = SlowServer(rate_limiter, 0.1)
        started = loop.time()
        for _ in range(20):
            await quick.request("quick", Priority.BEST_EFFORT)
        assert loop.time() - started == pytest.approx(2.0, abs=0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert await quick.request("held") - loop.time() == pytest.approx(0.0, abs=0.2)

    play(scenario)


def test_a_request_that_is_cancelled_makes_room() -> None:
    async def scenario() -> None:
        rate_limiter = RequestRateLimiter(1000.0, 1000, 2)
        server = SlowServer(rate_limiter, 1.0)
        first = asyncio.create_task(server.request("a"))
        await asyncio.sleep(0.1)
        waiting = asyncio.create_task(server.request("a"))
        await asyncio.sleep(0.1)
        first.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()  # admitted at this moment, or still waiting
        await asyncio.wait([first, waiting])
        started = asyncio.get_running_loop().time()
        for _ in range(3):
            await server.request("a")
        assert asyncio.get_running_loop().time() - started == pytest.approx(3.0, abs=0.01)

    play(scenario)


class HungNodes:
    """A fake transport: requests are answered at once, and logs never begin."""

    def __init__(self) -> None:
        self.opened = 0

    async def close(self) -> None:
        """There are no connections."""

    async def request(self, request: Request) -> Response:
        return Response(200, b"{}")

    async def open_stream(self, request: Request, idle_timeout: float | None) -> ResponseStream:
        self.opened += 1
        await asyncio.sleep(1e6)
        raise AssertionError


def test_logs_that_do_not_begin_leave_room_for_other_requests() -> None:
    """The API server waits for the kubelet as long as the client does."""

    async def scenario() -> None:
        loop, transport = asyncio.get_running_loop(), HungNodes()
        api = KubeClient(transport, RequestRateLimiter(100.0, 200, CONCURRENT_REQUESTS))
        logs = [
            log
            for n in range(CONCURRENT_REQUESTS)
            for log in (
                api.read_log(f"n{n % 2}", f"p{n}", "trainer", 0, follow=True),
                api.read_log_tail(f"n{n % 2}", f"p{n}", "trainer", 10, follow=True),
            )
        ]
        tasks = [asyncio.ensure_future(anext(log)) for log in logs]
        await asyncio.sleep(1.0)
        assert transport.opened == len(logs)
        started = loop.time()
        for namespace in ("n0", "n1", "other"):
            await asyncio.wait_for(api.get(PODS, namespace, "p"), 10.0)
        assert loop.time() - started < 1.0
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    play(scenario)


def test_logs_are_opened_at_the_rate_of_all_requests() -> None:
    async def scenario() -> None:
        transport = HungNodes()
        api = KubeClient(transport, RequestRateLimiter(10.0, 20))
        logs = [api.read_log("n", f"p{n}", "trainer", 0, follow=True) for n in range(100)]
        tasks = [asyncio.ensure_future(anext(log)) for log in logs]
        await asyncio.sleep(1.05)
        assert transport.opened == 30
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    play(scenario)
