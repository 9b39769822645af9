"""kopf's watch of SweepJobs, over HTTP: it survives its CRD, and is restarted when it misses events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.messages.missing_crd import missing_crd
from sweepjob.kube.connection import connect
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.manager import sweepjob_audit, sweepjob_watch
from sweepjob.manager.sweepjob_audit import SweepJobAudit, SweepJobVersion, find_missed_events
from sweepjob.manager.sweepjob_watch import SweepJobWatch

from tests.fake_api.access_rules import AccessRules
from tests.fake_api.http_server import HttpApiServer, serve
from tests.waiting import until

_PATH = "/apis/sweepjob.dev/v1alpha1/namespaces/{}/sweepjobs"


@dataclass
class World:
    """An API server, kopf, and what it has told."""

    server: MemoryApiServer
    access_rules: AccessRules
    http: HttpApiServer
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    watch: SweepJobWatch | None = None

    def on_event(self, body: Mapping[str, Any], *, deleted: bool) -> None:
        key = (body["metadata"]["namespace"], body["metadata"]["name"])
        self.known.pop(key, None)
        if not deleted:
            self.known[key] = dict(body)

    def versions(self) -> dict[tuple[str, str], SweepJobVersion]:
        return {key: SweepJobVersion.of(body) for key, body in self.known.items()}

    def create(self, name: str, namespace: str = "team") -> None:
        body = {"metadata": {"name": name}, "kind": "SweepJob", "spec": {}}
        path = _PATH.format(namespace)
        assert self.server.answer(Request("POST", path, {}, body))[0] == 201

    def delete(self, name: str, namespace: str = "team") -> None:
        assert self.server.answer(Request("DELETE", f"{_PATH.format(namespace)}/{name}"))[0] == 200

    def names(self) -> set[str]:
        return {name for _, name in self.known}

    @property
    def not_ready_reason(self) -> str:
        assert self.watch is not None
        return self.watch.not_ready_reason

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            await until(holds, what)
        except AssertionError as error:
            raise AssertionError(f"{what}; {self.not_ready_reason}; {self.names()}") from error


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sweepjob_watch, "_SERVED_INTERVAL", 0.2)
    monkeypatch.setattr(sweepjob_watch, "_RESTART_PAUSE", 0.1)
    monkeypatch.setattr(sweepjob_watch, "_LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(sweepjob_watch, "_FIRST_AUDIT", 0.5)
    monkeypatch.setattr(sweepjob_watch, "_AUDIT_INTERVAL", 1.0)
    monkeypatch.setattr(sweepjob_audit, "_GRACE", 1.0)
    server, access_rules = MemoryApiServer(time.time), AccessRules()
    return World(server, access_rules, HttpApiServer(server, access_rules))


@pytest.fixture
def watching(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AbstractAsyncContextManager[None]]:
    """Has kopf at work, in some namespaces or everywhere."""

    @asynccontextmanager
    async def watch(*namespaces: str) -> AsyncIterator[None]:
        async with serve(world.http, tmp_path) as kubeconfig:
            monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
            api = await connect(strict_tls=True, kubeconfig=str(kubeconfig))
            audit = SweepJobAudit(api, world.versions, world.on_event)
            world.watch = SweepJobWatch(api, namespaces, world.on_event, audit)
            task = asyncio.create_task(world.watch.run())
            try:
                yield
                assert not task.done()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await api.close()
            left = [task for task in asyncio.all_tasks() if sweepjob_watch._is_of_kopf(task)]
            assert not left, "nothing of it lives on"

    return watch


Watching = Callable[..., AbstractAsyncContextManager[None]]


async def test_the_watch_starts_when_its_crd_exists(world: World, watching: Watching) -> None:
    world.access_rules.close("sweepjobs")
    world.access_rules.close("sweeptrials")
    async with watching():
        await world.until(lambda: "is missing" in world.not_ready_reason, "the CRD is missed")
        assert world.not_ready_reason.startswith("CRD sweepjobs.sweepjob.dev is missing")
        assert "helm install sweepjob-crds" in world.not_ready_reason
        world.access_rules.open("sweepjobs")
        await world.until(
            lambda: "CRD sweeptrials" in world.not_ready_reason, "the other one is missed"
        )
        world.access_rules.open("sweeptrials")
        await world.until(lambda: not world.not_ready_reason, "it works")
        world.create("first")
        await world.until(lambda: world.names() == {"first"}, "it is told")


async def test_sweepjobs_are_listed_in_pages(
    world: World, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may be as large as the API server allows; the audit's list of all has their metadata only."""
    sizes: list[int] = []
    answer = world.server.answer

    def recorded(request: Request) -> Any:
        status, body = answer(request)
        if request.method == "GET" and request.path.endswith("/sweepjobs"):
            sizes.append(len(body.get("items", ())))
        return status, body

    monkeypatch.setattr(world.server, "answer", recorded)
    for n in range(120):
        world.create(f"sweep-{n}")
    async with watching():
        await world.until(lambda: len(world.known) == 120, "all are known")
    assert [size for size in sizes if size not in (1, 120)][:12] == [10] * 12


