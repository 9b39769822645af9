"""Jobs, pods and other objects of trials that cannot be read: the sweep says which, for as long as that is so.

The operator's own code over the fake API server, in virtual time. An object is unreadable here because it
has more than a megabyte.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from sweepjob.api import names
from sweepjob.api.meta.cause import Cause
from sweepjob.api.meta.identity import ObjectKey
from sweepjob.api.names import LABEL_TRIAL, LABEL_TRIAL_UID, REASON_OBJECT_UNREADABLE
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.controllers.unreadable_objects import (
    UnreadableTrialObject,
    UnreadableTrialObjects,
    unreadable_message,
)
from sweepjob.kube.transport import Request
from sweepjob.kube.unparseable_objects import ObjectVersion, UnparseableObjects
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.actions import Plan
from sweepjob.lifecycle.attempt_end import INCOMPLETE, success
from sweepjob.lifecycle.planner import plan
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body, Key

from tests.fake_api.harness import NAMESPACE, SETTINGS, quiet
from tests.fake_api.widgets import TRIAL, WIDGET, WidgetCluster

from .builders import job, pod, snapshot
from .builders import trial as snapshot_of_trial
from .scenarios import ASHA_OF_BUDGETS, LEVELS
from .sweep_controllers import status_of
from .sweep_world import World, degraded, runs, trial, until

pytestmark = pytest.mark.virtual_time

POD_LABEL = "example.com/widget"
TOO_MUCH = "x" * 1_100_000
HEALTHY = ("False", names.REASON_HEALTHY)


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    if "caplog" in request.fixturenames:
        yield
        return
    with quiet():
        yield


def of_trial(server: MemoryApiServer, resource: str, index: int = 0) -> Body:
    """The only object of a trial."""
    name = f"sweep-{index}"
    objects = server.store.all(resource).values()
    [found] = [o for o in objects if o["metadata"]["labels"].get(LABEL_TRIAL) == name]
    return found


def bloat(server: MemoryApiServer, resource: str, index: int = 0) -> Key:
    """Make an object of a trial too large to be read; return its key."""
    body = copy.deepcopy(of_trial(server, resource, index))
    meta = body["metadata"]
    meta["annotations"] = {**meta.get("annotations", {}), "note": TOO_MUCH}
    server.store.put(resource, body)
    return meta["namespace"], meta["name"]


def shrink(server: MemoryApiServer, resource: str, key: Key) -> None:
    body = copy.deepcopy(server.store.all(resource)[key])
    del body["metadata"]["annotations"]["note"]
    server.store.put(resource, body)


def judgement(server: MemoryApiServer) -> tuple[str, str]:
    found = degraded(server)
    return found["status"], found["reason"]


def unreadable(world: World) -> Mapping[str, int]:
    assert world.operator is not None
    counted = world.operator.controller.metrics_snapshot().unreadable
    return {resource: count for resource, count in counted.items() if count}


@pytest.mark.parametrize("resource", ["jobs", "pods"])
async def test_an_object_is_named_until_it_can_be_read_again(resource: str) -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    key = bloat(server, resource)
    await asyncio.sleep(3)
    said = degraded(server)
    assert (said["status"], said["reason"]) == ("True", REASON_OBJECT_UNREADABLE)
    assert said["message"].startswith(f"trial sweep-0: {resource}/{key[1]} is not read: it has 1")
    assert "are its metadata; at most 1048576 are read" in said["message"]
    assert f"kubectl delete {resource} {key[1]} -n team" in said["message"]
    events = server.store.all("events").values()
    assert [e for e in events if e["reason"] == REASON_OBJECT_UNREADABLE and key[1] in e["message"]]
    assert unreadable(world) == {resource: 1}
    shrink(server, resource, key)
    await asyncio.sleep(3)
    assert judgement(server) == HEALTHY
    assert unreadable(world) == {}
    await asyncio.sleep(200)
    assert world.problem() is None
    assert status_of(server)["phase"] == "Complete"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_trial_with_an_unreadable_pod_ends_with_its_job(*, restarted: bool) -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    bloat(server, "pods")
    if restarted:  # then the pod is one that was never read
        world.kill()
        world.start()
    await asyncio.sleep(200)
    assert world.problem() is None
    assert status_of(server)["phase"] == "Complete"
    assert judgement(server) == ("True", REASON_OBJECT_UNREADABLE)
    ended = trial(server, 0)["status"]
    assert (ended["phase"], ended["reason"]) == ("Succeeded", "ReportsIncomplete")
    assert [c["type"] for c in ended["conditions"]] == [REASON_OBJECT_UNREADABLE]


@pytest.mark.parametrize("resource", ["jobs", "pods"])
async def test_an_object_that_was_never_read_exists_nevertheless(resource: str) -> None:
    """Its trial is not started a second time, and the pods of a Job belong to the trial."""
    world = World()
    server = world.server
    await until(server, 0, "Running")
    world.kill()
    key = bloat(server, resource)
    world.start()
    for _ in range(50):
        await asyncio.sleep(0.2)
        of_trial(server, "jobs")
        pod = of_trial(server, "pods")
        assert not pod["metadata"].get("deletionTimestamp")
    assert judgement(server) == ("True", REASON_OBJECT_UNREADABLE)
    assert f"{resource}/{key[1]} is not read" in degraded(server)["message"]
    shrink(server, resource, key)
    await asyncio.sleep(3)
    assert judgement(server) == HEALTHY
    await asyncio.sleep(200)
    assert status_of(server)["phase"] == "Complete"
    assert trial(server, 0)["status"]["attempt"] == 1
    assert status_of(server)["trials"]["failed"] == 0


FOLLOWS = {"jobs": "cancels the trial", "pods": "repeats the attempt"}


@pytest.mark.parametrize("resource", ["jobs", "pods"])
async def test_what_follows_where_an_unreadable_object_is_deleted_is_what_was_said(
    resource: str,
) -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    _, name = bloat(server, resource)
    await asyncio.sleep(3)
    assert judgement(server) == ("True", REASON_OBJECT_UNREADABLE)
    assert f"or delete it, which {FOLLOWS[resource]}: " in degraded(server)["message"]
    group = "apis/batch/v1" if resource == "jobs" else "api/v1"
    path = f"/{group}/namespaces/{NAMESPACE}/{resource}/{name}"
    assert server.answer(Request("DELETE", path, {}, {"propagationPolicy": "Background"}))[0] == 200
    await asyncio.sleep(300)
    assert status_of(server)["phase"] == "Complete"
    ended = trial(server, 0)["status"]
    found = (ended["phase"], ended["reason"], ended["attempt"])
    expected = {"jobs": ("Canceled", "JobDeleted", 1), "pods": ("Succeeded", "Completed", 2)}
    assert found == expected[resource]
    assert judgement(server) == HEALTHY
    assert unreadable(world) == {}
    assert not [p for p in server.store.all("pods").values() if runs(p)]


async def test_the_record_of_a_trial_that_cannot_be_read_any_more_is_named() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    broken = copy.deepcopy(trial(server, 0))
    index = broken["spec"].pop("index")
    server.store.put("sweeptrials", broken)
    await asyncio.sleep(3)
    assert judgement(server) == ("True", REASON_OBJECT_UNREADABLE)
    assert "sweeptrials/sweep-0 is not a record of a trial: it lacks" in degraded(server)["message"]
    mended = copy.deepcopy(trial(server, 0))
    mended["spec"]["index"] = index
    server.store.put("sweeptrials", mended)
    await asyncio.sleep(3)
    assert judgement(server) == HEALTHY


async def test_a_pod_that_only_bears_the_labels_of_a_trial_does_not_concern_it() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    await until(server, 1, "Running")
    pod, other = (copy.deepcopy(of_trial(server, "pods", index)) for index in (0, 1))
    owned = pod["metadata"] | {"ownerReferences": other["metadata"]["ownerReferences"]}
    labels = pod["metadata"]["labels"] | {LABEL_TRIAL_UID: "another"}
    unowned = pod["metadata"] | {"ownerReferences": [], "labels": labels}
    for name, meta in (("owned", owned), ("unowned", unowned)):
        named = meta | {"name": name, "uid": name, "annotations": {"note": TOO_MUCH}}
        server.store.put("pods", pod | {"metadata": named})
    await asyncio.sleep(3)
    assert unreadable(world) == {"pods": 2}
    assert judgement(server) == HEALTHY


async def test_an_object_of_another_kind_is_named() -> None:
    settings = replace(SETTINGS, trial_kinds=(WIDGET,))
    world = World(settings, WidgetCluster, trial=TRIAL)
    server = world.server
    await until(server, 0, "Running")
    key = bloat(server, "widgets")
    world.kill()
    world.start()
    await asyncio.sleep(3)
    assert judgement(server) == ("True", REASON_OBJECT_UNREADABLE)
    assert f"trial sweep-0: widgets/{key[1]} is not read" in degraded(server)["message"]
    shrink(server, "widgets", key)
    await asyncio.sleep(3)
    assert judgement(server) == HEALTHY
    await asyncio.sleep(300)
    assert status_of(server)["phase"] == "Complete"


@pytest.mark.parametrize("instances", [1, 2])
def test_where_a_pod_cannot_be_read_the_job_says_how_the_attempt_ended(instances: int) -> None:
    sweep = snapshot(occupied=1, instances=instances)
    shown = {"pods": (pod(started=1.0),), "unreadable_pods": "its pod is too large"}
    running = snapshot_of_trial(jobs=(job(),), **shown)
    assert plan(running, sweep, 10.0).actions == ()
    done = snapshot_of_trial(jobs=(job(succeeded=True, ended=5.0),), **shown)
    # Another pod may be shown, or this one corrected, a moment later.
    assert plan(done, sweep, 9.0) == Plan((), 10.0)
    [end] = plan(done, sweep, 10.0).actions
    assert end == act.RecordEnd(
        0,
        TrialPhase.SUCCEEDED,
        INCOMPLETE,
        success("its pod is too large", retry_incomplete=False)[2],
    )
    [failed] = plan(done, replace(sweep, retry_incomplete=True), 10.0).actions
    assert isinstance(failed, act.RecordEnd)
    assert failed.phase is TrialPhase.FAILED
    broken = job(failure=Cause("DeadlineExceeded", "too late"), ended=5.0)
    [end] = plan(snapshot_of_trial(jobs=(broken,), **shown), sweep, 10.0).actions
    assert end == act.RecordEnd(0, TrialPhase.FAILED, "DeadlineExceeded", "too late")
    deleted = snapshot_of_trial(jobs=(job(succeeded=True, ended=5.0, deleting=True),), **shown)
    assert plan(deleted, sweep, 10.0).actions == ()


UNREADABLE = {"unreadable_pods": "its pod is too large"}
FAILED = job(failure=Cause("BackoffLimitExceeded", "its pod failed"), ended=5.0)
DRAINED = job(failure=Cause("PodFailurePolicy", "a pod was drained"), ended=5.0)
DONE = job(succeeded=True, ended=5.0)
OTHERS_SAY: list[tuple[str, int, dict[str, Any], Any]] = [
    (
        "a pod that succeeded, with all its reports",
        1,
        {"jobs": (DONE,), "pods": (pod(succeeded=True, ended=4.0),)},
        (TrialPhase.SUCCEEDED, "Completed"),
    ),
    (
        "a pod that failed",
        1,
        {"jobs": (FAILED,), "pods": (pod(succeeded=False, failure=Cause("OOMKilled", "x")),)},
        (TrialPhase.FAILED, "OOMKilled"),
    ),
    (
        "rank 1, which failed",
        2,
        {
            "jobs": (FAILED,),
            "pods": (pod(succeeded=False, rank=1, ended=1.0, failure=Cause("OOMKilled", "x")),),
        },
        (TrialPhase.FAILED, "OOMKilled"),
    ),
    (
        "a pod whose log is not read to its end: it will",
        2,
        {"jobs": (DONE,), "pods": (pod(started=1.0, ended=4.0),)},
        None,
    ),
    ("a drain", 2, {"jobs": (DRAINED,)}, (2, 0, "Disrupted")),
    ("a drain of a single pod", 1, {"jobs": (DRAINED,)}, (2, 0, "Disrupted")),
    (
        "nobody: rank 1 was deleted since the attempt had failed",
        2,
        {"jobs": (FAILED,), "pods": (pod(succeeded=False, deleting=True, rank=1, ended=6.0),)},
        (TrialPhase.FAILED, "BackoffLimitExceeded"),
    ),
    (
        "nobody: the pod that can be read was replaced",
        1,
        {"jobs": (DONE,), "pods": (pod(succeeded=False, disrupted=True, ended=1.0),)},
        (TrialPhase.SUCCEEDED, INCOMPLETE),
    ),
]


@pytest.mark.parametrize(
    ("instances", "given", "expected"), [s[1:] for s in OTHERS_SAY], ids=[s[0] for s in OTHERS_SAY]
)
def test_a_pod_that_can_be_read_says_more_than_the_job(
    instances: int, given: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    sweep = snapshot(occupied=1, instances=instances)
    actions = plan(snapshot_of_trial(**given, **UNREADABLE), sweep, 20.0).actions
    if expected is None:
        assert actions == ()
        return
    [end] = actions
    if isinstance(end, act.RecordEnd):
        assert (end.phase, end.reason) == expected
    else:
        assert isinstance(end, act.RecordRetry)
        assert (end.attempt, end.failures, end.reason) == expected


@pytest.mark.parametrize("on_incomplete", ["accept", "retry"])
@pytest.mark.parametrize("resource", ["jobs", "sweeptrials"])
async def test_an_object_that_has_no_reports_loses_none(resource: str, on_incomplete: str) -> None:
    world = World(metrics={"onIncomplete": on_incomplete})
    server = world.server
    await until(server, 0, "Running")
    if resource == "jobs":
        key = bloat(server, "jobs")
        await asyncio.sleep(200)
        assert f"jobs/{key[1]}" not in trial(server, 0)["status"].get("message", "")
    else:
        broken = copy.deepcopy(trial(server, 0))
        index = broken["spec"].pop("index")
        server.store.put("sweeptrials", broken)
        await asyncio.sleep(200)
        mended = copy.deepcopy(trial(server, 0))
        mended["spec"]["index"] = index
        server.store.put("sweeptrials", mended)
        await asyncio.sleep(20)
    assert world.problem() is None
    ended = trial(server, 0)["status"]
    assert (ended["phase"], ended["reason"], ended["attempt"]) == ("Succeeded", "Completed", 1)


async def test_an_execution_with_a_budget_pauses_though_its_pod_cannot_be_read() -> None:
    """It had the smallest budget. What its pod kept secret does not concern the next execution."""
    world = World(earlyTermination=ASHA_OF_BUDGETS, searchSpace=LEVELS)
    server = world.server
    await until(server, 0, "Running")
    bloat(server, "pods")
    await until(server, 0, "Paused")
    paused = trial(server, 0)["status"]
    assert (paused["attempt"], paused["pause"]["reason"]) == (2, "Asha")
    assert "reports may be incomplete: pods/" in paused["pause"]["message"]
    await asyncio.sleep(5)
    assert world.problem() is None
    assert judgement(server)[1] != REASON_OBJECT_UNREADABLE
    assert not trial(server, 0)["status"].get("conditions")


async def test_a_trial_that_waits_for_its_next_attempt_has_no_warning_of_the_one_before() -> None:
    world = World()
    server = world.server
    await until(server, 0, "Running")
    bloat(server, "pods")
    await asyncio.sleep(3)
    assert judgement(server) == ("True", REASON_OBJECT_UNREADABLE)
    failed = copy.deepcopy(of_trial(server, "jobs"))
    since = "2030-01-01T00:00:00Z"
    failed["status"] = {
        "failed": 1,
        "conditions": [
            {
                "type": "Failed",
                "status": "True",
                "reason": "BackoffLimitExceeded",
                "message": "its pod failed",
                "lastTransitionTime": since,
            }
        ],
    }
    server.store.put("jobs", failed)
    await until(server, 0, "Pending")
    await asyncio.sleep(5)
    waits = trial(server, 0)["status"]
    assert (waits["phase"], waits["attempt"], waits["failures"]) == ("Pending", 2, 1)
    assert not waits.get("conditions")
    assert judgement(server)[1] != REASON_OBJECT_UNREADABLE


def test_where_the_reports_of_an_execution_may_be_missing_its_pause_says_so() -> None:
    smaller = StopDecision(TrialPhase.PAUSED, "Asha", "in the top", policy="asha", interval=3)
    given = {"jobs": (DONE,), "pods": (pod(started=1.0),), "rung_stop": smaller, **UNREADABLE}
    [stop] = plan(snapshot_of_trial(**given), snapshot(has_budget=True), 20.0).actions
    assert isinstance(stop, act.RecordStop)
    assert (stop.stop.outcome, stop.stop.interval) == (TrialPhase.PAUSED, 3)
    assert stop.stop.message.startswith("in the top. ")
    assert "reports may be incomplete: its pod is too large" in stop.stop.message


def pod_meta(name: str, **labels: str) -> Body:
    return {"metadata": {"namespace": "n", "name": name, "uid": name, "labels": labels}}


def index_of() -> tuple[UnreadableTrialObjects, list[str]]:
    told: list[str] = []

    def changed(old: UnreadableTrialObject | None, new: UnreadableTrialObject | None) -> None:
        told.append(f"{old and old.trial} -> {new and new.trial}")

    return UnreadableTrialObjects((replace(WIDGET, pod_label=POD_LABEL),), changed), told


def test_an_object_that_names_another_trial_now_is_that_ones() -> None:
    objects, told = index_of()
    for name in ("s-1", "s-2"):
        labels = {names.LABEL_SWEEP: "s", LABEL_TRIAL: name, names.LABEL_ATTEMPT: "2"}
        objects.on_skipped("pods", pod_meta("p", **labels), None, "is odd")
    assert told == ["None -> s-1", "s-1 -> None", "None -> s-2"]
    assert not objects.of(ObjectKey("n", "s-1"))
    [found] = objects.of(ObjectKey("n", "s-2"))
    assert (found.attempt, found.view, found.reason) == (2, None, "is odd")
    objects.on_skipped("pods", pod_meta("p"), None, "is odd")
    assert not objects.of(ObjectKey("n", "s-2"))


def test_the_pod_of_another_kind_is_known_by_the_label_of_its_controller() -> None:
    objects, _ = index_of()
    objects.on_skipped("pods", pod_meta("p", **{POD_LABEL: "s-3-r2"}), None, "is odd")
    [found] = objects.of(ObjectKey("n", "s-3"))
    assert (found.sweep, found.attempt) == ("s", 2)


@pytest.mark.parametrize(
    "body", [{}, {"metadata": 5}, {"metadata": {"labels": [], "name": 7, "uid": None}}]
)
def test_an_object_without_identity_is_nobodys(body: Body) -> None:
    objects, told = index_of()
    for resource in ("pods", "jobs", "sweeptrials"):
        objects.on_skipped(resource, body, None, "is odd")
    assert told == []


@pytest.mark.parametrize(
    ("resources", "consequence", "remedy"),
    [
        (["pods"], "reports may be missing", "or delete it, which repeats the attempt: kubectl"),
        (["jobs"], "the end of the trial may not be seen", "which cancels the trial: kubectl"),
        (["widgets"], "the end of the trial may not be seen", "which cancels the trial: kubectl"),
        (["sweeptrials"], "what is asked of the trial in its spec is not done", ""),
        (
            ["jobs", "pods"],
            "reports may be missing, and the end of the trial may not be seen",
            "which cancels the trial: kubectl delete jobs s-1",
        ),
    ],
)
def test_the_message_says_what_is_not_seen_and_what_the_remedy_costs(
    resources: list[str], consequence: str, remedy: str
) -> None:
    objects, _ = index_of()
    for resource in resources:
        body = pod_meta("s-1", **{names.LABEL_SWEEP: "s", LABEL_TRIAL: "s-1"})
        body["metadata"]["uid"] = resource
        objects.on_skipped(resource, body, None, "is odd")
    said = unreadable_message([*objects.of(ObjectKey("n", "s-1"))], "n")
    assert f"does not count: {consequence}. Correct what wrote it" in said
    assert remedy in said
    assert ("kubectl delete" in said) == bool(remedy)


def test_of_many_objects_the_first_are_named() -> None:
    objects, _ = index_of()
    labels = {names.LABEL_SWEEP: "s", LABEL_TRIAL: "s-1"}
    for number in range(9):
        objects.on_skipped("pods", pod_meta(f"p{number}", **labels), None, "?" * 9000)
    said = unreadable_message([*objects.of(ObjectKey("n", "s-1"))], "n")
    assert all(f"pods/p{number} " in said for number in range(3))
    assert "and 6 more cannot be read" in said
    assert len(said) < 2500


def test_a_defect_in_noting_one_object_does_not_affect_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def on_skipped(self, *given: object) -> None:
            raise OverflowError

        def on_no_longer_skipped(self, uid: str) -> None:
            raise OverflowError

    objects = UnparseableObjects("pods", Broken())
    objects.add(ObjectVersion("n", "p", "u", "1"), ValueError("is odd"))
    assert len(objects) == 1
    objects.discard("u")
    assert len(objects) == 0
    assert [r.levelno for r in caplog.records if "was not noted" in r.getMessage()] == [
        logging.ERROR
    ] * 2
