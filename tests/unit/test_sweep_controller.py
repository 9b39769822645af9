"""The reconciler over the fake API server, in virtual time: slots that are reserved and given up, a sweep that
changes in the wrong moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from sweepjob.api.meta.identity import ObjectKey
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.kube.transport import Request, TransportError
from sweepjob.lifecycle.snapshot import Proposal
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path
from sweepjob.local.store import Body

from tests.fake_api.harness import NAMESPACE, quiet

from .scenarios import spec
from .sweep_controllers import change, start, status_of

pytestmark = pytest.mark.virtual_time


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


class FullServer(MemoryApiServer):
    """A fake: a quota for records that can be full."""

    full = True
    asked = 0

    def answer(self, request: Request) -> tuple[int, Body]:
        if (
            self.full
            and request.method == "POST"
            and parse_path(request.path).resource == "sweeptrials"
        ):
            self.asked += 1
            return 403, StatusError(403, "Forbidden", "exceeded quota").body
        return super().answer(request)


class InterruptedServer(MemoryApiServer):
    """A fake: it writes the first record, is told to suspend the sweep, and does not answer."""

    interrupted = False

    def answer(self, request: Request) -> tuple[int, Body]:
        done = super().answer(request)
        record = request.method == "POST" and parse_path(request.path).resource == "sweeptrials"
        if not record or self.interrupted:
            return done
        self.interrupted = True
        change(self, suspend=True)
        return 504, StatusError(504, "Timeout", "no answer").body


class StoppedServer(MemoryApiServer):
    """A fake: it creates the first Job, is told to stop the sweep, and does not answer; watches of Jobs
    are seconds late."""

    asked = 0

    def answer(self, request: Request) -> tuple[int, Body]:
        job = (
            request.method == "POST"
            and parse_path(request.path).resource == "jobs"
            and not request.query
        )
        if not job:
            return super().answer(request)
        self.asked += 1
        if self.asked > 1:
            return 503, StatusError(503, "Unavailable", "not now").body
        assert super().answer(request)[0] == 201
        change(self, stop=True)
        return 504, StatusError(504, "Timeout", "no answer").body

    async def watch(self, request: Request) -> AsyncIterator[tuple[float, Body]]:
        late = 5.0 if parse_path(request.path).resource == "jobs" else 0.0
        async for committed, event in super().watch(request):
            yield committed + late, event


class GrowingServer(MemoryApiServer):
    """A fake: somebody gives the sweep more trials in the moment in which it is said to be complete."""

    def answer(self, request: Request) -> tuple[int, Body]:
        done = super().answer(request)
        status = (request.body or {}).get("status") or {}
        if status.get("phase") == "Complete" and status["trials"]["total"] == 4:
            change(self, limits={"maxTotalTrials": 6, "maxConcurrentTrials": 2})
        return done


class MissingServer(MemoryApiServer):
    """A fake: Jobs have no place to be."""

    asked = 0

    def answer(self, request: Request) -> tuple[int, Body]:
        if request.method == "POST" and parse_path(request.path).resource == "jobs":
            self.asked += 1
            return 404, StatusError(404, "NotFound", "the namespace is not there").body
        return super().answer(request)


class AbsentServer(MemoryApiServer):
    """A fake: it is not there for a while; what kubelets had to say meanwhile they say when they are let."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.absent = asyncio.Event()
        self.unsaid: list[Request] = []

    def answer(self, request: Request) -> tuple[int, Body]:
        if not self.absent.is_set():
            return super().answer(request)
        if request.method != "GET" and parse_path(request.path).resource == "pods":
            self.unsaid.append(request)
        return 503, StatusError(503, "Unavailable", "not there").body

    async def watch(self, request: Request) -> AsyncIterator[tuple[float, Body]]:
        events = super().watch(request)
        absent = asyncio.ensure_future(self.absent.wait())
        while True:
            event = asyncio.ensure_future(anext(events))
            await asyncio.wait((event, absent), return_when=asyncio.FIRST_COMPLETED)
            if absent.done():
                event.cancel()
                raise TransportError("the server has gone")
            yield event.result()


async def test_a_refused_record_is_retried_with_its_index() -> None:
    server, operator = start(FullServer)
    await asyncio.sleep(10)
    degraded = next(c for c in status_of(server)["conditions"] if c["type"] == "Degraded")
    assert degraded["status"] == "True"
    assert "exceeded quota" in degraded["message"]
    assert server.asked < 40, "after pauses that grow"
    server.full = False
    await asyncio.sleep(200)
    assert status_of(server)["phase"] == "Complete"
    assert [key[1] for key in sorted(server.store.all("sweeptrials"))] == [
        f"sweep-{n}" for n in range(4)
    ]
    operator.kill()


async def test_a_reservation_is_canceled_when_its_slot_is_gone() -> None:
    server, operator = start(FullServer)
    await asyncio.sleep(5)
    change(server, suspend=True)
    await asyncio.sleep(1)
    asked, server.full = server.asked, False
    await asyncio.sleep(100)
    assert status_of(server)["phase"] == "Suspended"
    assert (server.asked, server.store.all("sweeptrials")) == (asked, {})
    change(server, suspend=False)
    await asyncio.sleep(200)
    assert status_of(server)["phase"] == "Complete"
    operator.kill()


async def test_a_suspended_sweep_ends_at_its_timeout() -> None:
    limits = {"maxTotalTrials": 4, "maxConcurrentTrials": 2, "timeout": 60}
    server, operator = start(MemoryApiServer, suspend=True, limits=limits)
    await asyncio.sleep(59)
    assert status_of(server)["phase"] == "Suspended"
    await asyncio.sleep(2)
    [failed] = [c for c in status_of(server)["conditions"] if c["type"] == "Failed"]
    assert (failed["status"], failed["reason"]) == ("True", "SweepTimeout")
    assert not server.store.all("sweeptrials")
    operator.kill()


