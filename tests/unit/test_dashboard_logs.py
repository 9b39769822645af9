"""Logs in the dashboard: the lines on record within bounds, and the log of a pod as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.log_tail import LogTail, dump_log_tails
from sweepjob.dashboard.access import RequestRejected, Viewer
from sweepjob.dashboard.cache_sync import Unavailable
from sweepjob.dashboard.document import build_document
from sweepjob.dashboard.feed_registry import FeedRegistry
from sweepjob.dashboard.log_budget import limit_logs
from sweepjob.dashboard.server import DashboardServer
from sweepjob.dashboard.stream_limits import StreamLimits
from sweepjob.dashboard.trial_log import ClusterLogs, newest_pod
from sweepjob.kube.client import KubeClient
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.transport import MemoryTransport

from .cli.bodies import NOW, sweep_body, trial_body

TAIL = dump_log_tails({1: LogTail("sweep-0-a", "one\ntwo\n")})


def row(index: int, length: int, phase: str = "Succeeded") -> dict[str, Any]:
    return {"index": index, "phase": phase, "logs": [{"text": "x" * length}]}


def test_logs_of_failed_trials_are_kept_first_then_the_newest() -> None:
    rows = [row(0, 40, "Failed"), row(1, 40), row(2, 40), row(3, 40)]
    limit_logs(rows, budget=120)
    kept = [each["index"] for each in rows if each["logs"]]
    assert kept == [0, 2, 3]
    assert [each["index"] for each in rows if each.get("logsLeftOut")] == [1]


def test_few_logs_are_all_kept() -> None:
    trials = [trial_body(n, [0.1], logs=TAIL) for n in range(3)]
    shown = build_document(sweep_body(), trials, NOW)["trials"]
    assert [trial["logs"][0]["text"] for trial in shown] == ["one\ntwo\n"] * 3
    assert not any("logsLeftOut" in trial for trial in shown)


def test_many_logs_keep_a_document_small() -> None:
    long = dump_log_tails({1: LogTail("p", "x" * 4096)})
    trials = [trial_body(n, [0.1], logs=long) for n in range(300)]
    shown = build_document(sweep_body(), trials, NOW)["trials"]
    kept = [trial for trial in shown if trial["logs"]]
    assert len(kept) == 500_000 // 4096
    assert len(kept) + sum(trial.get("logsLeftOut", False) for trial in shown) == 300


def pod(name: str, attempt: int = 1, rank: str = "", created: str = "00") -> dict[str, Any]:
    labels = {"sweepjob.dev/sweep": "sweep", "sweepjob.dev/trial": "sweep-0"}
    labels["sweepjob.dev/attempt"] = str(attempt)
    labels |= {"batch.kubernetes.io/job-completion-index": rank} if rank else {}
    meta = {"name": name, "namespace": "team", "uid": name, "resourceVersion": "1"}
    meta["creationTimestamp"] = f"2026-01-01T00:{created}:00Z"
    containers = [{"name": "sidecar"}, {"name": "trainer"}]
    return {"metadata": {**meta, "labels": labels}, "spec": {"containers": containers}}


def test_the_newest_pod_of_an_attempt_is_read() -> None:
    pods = [pod("a"), pod("b", 2, created="01"), pod("c", 2, created="02")]
    assert newest_pod(pods, "sweep-0", None)["metadata"]["name"] == "c"
    assert newest_pod(pods, "sweep-0", 1)["metadata"]["name"] == "a"
    with pytest.raises(Unavailable, match="sweep-0 has no pod for attempt 3 now"):
        newest_pod(pods, "sweep-0", 3)
    with pytest.raises(Unavailable, match="sweep-0 has no pod now"):
        newest_pod([], "sweep-0", None)


@pytest.mark.parametrize("trial", ["a,b=c", "a b", "", "../x", "a!=b", "x" * 64])
async def test_a_name_cannot_be_a_selector(trial: str) -> None:
    logs = ClusterLogs(KubeClient(MemoryTransport(MemoryApiServer(lambda: NOW), _no_log)))
    with pytest.raises(Unavailable, match="is not the name of a trial"):
        await logs.open("team", "sweep", trial, None)


async def _no_log(name: str, after: float) -> AsyncIterator[bytes]:
    yield name.encode()


class Anyone:
    """Access of a viewer who may read what a test says."""

    def __init__(self) -> None:
        self.may: dict[str, bool] = {"read": True, "logs": True}

    async def authenticate(self, request: web.Request) -> Viewer:
        if request.headers.get("Authorization") == "none":
            raise RequestRejected(401, "a bearer token is required")
        return Viewer("ann")

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        return self.may["read"]

    async def may_read_logs(self, viewer: Viewer, namespace: str) -> bool:
        return self.may["logs"]


class Site:
    """A dashboard whose cluster has one trial with one pod, and whose log a test writes."""

    def __init__(self) -> None:
        self.access, self.limits = Anyone(), StreamLimits(per_viewer=1)
        self.written: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_closed = asyncio.Event()
        self.store = MemoryApiServer(lambda: NOW)
        self.api = KubeClient(MemoryTransport(self.store, _no_log, self._log))

    async def _log(self, name: str) -> AsyncIterator[bytes]:
        try:
            while (piece := await self.written.get()) is not None:
                yield piece
        finally:
            self.is_closed.set()


PATH = "/api/sweeps/team/sweep/trials/sweep-0/log"


@pytest.fixture
async def site() -> Site:
    found = Site()
    trial = trial_body(0, [0.1], TrialPhase.RUNNING, logs=TAIL)
    trial["metadata"]["ownerReferences"][0]["uid"] = "sweep-uid"
    trial["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    found.store.store.put("sweepjobs", sweep_body())
    found.store.store.put("sweeptrials", trial)
    found.store.store.put("pods", pod("sweep-0-a"))
    return found


@pytest.fixture
async def client(site: Site) -> AsyncIterator[ClientSession]:
    feeds = FeedRegistry(site.api, [None])
    watching = asyncio.create_task(feeds.run())
    server = DashboardServer(feeds, site.access, limits=site.limits, logs=ClusterLogs(site.api))
    async with TestClient(TestServer(server.application())) as found:
        yield found  # type: ignore[misc]  # it has the methods of a session
    feeds.close()
    watching.cancel()


async def test_a_log_arrives_as_it_grows(site: Site, client: ClientSession) -> None:
    site.written.put_nowait(b"epoch 1\nepo")
    async with client.get(PATH) as answer:
        assert answer.status == 200
        assert answer.headers["X-Pod"] == "sweep-0-a"
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert await answer.content.readline() == b"epoch 1\n"
        site.written.put_nowait(b"ch 2\n")
        assert await answer.content.readline() == b"epoch 2\n"
        site.written.put_nowait(None)
        assert await answer.content.read() == b""
    assert site.is_closed.is_set()


async def test_a_silent_log_begins_and_is_closed_when_its_viewer_leaves(
    site: Site, client: ClientSession
) -> None:
    async with client.get(PATH) as answer:
        assert answer.status == 200
        async with client.get(PATH) as second:
            assert second.status == 429
    await asyncio.wait_for(site.is_closed.wait(), 20)


async def test_nobody_reads_a_log_without_the_right_to(site: Site, client: ClientSession) -> None:
    site.access.may["logs"] = False
    async with client.get(PATH) as answer:
        assert answer.status == 403
        assert await answer.text() == "you may not read the logs of pods of team"
    site.access.may = {"read": False, "logs": True}
    async with client.get(PATH) as answer:
        assert answer.status == 403
    async with client.get(PATH, headers={"Authorization": "none"}) as answer:
        assert answer.status == 401
    async with client.get(PATH.replace("/log", "/tails")) as answer:
        assert answer.status == 403


async def test_a_log_that_is_gone_says_so_and_its_record_remains(
    site: Site, client: ClientSession
) -> None:
    site.store.store.remove("pods", ("team", "sweep-0-a"))
    async with client.get(PATH) as answer:
        assert answer.status == 200  # which a browser does not report as an error of the page
        assert await answer.json() == {"unavailable": "sweep-0 has no pod now"}
    async with client.get(PATH.replace("/log", "/tails")) as answer:
        logs = (await answer.json())["logs"]
        assert [(log["attempt"], log["text"]) for log in logs] == [(1, "one\ntwo\n")]
    async with client.get(PATH.replace("sweep-0/log", "sweep-9/tails")) as answer:
        assert (answer.status, await answer.text()) == (404, "the sweep has no trial sweep-9")


async def test_a_page_without_logs_says_which_value_of_the_chart_is_off(site: Site) -> None:
    feeds = FeedRegistry(site.api, [None])
    watching = asyncio.create_task(feeds.run())
    server = DashboardServer(feeds, site.access)
    async with TestClient(TestServer(server.application())) as client, client.get(PATH) as answer:
        assert "dashboard.logs of the chart is off" in (await answer.json())["unavailable"]
    feeds.close()
    watching.cancel()
