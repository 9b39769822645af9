"""Why one of several pods does not start, over the fake API server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sweepjob.kube.transport import Request
from sweepjob.local.store import Body, Key
from sweepjob.timestamps import format_time

from tests.fake_api.cluster import FakeCluster

from .sweep_controllers import start
from .waiting_trials import CORE, LIMITS, CountingServer, now, waiting_trial, warn

pytestmark = [pytest.mark.virtual_time, pytest.mark.usefixtures("quiet_logs")]


def group() -> dict[str, Any]:
    return {**waiting_trial(), "instanceCount": 3}


def record(server: CountingServer) -> Body:
    [found] = server.store.all("sweeptrials").values()
    status: Body = found["status"]
    return status


def change(server: CountingServer, key: Key, spec: Body | None = None, **status: Any) -> None:
    path = f"{CORE}/pods/{key[1]}"
    if spec is not None:
        server.answer(Request("PATCH", path, {}, {"spec": spec}))
    server.answer(Request("PATCH", f"{path}/status", {}, {"status": status}))


def by_rank(server: CountingServer) -> list[Key]:
    key = "batch.kubernetes.io/job-completion-index"
    pods = server.store.all("pods")
    return sorted(pods, key=lambda name: int(pods[name]["metadata"]["labels"][key]))


def refuse_the_last(monkeypatch: pytest.MonkeyPatch, server: list[CountingServer]) -> list[str]:
    """A quota has room for two of three pods."""
    said = [
        'pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'
    ]

    def create(self: FakeCluster, key: Key, job: Body, pods: list[Body], instances: int) -> None:
        if (job.get("status") or {}).get("startTime") is None:
            status = {"startTime": format_time(now())}
            self.request("PATCH", "jobs", key, {"status": status}, "status")
            for rank in range(instances - len(said)):
                self._create_pod(key, job, rank)
            if said:
                warn(server[0], job["metadata"]["uid"], "FailedCreate", said[0], now())

    monkeypatch.setattr(FakeCluster, "_sync_indexed_job", create)
    return said


async def test_a_quota_with_room_for_some_of_the_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    servers: list[CountingServer] = []
    said = refuse_the_last(monkeypatch, servers)

    class Server(CountingServer):
        def __init__(self, clock: Any) -> None:
            super().__init__(clock)
            servers.append(self)

    server, operator = start(Server, limits=LIMITS, trial=group())
    await asyncio.sleep(20)
    assert len(server.store.all("pods")) == 2
    assert record(server)["reason"] == "QuotaExceeded"
    assert "exceeded quota: small" in record(server)["message"]
    for key in by_rank(server):  # both have a node, and hold it in vain
        change(server, key, {"nodeName": "node"}, phase="Pending")
    await asyncio.sleep(300)
    assert record(server)["attempt"] == 2
    assert record(server)["reason"] == "PartlyScheduled"
    assert "2 of 3 pods were scheduled" in record(server)["message"]
    assert "exceeded quota: small" in record(server)["message"]
    assert record(server).get("failures", 0) == 0
    said.clear()
    await asyncio.sleep(60)
    assert len([p for p in by_rank(server) if "-r2-" in p[1]]) == 3
    assert record(server).get("reason", "") != "QuotaExceeded"
    operator.kill()


async def test_the_events_of_any_rank_are_read() -> None:
    server, operator = start(CountingServer, limits=LIMITS, trial=group())
    await asyncio.sleep(3)
    running = [{"name": "trainer", "state": {"running": {"startedAt": format_time(now())}}}]
    for rank, key in enumerate(by_rank(server)):
        begun = {"phase": "Running", "containerStatuses": running} if rank < 2 else {}
        common = {"phase": "Pending", "startTime": format_time(now())}
        change(server, key, {"nodeName": f"node-{rank}"}, **{**common, **begun})
    last = by_rank(server)[2]
    uid = server.store.all("pods")[last]["metadata"]["uid"]
    warn(server, uid, "FailedMount", 'MountVolume.SetUp failed: secret "keys" not found', now())
    await asyncio.sleep(30)
    assert record(server)["reason"] == "SecretNotFound"
    assert record(server)["message"].startswith("rank 2: ")
    change(server, last, phase="Running", containerStatuses=running)
    await asyncio.sleep(5)
    assert record(server)["phase"] == "Running"
    assert not record(server).get("reason")
    operator.kill()


async def test_what_cannot_start_at_all_counts_before_what_waits() -> None:
    """Whatever the order of the pods: the one waits without limit, the other ends the trial."""
    server, operator = start(CountingServer, limits=LIMITS, trial=group())
    await asyncio.sleep(3)
    unscheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        "lastTransitionTime": format_time(now()),
    }
    waiting = {"reason": "ErrImagePull", "message": "no such image"}
    image = [{"name": "trainer", "image": "x", "state": {"waiting": waiting}}]
    first, second, _ = by_rank(server)
    change(server, first, phase="Pending", conditions=[unscheduled])
    change(
        *(server, second, {"nodeName": "node"}),
        phase="Pending",
        startTime=format_time(now()),
        containerStatuses=image,
    )
    await asyncio.sleep(30)
    assert record(server)["reason"] == "ImageCannotBePulled"
    assert record(server)["message"].startswith("rank 1: image 'x' cannot be pulled")
    await asyncio.sleep(620)
    assert record(server)["stop"]["reason"] == "ImageCannotBePulled"
    assert record(server)["attempt"] == 1, "it is not started again in vain"
    operator.kill()


async def test_the_record_has_the_pods_of_a_trial_by_rank() -> None:
    server, operator = start(CountingServer, limits=LIMITS, trial=group())
    await asyncio.sleep(20)
    listed = record(server)["pods"]
    assert [(p["rank"], p["node"], p["state"]) for p in listed] == [
        (rank, "", "Pending") for rank in range(3)
    ]
    assert [p["pod"] for p in listed] == [name for _, name in by_rank(server)]
    running = [{"name": "trainer", "state": {"running": {"startedAt": format_time(now())}}}]
    first = by_rank(server)[0]
    change(server, first, {"nodeName": "node"}, phase="Running", containerStatuses=running)
    await asyncio.sleep(90)
    assert [(p["node"], p["state"]) for p in record(server)["pods"]] == [
        *(("node", "Running"), ("", "Pending"), ("", "Pending"))
    ]
    server.answer(Request("DELETE", f"{CORE}/pods/{by_rank(server)[2][1]}", {}, {}))
    await asyncio.sleep(120)
    assert record(server)["attempt"] == 2
    assert {p["pod"].rpartition("-r2-")[0] for p in record(server)["pods"]} == {"sweep-0"}
    operator.kill()


async def test_a_trial_of_one_pod_has_no_list() -> None:
    server, operator = start(CountingServer, limits=LIMITS)
    await asyncio.sleep(60)
    assert "pods" not in record(server)
    operator.kill()


async def test_the_service_is_created_again_for_the_next_attempt() -> None:
    """Somebody deletes it in mid-run: connections stay, and names are resolved again after a retry."""
    server, operator = start(CountingServer, limits=LIMITS, trial=group())
    await asyncio.sleep(20)
    service = f"{CORE}/services/sweepjob-sweep"
    assert server.answer(Request("DELETE", service, {}, {}))[0] == 200
    server.answer(Request("DELETE", f"{CORE}/pods/{by_rank(server)[1][1]}", {}, {}))
    await asyncio.sleep(120)
    assert record(server)["attempt"] == 2
    assert server.answer(Request("GET", service, {}, None))[0] == 200
    operator.kill()


async def test_the_service_of_somebody_else_is_left_alone_and_named() -> None:
    body = {"metadata": {"name": "sweepjob-sweep"}, "spec": {"clusterIP": "None"}}

    class Taken(CountingServer):
        def __init__(self, clock: Any) -> None:
            super().__init__(clock)
            assert self.answer(Request("POST", f"{CORE}/services", {}, body))[0] == 201

    server, operator = start(Taken, limits=LIMITS, trial=group())
    await asyncio.sleep(30)
    assert not server.store.all("jobs")
    assert "services 'sweepjob-sweep' already exists" in record(server)["message"]
    assert "Use another name for this sweep" in record(server)["message"]
    assert server.answer(Request("DELETE", f"{CORE}/services/sweepjob-sweep", {}, {}))[0] == 200
    await asyncio.sleep(60)
    assert len(server.store.all("jobs")) == 1, "it starts by itself"
    operator.kill()
