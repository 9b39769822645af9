"""A sweep that cannot go on says so, and why, where ``kubectl get`` shows it; over the fake API server."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer, parse_path
from sweepjob.local.store import Body, Key
from sweepjob.timestamps import format_time

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import NAMESPACE, RunningOperator
from tests.fake_api.transport import FaultProfile, FaultyTransport

from .sweep_controllers import start, status_of
from .waiting_trials import CORE, LIMITS, CountingServer, now, waiting_trial, warn

pytestmark = [pytest.mark.virtual_time, pytest.mark.usefixtures("quiet_logs")]
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"


def events(server: MemoryApiServer, reason: str) -> list[Body]:
    return [e for e in server.store.all("events").values() if e["reason"] == reason]


def bind(server: MemoryApiServer, **status: Any) -> Key:
    """A node takes the only pod, and says this of it."""
    [(key, _)] = server.store.all("pods").items()
    path = f"{CORE}/pods/{key[1]}"
    server.answer(Request("PATCH", path, {}, {"spec": {"nodeName": "node"}}))
    status = {"phase": "Pending", "startTime": format_time(now()), **status}
    server.answer(Request("PATCH", f"{path}/status", {}, {"status": status}))
    return key


async def test_a_failed_mount_is_found_in_events_of_the_pod() -> None:
    server, operator = start(CountingServer, limits=LIMITS, trial=waiting_trial())
    await asyncio.sleep(3)
    key = bind(server)
    pod = server.store.all("pods")[key]
    await asyncio.sleep(5)
    said = 'MountVolume.SetUp failed for volume "cfg" : configmap "nope" not found'
    warn(server, pod["metadata"]["uid"], "FailedMount", said, now())
    await asyncio.sleep(20)
    status = status_of(server)
    assert (status["phase"], status["reason"]) == ("Blocked", "ConfigMapNotFound")
    [degraded] = [c for c in status["conditions"] if c["type"] == "Degraded"]
    assert "ConfigMap 'nope' does not exist in the namespace. Create it" in degraded["message"]
    [record] = server.store.all("sweeptrials").values()
    assert record["status"]["reason"] == "ConfigMapNotFound"
    selectors = [
        r.query
        for r in server.asked
        if r.method == "GET" and parse_path(r.path).resource == "events"
    ]
    assert selectors
    assert all("involvedObject.uid=" in q["fieldSelector"] for q in selectors)
    running = [{"name": "trainer", "state": {"running": {"startedAt": format_time(now())}}}]
    bind(server, phase="Running", containerStatuses=running)
    await asyncio.sleep(5)
    assert status_of(server)["phase"] == "Running"
    assert "reason" not in status_of(server)
    operator.kill()


async def test_a_blocker_that_lasts_ends_the_trial() -> None:
    server, operator = start(CountingServer, limits=LIMITS, trial=waiting_trial())
    await asyncio.sleep(3)
    key = bind(server)
    uid = server.store.all("pods")[key]["metadata"]["uid"]
    asked = server.lists_of("events")
    for _ in range(12):
        warn(server, uid, "FailedMount", 'volume "v" : secret "s" not found', now())
        await asyncio.sleep(60)
    [record] = server.store.all("sweeptrials").values()
    assert record["status"]["stop"]["reason"] == "SecretNotFound"
    assert server.lists_of("events") - asked < 20, "after pauses that grow"
    operator.kill()


async def test_old_events_are_ignored() -> None:
    server, operator = start(CountingServer, limits=LIMITS, trial=waiting_trial())
    await asyncio.sleep(3)
    key = bind(server)
    uid = server.store.all("pods")[key]["metadata"]["uid"]
    warn(server, uid, "FailedMount", 'volume "v" : secret "s" not found', now() - 600)
    await asyncio.sleep(30)
    assert status_of(server)["phase"] == "Running"
    operator.kill()


async def test_pods_that_are_refused_name_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'pods "x" is forbidden: maximum cpu usage per Container is 4, but limit is 8'

    def refuse(self: FakeCluster, key: Key) -> None:
        job = self._store.get("jobs", key)
        if job is not None and "startTime" not in (job.get("status") or {}):
            warn(server, job["metadata"]["uid"], "FailedCreate", said, now())
            status = {"status": {"startTime": format_time(now())}}
            self.request("PATCH", "jobs", key, status, "status")

    monkeypatch.setattr(FakeCluster, "_sync_job", refuse)
    trial = waiting_trial(resources={"limits": {"cpu": "8"}})
    server, operator = start(CountingServer, limits=LIMITS, trial=trial)
    await asyncio.sleep(20)
    status = status_of(server)
    assert (status["phase"], status["reason"]) == ("Blocked", "LimitRangeViolated")
    [degraded] = [c for c in status["conditions"] if c["type"] == "Degraded"]
    assert "set resources.limits.cpu of container 'trainer' to at most 4" in degraded["message"]
    operator.kill()


def demand(server: MemoryApiServer) -> None:
    body: Body = {"metadata": {"name": "q"}, "spec": {"hard": {"limits.cpu": "4"}}}
    assert server.answer(Request("POST", f"{CORE}/resourcequotas", {}, body))[0] == 201


async def test_the_sidecar_is_adjusted_and_reported_once() -> None:
    server, operator = start(CountingServer)
    demand(server)
    await asyncio.sleep(200)
    made = [r.body for r in server.asked if r.path == JOBS and r.method == "POST" and not r.query]
    pods = [job["spec"]["template"]["spec"] for job in made if job is not None]
    assert [p["initContainers"][0]["resources"]["limits"]["cpu"] for p in pods] == ["500m"] * 4
    [event] = events(server, "SidecarResourcesFitted")
    assert "limits.cpu=500m, as ResourceQuota 'q' of its namespace demand" in event["message"]
    [accepted] = [c for c in status_of(server)["conditions"] if c["type"] == "Accepted"]
    assert "limits.cpu=500m" in accepted["message"]
    assert status_of(server)["phase"] == "Complete"
    assert server.lists_of("limitranges") <= 3, "at most once a minute"
    operator.kill()


@pytest.mark.parametrize(("demanded", "jobs"), [("100m", 2), ("never enough", 2)])
async def test_a_limit_range_that_comes_in_mid_sweep_changes_the_sidecar(
    monkeypatch: pytest.MonkeyPatch, demanded: str, jobs: int
) -> None:
    """The trial that it refuses starts again by itself, once, and says so; no failure is counted."""
    sync = FakeCluster._sync_job

    def refuse(self: FakeCluster, key: Key) -> None:
        job = self._store.get("jobs", key)
        if job is None:
            return
        asked = job["spec"]["template"]["spec"]["initContainers"][0]["resources"]["requests"]["cpu"]
        if asked == demanded or "deletionTimestamp" in job["metadata"]:
            sync(self, key)
        elif "startTime" not in (job.get("status") or {}):
            if not server.store.all("limitranges"):  # it comes between the Job and its pod
                item = {"type": "Container", "min": {"cpu": "100m"}}
                body = {"metadata": {"name": "new"}, "spec": {"limits": [item]}}
                server.answer(Request("POST", f"{CORE}/limitranges", {}, body))
            bound = "minimum cpu usage per Container is 100m"
            said = f'pods "x" is forbidden: {bound}, but request is {asked}'
            warn(server, job["metadata"]["uid"], "FailedCreate", said, now())
            status = {"status": {"startTime": format_time(now())}}
            self.request("PATCH", "jobs", key, status, "status")

    monkeypatch.setattr(FakeCluster, "_sync_job", refuse)
    server, operator = start(CountingServer, limits=LIMITS)
    await asyncio.sleep(60)
    made = [r.body for r in server.asked if r.path == JOBS and r.method == "POST" and not r.query]
    assert len(made) == jobs
    assert len(server.store.all("jobs")) <= 1, "the Job that was refused is deleted"
    [record] = server.store.all("sweeptrials").values()
    assert record["status"].get("failures", 0) == 0
    [execution] = record["status"]["executions"]
    assert execution["reason"] == "SidecarResourcesFitted"
    assert "The next attempt has a sidecar that fits" in execution["message"]
    if demanded == "100m":
        await asyncio.sleep(100)
        assert status_of(server)["phase"] == "Complete"
    else:
        assert status_of(server)["phase"] == "Blocked"
        [degraded] = [c for c in status_of(server)["conditions"] if c["type"] == "Degraded"]
        assert "metrics.sidecar.resources" in degraded["message"]
    operator.kill()


async def test_without_the_permission_sweeps_run_and_a_refusal_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = 'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: sweepjob-sidecar'

    def refuse(self: FakeCluster, key: Key) -> None:
        job = self._store.get("jobs", key)
        if job is not None and "startTime" not in (job.get("status") or {}):
            warn(server, job["metadata"]["uid"], "FailedCreate", said, now())
            status = {"status": {"startTime": format_time(now())}}
            self.request("PATCH", "jobs", key, status, "status")

    monkeypatch.setattr(CountingServer, "refused", ("limitranges", "resourcequotas"))
    monkeypatch.setattr(FakeCluster, "_sync_job", refuse)
    server, operator = start(CountingServer, limits=LIMITS)
    await asyncio.sleep(20)
    assert len(server.store.all("jobs")) == 1
    [degraded] = [c for c in status_of(server)["conditions"] if c["type"] == "Degraded"]
    assert degraded["reason"] == "ResourcesNotSpecified"
    assert "metrics.sidecar.resources" in degraded["message"]
    assert "may not list limitranges and resourcequotas" in degraded["message"]
    operator.kill()


class OccupiedServer(CountingServer):
    """A fake with a Job of somebody else under the name of this sweep's first one."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        owner = {"kind": "SweepTrial", "name": "swee-0", "uid": "other", "controller": True}
        labels = {"sweepjob.dev/sweep": "swee", "sweepjob.dev/trial": "swee-0"}
        meta = {"name": "sweep-0", "ownerReferences": [owner], "labels": labels}
        body: Body = {"metadata": meta, "spec": {"suspend": True, "template": {}}}
        assert self.answer(Request("POST", JOBS, {}, body))[0] == 201