async def test_a_stopped_sweep_ends_although_records_are_refused() -> None:
    server, operator = start(FullServer)
    await asyncio.sleep(5)
    change(server, stop=True)
    # A request that is under way is refused once more, and its slot is given up after the pause that follows.
    await asyncio.sleep(30)
    assert status_of(server)["phase"] == "Failed"
    assert status_of(server)["trials"]["total"] == 4
    operator.kill()


async def test_a_record_created_without_a_response_is_found_after_a_suspension() -> None:
    server, operator = start(InterruptedServer)
    await asyncio.sleep(100)
    records = server.store.all("sweeptrials").values()
    assert all("completionTime" in record["status"] for record in records)
    assert status_of(server)["phase"] == "Suspended"
    assert status_of(server)["trials"]["created"] == len(records) == 2
    operator.kill()


async def test_a_sweep_extended_while_its_end_is_written_continues() -> None:
    ahead = {"delay": (0.1, 0.2)}  # the watch, of answers
    server, operator = start(GrowingServer, ahead)
    await asyncio.sleep(300)
    assert status_of(server)["phase"] == "Complete"
    assert status_of(server)["observedGeneration"] == 2
    assert len(server.store.all("sweeptrials")) == 6
    operator.kill()


async def test_a_sweep_with_a_missing_reference_is_reconciled_again() -> None:
    server, operator = start(MissingServer)
    await asyncio.sleep(10)
    assert 5 <= server.asked <= 12
    operator.kill()


async def test_a_job_created_without_a_response_ends_with_its_sweep() -> None:
    """Though the cache shows it only after the sweep has been stopped."""
    server, operator = start(StoppedServer)
    await asyncio.sleep(100)
    assert status_of(server)["completionTime"]
    [trial] = [t for t in server.store.all("sweeptrials").values() if t["spec"]["index"] == 0]
    assert trial["status"]["phase"] == "Canceled"
    assert not server.store.all("jobs")
    operator.kill()


async def test_a_node_is_not_lost_while_the_api_server_is_unreachable() -> None:
    """Its timeout starts at the moment at which the API server is there again."""
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    server, operator = start(AbsentServer, limits=limits)
    await asyncio.sleep(3)
    change(server, stop=True)
    await asyncio.sleep(0.5)
    pods = server.store.all("pods")
    going = [key for key, pod in pods.items() if "deletionTimestamp" in pod["metadata"]]
    assert going
    server.absent.set()
    await asyncio.sleep(300)
    server.absent.clear()
    assert server.unsaid, "the pods have ended"
    await asyncio.sleep(40)
    assert going == list(pods)
    assert "completionTime" not in status_of(server)
    for request in server.unsaid:
        server.answer(request)
    await asyncio.sleep(10)
    assert "completionTime" in status_of(server)
    assert not pods
    operator.kill()


async def test_a_spec_with_warnings_runs() -> None:
    """By an event, once, and in the condition, which says the same after a change of the spec."""
    space = {
        **spec(4, 2)["searchSpace"],
        "lr": {"type": "loguniform", "minValue": 1e-4, "maxValue": 0.1},
    }
    server, operator = start(MemoryApiServer, searchSpace=space)
    await asyncio.sleep(5)

    def told() -> tuple[str, list[str]]:
        [accepted] = [c for c in status_of(server)["conditions"] if c["type"] == "Accepted"]
        assert accepted["status"] == "True"
        events = server.store.all("events").values()
        found = [e for e in events if e["reason"] == "SpecWarning" and e["type"] == "Warning"]
        return accepted["message"], [event["message"] for event in found]

    line = "write lr: {type: loguniform, low: 0.0001, high: 0.1}"
    message, [event] = told()
    assert line in message
    assert line in event
    change(server, limits={"maxTotalTrials": 5, "maxConcurrentTrials": 1})
    await asyncio.sleep(5)
    assert told() == (message, [event])
    await asyncio.sleep(300)
    assert status_of(server)["phase"] == "Complete"
    operator.kill()


async def test_a_trial_that_becomes_known_late_has_the_reports_of_its_pod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its record was requested before the state was rebuilt. Its pod ends before the answer arrives."""
    server, operator = start(
        MemoryApiServer,
        limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1},
        earlyTermination={"type": "bandit", "slackAmount": 0.5},
    )
    key = ObjectKey(NAMESPACE, "sweep")

    def pods() -> list[Body]:
        return list(server.store.all("pods").values())

    async def until(condition: Callable[[], bool]) -> None:
        while not condition():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.05)

    async with asyncio.timeout(600):
        await until(lambda: any(pod["status"].get("phase") == "Running" for pod in pods()))
        entry = operator.controller.registry.get(key)
        assert entry is not None
        assert entry.sweep is not None
        known = entry.sweep.state
        rebuilt = SweepStore(known.identity, known.spec, known.seed, known.started, {})
        rebuilt.load([])
        entry.activate(rebuilt, entry.observed_generation)
        monkeypatch.setattr(operator, "push_handler", None)  # it is not reached
        await until(lambda: all(pod["status"].get("phase") == "Succeeded" for pod in pods()))
        await asyncio.sleep(5)
        assert rebuilt.state.slots.created == 0
        rebuilt.reserve_slot(Proposal(0, known.live[0].assignment))
        operator.controller.queues.trials.add((key, 0))
        await until(lambda: status_of(server).get("phase") == "Complete")
    [record] = server.store.all("sweeptrials").values()
    values = record["status"]["curve"]["values"].split()
    assert len(values) == int(record["spec"]["parameters"]["reports"])