async def test_the_crd_is_deleted_and_created_again(world: World, watching: Watching) -> None:
    world.create("before")
    async with watching():
        await world.until(
            lambda: world.names() == {"before"} and not world.not_ready_reason, "it works"
        )
        for turn in range(3):
            # The last that a watch tells of a deleted CRD may be lost with the watch.
            world.http.silent = True
            for name in world.names():
                world.delete(name)
            world.access_rules.close("sweepjobs")
            await world.until(lambda: "is missing" in world.not_ready_reason, "the CRD is missed")
            world.http.silent = False
            world.access_rules.open("sweepjobs")
            world.create(f"after-{turn}")
            wanted = {f"after-{turn}"}
            await world.until(lambda w=wanted: world.names() == w, "the old one is forgotten")  # type: ignore[misc] # bound at once
            await world.until(lambda: not world.not_ready_reason, "it works")


async def test_another_version_is_served(world: World, watching: Watching) -> None:
    async with watching():
        await world.until(lambda: not world.not_ready_reason, "it works")
        world.access_rules.version = "v1beta7"
        world.access_rules.close("sweepjobs")
        world.access_rules.served.add("sweepjobs")
        await world.until(lambda: "v1beta7" in world.not_ready_reason, "the version is missed")
        assert "serves v1beta7 but not v1alpha1" in world.not_ready_reason
        world.access_rules.version = "v1alpha1"
        world.access_rules.open("sweepjobs")
        await world.until(lambda: not world.not_ready_reason, "it works")


@pytest.mark.parametrize("change", ["new", "edited", "deleted"])
async def test_a_silent_watch_is_detected(world: World, watching: Watching, change: str) -> None:
    world.create("one")
    async with watching():
        await world.until(
            lambda: world.names() == {"one"} and not world.not_ready_reason, "it works"
        )
        world.http.silent = True
        if change == "new":
            world.create("two")
        elif change == "deleted":
            world.delete("one")
        else:
            edit = {"spec": {"stop": True}}
            world.server.answer(Request("PATCH", f"{_PATH.format('team')}/one", {}, edit))
        told = {
            "new": lambda: world.names() == {"one", "two"},
            "deleted": lambda: not world.names(),
            "edited": lambda: world.known["team", "one"]["spec"].get("stop") is True,
        }
        await world.until(told[change], "the change is found")
        world.http.silent = False
        await world.until(lambda: not world.not_ready_reason, "it works")
        world.create("three")
        await world.until(lambda: "three" in world.names(), "the watch is a new one")


@pytest.mark.parametrize("verb", ["list", "watch"])
async def test_the_watch_continues_after_a_permission_was_revoked(
    world: World, watching: Watching, verb: str
) -> None:
    world.access_rules.denied.add(("sweepjob.dev", "sweepjobs", verb))
    world.create("one")
    async with watching():
        if verb == "list":
            await world.until(lambda: "cannot list" in world.not_ready_reason, "it is told")
            assert not world.names()
        await asyncio.sleep(1)
        world.access_rules.denied.clear()
        await world.until(
            lambda: world.names() == {"one"} and not world.not_ready_reason, "it works"
        )
        world.create("two")
        await world.until(lambda: "two" in world.names(), "it is told")


