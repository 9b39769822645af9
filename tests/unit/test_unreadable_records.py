"""Records and pods that somebody has broken, in a whole sweep over the fake API server, in virtual time: the
sweep goes on, and says which trial it is, what cannot be read, and what to do."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sweepjob.api import names
from sweepjob.kube.informer import Informer
from sweepjob.kube.resources import Resource
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.pod_parsing import parse_pod

from tests.fake_api.harness import NAMESPACE, quiet

from .scripted_api_server import ScriptedApiServer
from .small_pods import POD, small_pod
from .sweep_controllers import change, status_of
from .sweep_world import World, degraded, runs, trial, until

pytestmark = pytest.mark.virtual_time


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    if "caplog" in request.fixturenames:
        yield
        return
    with quiet():
        yield


def tamper(server: MemoryApiServer, index: int, part: str = "status", **changes: Any) -> None:
    body = copy.deepcopy(trial(server, index))
    body[part] |= changes
    server.store.put("sweeptrials", body)


def curve(trial: Body, **changes: Any) -> Body:
    return {**trial["status"]["curve"], **changes}


@pytest.mark.parametrize(
    "changes", [{"version": 3}, {"values": "0.1 ?"}, {"best": "x", "sum": "x"}, {"reports": "7"}]
)
async def test_an_ended_trial_counts_without_its_reports(changes: dict[str, Any]) -> None:
    world = World()
    server = world.server
    await until(server, 0, "Succeeded")
    world.kill()
    tamper(server, 0, curve=curve(trial(server, 0), **changes))
    world.start()
    await asyncio.sleep(5)
    said = degraded(server)
    key = next(iter(changes))
    assert (said["status"], said["reason"]) == ("True", names.REASON_UNREADABLE)
    assert said["message"].startswith("trial sweep-0: ")
    assert f"status.curve.{key}: " in said["message"]
    assert "It counts as Succeeded, without its reports" in said["message"]
    assert "kubectl delete sweeptrial sweep-0 -n team" in said["message"]
    events = server.store.all("events").values()
    assert [
        e for e in events if e["reason"] == names.REASON_UNREADABLE and "sweep-0" in e["message"]
    ]
    await asyncio.sleep(200)
    assert world.problem() is None
    assert status_of(server)["phase"] == "Complete"
    assert degraded(server)["status"] == "True"
    assert status_of(server)["trials"]["created"] == 4


async def test_a_live_trial_is_asked_for_all_its_reports_again() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    await asyncio.sleep(5)
    world.kill()
    reported = len(trial(server, 0)["status"]["curve"]["values"].split())
    assert reported > 2
    tamper(server, 0, curve=curve(trial(server, 0), values="0.1 0.2 x", later={"intervals": "7"}))
    world.start()
    await asyncio.sleep(2)
    assert "Its reports are requested again" in degraded(server)["message"]
    await until(server, 0, "Succeeded")
    kept = trial(server, 0)["status"]["curve"]
    assert len(kept["values"].split()) == kept["reports"] >= 10
    assert "later" not in kept
    await asyncio.sleep(200)
    assert status_of(server)["phase"] == "Complete"
    assert degraded(server)["status"] == "False", "its record can be read again"


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("status", {"phase": "Frozen"}, "status.phase: 'Frozen'"),
        ("status", {"attempt": "two"}, "status.attempt: 'two'"),
        ("status", {"stop": {"outcome": 5}}, "status.stop.outcome: 5"),
        ("spec", {"assignment": "{"}, "spec.assignment: '{'"),
    ],
)
@pytest.mark.parametrize("phase", ["Running", "Succeeded"])
async def test_a_trial_with_an_unreadable_record_is_unmanaged(
    part: str, changes: dict[str, Any], said: str, phase: str
) -> None:
    world = World()
    server = world.server
    await until(server, 0, phase)
    world.kill()
    tamper(server, 0, part, **changes)
    before = trial(server, 0)
    world.start()
    at_once = 0
    for _ in range(1000):
        await asyncio.sleep(0.2)
        at_once = max(at_once, sum(map(runs, server.store.all("pods").values())))
    assert at_once == 2, "it takes up a slot for as long as it runs"
    assert trial(server, 0) == before
    assert status_of(server)["phase"] == "Complete"
    assert said in degraded(server)["message"]
    assert "This trial is not managed" in degraded(server)["message"]
    assert sorted(server.store.all("sweeptrials")) == [(NAMESPACE, f"sweep-{n}") for n in range(4)]
    complete = next(c for c in status_of(server)["conditions"] if c["type"] == "Complete")
    assert "except 1 whose records cannot be read" in complete["message"]
    assert world.problem() is None


async def test_the_pods_of_an_unmanaged_trial_end_with_its_sweep() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    world.kill()
    tamper(server, 0, phase="Frozen")
    world.start()
    await asyncio.sleep(2)
    change(server, stop=True)
    await asyncio.sleep(20)
    assert not [p for p in server.store.all("pods").values() if p["status"]["phase"] == "Running"]
    assert status_of(server)["completionTime"]


async def test_a_record_that_was_deleted_is_run_again() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Succeeded")
    world.kill()
    tamper(server, 0, phase="Frozen")
    world.start()
    await asyncio.sleep(2)
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweeptrials/sweep-0"
    assert server.answer(Request("DELETE", path, {}, {}))[0] == 200
    await asyncio.sleep(300)
    assert status_of(server)["phase"] == "Complete"
    assert degraded(server)["status"] == "False"
    assert trial(server, 0)["status"]["phase"] in ("Succeeded", "EarlyStopped")


async def test_a_record_with_an_impossible_index_is_harmless() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    world.kill()
    for number in (2**31 - 1, 99_999):
        odd = copy.deepcopy(trial(server, 0))
        odd["metadata"] |= {"name": f"odd-{number}", "uid": f"odd-{number}"}
        odd["spec"] |= {"index": number if number > 99_999 else 0}
        server.store.put("sweeptrials", odd)
    world.start()
    await asyncio.sleep(200)
    assert status_of(server)["phase"] == "Complete"
    assert status_of(server)["trials"]["created"] == 4
    assert "spec.index: 2147483647 is out of range, or belongs" in degraded(server)["message"]
    assert (
        "trial odd-99999: spec.index: 0 is out of range, or belongs" in degraded(server)["message"]
    )


HOSTILE: list[Body] = [
    small_pod('{"count":1e999,"low":null,"high":null,"tail":[],"seen":[]}'),
    {"metadata": {"labels": {names.LABEL_SWEEP: "sweep"}}, "spec": {}, "status": {}},
    {
        **POD,
        "metadata": {**POD["metadata"], "labels": {names.LABEL_SWEEP: "sweep"}},
        "status": {
            "phase": "Failed",
            "startTime": "1e999",
            "containerStatuses": [{}],
            "conditions": [{}],
        },
    },
    {
        "metadata": {
            "creationTimestamp": "now",
            "labels": {
                names.LABEL_SWEEP: "sweep",
                names.LABEL_TRIAL: "sweep-" + "9" * 50,
                names.LABEL_ATTEMPT: "9" * 60,
            },
        },
        "spec": {"containers": [{"resources": {"limits": {"a/gpu": "1e999"}}}], "priority": "high"},
        "status": {"phase": 5, "initContainerStatuses": [{"name": names.SIDECAR, "state": 7}]},
    },
]


@pytest.mark.parametrize("before", [True, False], ids=["listed", "watched"])
async def test_a_foreign_pod_ends_no_trial(before: bool) -> None:
    world = World()
    server = world.server
    if before:
        world.kill()
        world.start()
    for number, odd in enumerate(HOSTILE):
        meta = {"name": f"odd-{number}", "namespace": NAMESPACE, "uid": f"odd-{number}"}
        body = copy.deepcopy(odd)
        body["metadata"] |= meta
        server.store.put("pods", body)
    await asyncio.sleep(200)
    assert world.problem() is None
    assert status_of(server)["phase"] == "Complete"
    assert world.operator is not None
    census = world.operator.controller.metrics_snapshot()
    assert census.unreadable["pods"] == 1, "the one without containers"


class Broken(Exception):
    """What nobody foresaw."""


def listed(*bodies: Body) -> tuple[Informer[CachedPod], list[str]]:
    seen: list[str] = []

    def changed(old: CachedPod | None, new: CachedPod | None) -> None:
        one = new or old
        assert one is not None
        if one.name == "cursed":
            raise Broken
        seen.append(one.name)

    def project(body: Any) -> CachedPod:
        if body["metadata"]["name"] == "broken":
            raise Broken
        return parse_pod(body)

    api_server = ScriptedApiServer([list(bodies)], [[]])
    return Informer(api_server, Resource("/api", "pods"), project, changed, "n"), seen


def named(name: str, version: int = 1) -> Body:
    body = copy.deepcopy(POD)
    body["metadata"] |= {"name": name, "uid": name, "resourceVersion": str(version)}
    return body


async def test_each_unreadable_record_is_named_once_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    informer, seen = listed(named("broken"), named("good"), named("cursed"))
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(0.1)
    assert not task.done()
    assert seen == ["good"]
    assert len(informer.unparseable) == 2
    assert [
        r.getMessage().split(" is ")[0] for r in caplog.records if r.levelno == logging.ERROR
    ] == [
        "pods n/broken (uid broken)",
        "pods n/cursed (uid cursed)",
    ]
    for _ in range(3):
        informer.apply({"type": "MODIFIED", "object": named("broken", 2)})
    assert len([r for r in caplog.records if "broken" in r.getMessage()]) == 2, "once a version"
    informer.apply({"type": "DELETED", "object": named("broken", 3)})
    assert len(informer.unparseable) == 1
    task.cancel()


async def test_an_object_that_becomes_unparseable_keeps_its_last_version() -> None:
    informer, _ = listed(named("good"))
    informer.store_own_write(named("good"))
    odd = {**named("good", 5), "spec": {}}
    informer.apply({"type": "MODIFIED", "object": odd})
    informer._api = ScriptedApiServer([[odd]], [[]])
    await informer._relist()
    assert informer.get("n", "good") is not None, "it was not deleted"
    informer.apply({"type": "DELETED", "object": {**odd, "status": 5}})
    assert informer.get("n", "good") is None


@pytest.mark.parametrize(
    "event", [{"type": "ADDED", "object": o} for o in (None, [], "x", {"metadata": 5})]
)
def test_an_event_without_an_object_is_ignored(event: Body) -> None:
    informer, seen = listed()
    assert informer.apply(event) == ""
    assert seen == []