async def test_a_foreign_job_is_named_and_not_changed() -> None:
    server, operator = start(OccupiedServer, limits=LIMITS)
    await asyncio.sleep(20)
    status = status_of(server)
    assert (status["phase"], status["reason"]) == ("Blocked", "JobRefused")
    [degraded] = [c for c in status["conditions"] if c["type"] == "Degraded"]
    assert (
        "It belongs to SweepTrial 'swee-0' of sweep 'swee' and is not changed"
        in degraded["message"]
    )
    assert "delete" not in degraded["message"]
    operator.kill()


async def test_a_job_named_by_an_earlier_version_is_found() -> None:
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    server, operator = start(CountingServer, limits=limits)
    await asyncio.sleep(1)
    [(key, job)] = server.store.all("jobs").items()
    operator.kill()
    # As an operator before this one would have named a second attempt.
    server.store.remove("jobs", key)
    [record] = server.store.all("sweeptrials").values()
    name = f"{record['metadata']['name']}-2"
    labels = {**job["metadata"]["labels"], "sweepjob.dev/attempt": "2"}
    meta = {"name": name, "labels": labels, "ownerReferences": job["metadata"]["ownerReferences"]}
    template = job["spec"]["template"]
    template = {**template, "metadata": {**template["metadata"], "labels": labels}}
    body: Body = {"metadata": meta, "spec": {**job["spec"], "template": template}}
    status = {"status": {"phase": "Running", "attempt": 2, "job": name}}
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweeptrials/sweep-0/status"
    assert server.answer(Request("PATCH", path, {}, status))[0] == 200
    assert server.answer(Request("POST", JOBS, {}, body))[0] == 201
    client = FaultyTransport(server, FaultProfile(random.Random(3)))
    operator = RunningOperator(client, now)
    await asyncio.sleep(100)
    assert [key[1] for key in server.store.all("jobs")] == [name]
    [record] = server.store.all("sweeptrials").values()
    assert record["status"]["job"] == name
    operator.kill()