async def test_an_inaccessible_namespace_affects_no_other(world: World, watching: Watching) -> None:
    world.access_rules.denied_in["shut"] = {
        ("sweepjob.dev", "sweepjobs", verb) for verb in ("get", "list", "watch")
    }
    world.create("here", "open")
    world.create("there", "shut")
    async with watching("open", "shut"):
        await world.until(
            lambda: world.names() == {"here"} and not world.not_ready_reason, "it works"
        )
        world.access_rules.denied_in.clear()
        await world.until(lambda: world.names() == {"here", "there"}, "it is seen by itself")


async def test_no_task_of_ours_is_cancelled_with_kopf(world: World, watching: Watching) -> None:
    async with watching():
        await world.until(lambda: not world.not_ready_reason, "it works")
        ours = asyncio.create_task(asyncio.Event().wait())  # younger than kopf
        world.access_rules.close("sweepjobs")
        await world.until(lambda: "is missing" in world.not_ready_reason, "the CRD is missed")
        world.access_rules.open("sweepjobs")
        await world.until(lambda: not world.not_ready_reason, "it works")
        assert not ours.done()
        ours.cancel()


async def test_kopf_is_stopped_while_it_starts(
    world: World, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [RuntimeError("what nobody had foreseen")] * 3

    class Failing(SweepJobAudit):
        async def run(self, namespaces: tuple[str, ...]) -> Any:
            if answers:
                raise answers.pop()
            return await super().run(namespaces)

    monkeypatch.setattr(f"{__name__}.SweepJobAudit", Failing)
    world.create("one")
    async with watching():
        await world.until(
            lambda: "RuntimeError: what nobody" in world.not_ready_reason, "it is told"
        )
        await world.until(
            lambda: world.names() == {"one"} and not world.not_ready_reason, "it works"
        )


A, B = ("team", "a"), ("team", "b")


@pytest.mark.parametrize(
    ("before", "listed", "now", "missed"),
    [
        ({}, {}, {}, set()),
        ({}, {A: ("u", "5")}, {}, {A}),
        ({}, {A: ("u", "5")}, {A: ("u", "5")}, set()),
        ({A: ("u", "4")}, {A: ("u", "5")}, {A: ("u", "4")}, {A}),
        ({A: ("u", "4")}, {A: ("u", "5")}, {A: ("u", "6")}, set()),  # a write of our own
        ({A: ("u", "4")}, {A: ("v", "5")}, {A: ("u", "4")}, {A}),  # deleted and created again
        ({A: ("u", "4")}, {}, {A: ("u", "4")}, {A}),
        ({A: ("u", "4")}, {}, {A: ("v", "9")}, set()),  # created after the list
        ({A: ("u", "4")}, {}, {}, set()),
        ({}, {}, {B: ("u", "9")}, set()),
        ({A: ("u", "4"), B: ("w", "2")}, {B: ("w", "3")}, {A: ("u", "4"), B: ("w", "2")}, {A, B}),
    ],
)
def test_missed_events_are_repaired(before: Any, listed: Any, now: Any, missed: set[Any]) -> None:
    made = [{k: SweepJobVersion(*v) for k, v in known.items()} for known in (before, listed, now)]
    assert find_missed_events(*made) == missed


def test_problems_of_a_crd_are_described() -> None:
    assert missing_crd("sweepjobs", {"v1alpha1": {"sweepjobs"}}) == ""
    assert "is missing" in missing_crd("sweepjobs", {})
    assert "is missing" in missing_crd("sweepjobs", {"v1alpha1": {"sweeptrials"}})
    assert "serves v1, v2 but" in missing_crd(
        "sweepjobs", {"v2": {"sweepjobs"}, "v1": {"sweepjobs"}}
    )
