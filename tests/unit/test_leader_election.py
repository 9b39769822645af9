"""Who leads: the lease's rules as values, and several operators that want the same lease."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from sweepjob.kube import errors, resources
from sweepjob.kube.leader_election import LeaderElector, LeadershipLost
from sweepjob.kube.lease import ObservedLease, can_acquire, lease_manifest, observe
from sweepjob.telemetry.log_format import fields_of

pytestmark = pytest.mark.virtual_time


def lease(version: str, holder: str, duration: int = 15) -> dict[str, Any]:
    spec = {"holderIdentity": holder, "leaseDurationSeconds": duration, "leaseTransitions": 3}
    return {"metadata": {"resourceVersion": version}, "spec": spec}


def test_expiry_is_measured_by_the_local_clock() -> None:
    first = observe(lease("1", "a"), None, 100.0)
    same = observe(lease("1", "a"), first, 110.0)
    assert same.since == 100.0
    renewed = observe(lease("2", "a"), same, 112.0)
    assert renewed.since == 112.0


@pytest.mark.parametrize(
    ("holder", "now", "expected"),
    [("", 100.0, True), ("me", 100.0, True), ("a", 114.9, False), ("a", 115.0, True)],
)
def test_when_a_lease_can_be_acquired(holder: str, now: float, expected: bool) -> None:
    seen = observe(lease("1", holder), None, 100.0)
    assert can_acquire(seen, "me", now) is expected


def test_nobody_holds_a_lease_for_years() -> None:
    seen = observe(lease("1", "a", 2**31 - 1), None, 100.0)
    assert can_acquire(seen, "me", 160.0)


def test_a_deleted_lease_is_held_until_it_would_have_expired() -> None:
    seen = observe(None, observe(lease("1", "a"), None, 100.0), 110.0)
    assert seen.version == "", "it is to be created"
    assert not can_acquire(seen, "me", 114.9)
    assert can_acquire(seen, "a", 111.0)
    assert can_acquire(observe(None, seen, 115.0), "me", 115.0)
    assert can_acquire(observe(None, None, 100.0), "me", 100.0)
    released = observe(None, observe(lease("1", ""), None, 100.0), 101.0)
    assert can_acquire(released, "me", 101.0)


def test_the_fields_of_the_lease() -> None:
    new = lease_manifest("ns", "name", "me", ObservedLease("", "", 0, 0, 0), 0.0)
    assert "resourceVersion" not in new["metadata"]
    assert new["spec"]["acquireTime"] == "1970-01-01T00:00:00.000000Z"
    assert new["spec"]["leaseTransitions"] == 1
    renewal = lease_manifest("ns", "name", "me", ObservedLease("7", "me", 15, 0, 3), 0.0)
    assert renewal["metadata"]["resourceVersion"] == "7"
    assert "acquireTime" not in renewal["spec"]
    assert renewal["spec"]["leaseTransitions"] == 3
    assert lease_manifest("ns", "name", "", ObservedLease("7", "me", 15, 0, 3), 0.0)["spec"] == {
        "holderIdentity": "",
        "leaseDurationSeconds": 1,
        "renewTime": "1970-01-01T00:00:00.000000Z",
        "acquireTime": "1970-01-01T00:00:00.000000Z",
        "leaseTransitions": 3,
    }


class LeaseInMemory:
    """In place of the API server: one lease, with its preconditions; ``cut`` are those who do not
    reach it."""

    def __init__(self) -> None:
        self.body: dict[str, Any] | None = None
        self.cut: set[str] = set()
        self.version = 0

    def of(self, identity: str) -> Any:
        return _Door(self, identity)

    def write(self, body: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        self.body = copy.deepcopy(body)
        self.body["metadata"]["resourceVersion"] = str(self.version)
        return copy.deepcopy(self.body)


class _Door:
    def __init__(self, memory: LeaseInMemory, identity: str) -> None:
        self._memory, self._identity = memory, identity

    async def _pass(self) -> None:
        await asyncio.sleep(0)
        if self._identity in self._memory.cut:
            raise errors.Unavailable("cut off")

    async def get(self, resource: resources.Resource, namespace: str, name: str) -> dict[str, Any]:
        await self._pass()
        if self._memory.body is None:
            raise errors.NotFound("none")
        return copy.deepcopy(self._memory.body)

    async def create(self, resource: Any, namespace: str, body: dict[str, Any]) -> dict[str, Any]:
        await self._pass()
        if self._memory.body is not None:
            raise errors.AlreadyExists("there is one")
        return self._memory.write(body)

    async def replace(
        self, resource: Any, namespace: str, name: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        await self._pass()
        if body["metadata"]["resourceVersion"] != str(self._memory.version):
            raise errors.Conflict("changed")
        return self._memory.write(body)


def candidates(memory: LeaseInMemory, count: int) -> list[LeaderElector]:
    clock = asyncio.get_running_loop().time
    return [LeaderElector(memory.of(str(n)), "ns", "lease", str(n), clock) for n in range(count)]


async def test_a_partitioned_leader_stops_before_another_starts() -> None:
    memory = LeaseInMemory()
    first, second, third = candidates(memory, 3)
    await first.acquire()
    waiting = [asyncio.create_task(c.acquire()) for c in (second, third)]
    keeping = asyncio.create_task(first.renew())
    await asyncio.sleep(60)
    assert [c.is_leader for c in (first, second, third)] == [True, False, False]
    memory.cut.add("0")
    with pytest.raises(LeadershipLost):
        await asyncio.wait_for(keeping, 100)
    assert not second.is_leader
    assert not third.is_leader
    done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=100)
    assert len(done) == 1
    assert second.is_leader != third.is_leader
    for task in rest:
        task.cancel()


@pytest.mark.parametrize("pause", [2.3, 5.0, 7.0, 11.0])
async def test_deleting_the_lease_changes_no_leader(pause: float) -> None:
    """Again and again; but one that is gone at each look is no lock."""
    memory = LeaseInMemory()
    first, *others = candidates(memory, 3)
    await first.acquire()
    waiting = [asyncio.create_task(c.acquire()) for c in others]
    keeping = asyncio.create_task(first.renew())
    for _ in range(40):
        await asyncio.sleep(pause)
        memory.body = None
        assert first.is_leader
        assert not any(c.is_leader for c in others)
    assert not keeping.done()
    for task in (keeping, *waiting):
        task.cancel()


async def test_whoever_takes_the_lease_is_named_and_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    memory = LeaseInMemory()
    first, second = candidates(memory, 2)
    await first.acquire()
    keeping = asyncio.create_task(first.renew())
    following = asyncio.create_task(second.acquire())
    await asyncio.sleep(5)
    memory.write({**lease("", "thief", 2**31 - 1), "metadata": {"name": "lease"}})
    with pytest.raises(LeadershipLost, match="the lease names 'thief'"):
        await asyncio.wait_for(keeping, 100)
    await asyncio.sleep(5)
    assert not first.is_leader
    assert not second.is_leader
    waited = [r for r in caplog.records if r.message == "another operator leads"]
    assert [fields_of(r)["holder"] for r in waited] == ["0", "thief"]
    await asyncio.wait_for(following, 70)
    assert second.is_leader


async def test_an_edited_lease_is_still_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = LeaseInMemory()
    (leader,) = candidates(memory, 1)
    await leader.acquire()
    look = leader._read

    async def touched_after_the_look() -> dict[str, Any] | None:
        body = await look()
        if memory.version < 4 and memory.body is not None:
            memory.write(memory.body)  # a label, say: another version, the same holder
        return body

    monkeypatch.setattr(leader, "_read", touched_after_the_look)
    keeping = asyncio.create_task(leader.renew())
    await asyncio.sleep(60)
    assert not keeping.done()
    assert leader.is_leader
    assert memory.version > 5  # it went on renewing
    keeping.cancel()


async def test_a_leader_that_lost_the_lease_stops() -> None:
    memory = LeaseInMemory()
    first, second = candidates(memory, 2)
    await first.acquire()
    await asyncio.sleep(1)
    await second._read()
    memory.write({**lease("", "1"), "metadata": {"name": "lease"}})  # it slept, and was followed
    with pytest.raises(LeadershipLost):
        await asyncio.wait_for(first.renew(), 100)


async def test_a_released_lease_is_acquired_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweepjob.kube.lease.LEASE_DURATION", 3600)
    memory = LeaseInMemory()
    first, second = candidates(memory, 2)
    await first.acquire()
    following = asyncio.create_task(second.acquire())
    await asyncio.sleep(3)
    await first.release()
    await asyncio.wait_for(following, 100)
    assert second.is_leader
    assert not first.is_leader


async def test_concurrent_candidates_elect_one_leader() -> None:
    memory = LeaseInMemory()
    wanting = candidates(memory, 20)
    tasks = [asyncio.create_task(c.acquire()) for c in wanting]
    await asyncio.sleep(5)
    assert sum(c.is_leader for c in wanting) == 1
    for task in tasks:
        task.cancel()
