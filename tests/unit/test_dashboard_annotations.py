"""Changing tags and notes in the dashboard: by the viewer's permissions, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from sweepjob.dashboard.access import RequestRejected, Viewer
from sweepjob.dashboard.annotations import ClusterAnnotations
from sweepjob.dashboard.cluster_access import ClusterAccess
from sweepjob.dashboard.feed_registry import FeedRegistry
from sweepjob.dashboard.server import DashboardServer
from sweepjob.kube.client import KubeClient
from sweepjob.kube.transport import Request, Response
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.transport import MemoryTransport

from .cli.bodies import NOW, sweep_body, trial_body

PATH = "/api/sweeps/team/sweep/trials/sweep-0/annotations"
FORBIDDEN = {
    "kind": "Status",
    "message": 'sweeptrials.sweepjob.dev "sweep-0" is forbidden: User "eve" cannot patch resource '
    '"sweeptrials" in API group "sweepjob.dev" in the namespace "team"',
    "reason": "Forbidden",
    "details": {"name": "sweep-0", "group": "sweepjob.dev", "kind": "sweeptrials"},
    "code": 403,
}


class Anyone:
    """Access of a viewer who may do what a test says."""

    def __init__(self) -> None:
        self.may = {"read": True, "annotate": True}

    async def authenticate(self, request: web.Request) -> Viewer:
        if request.headers.get("Authorization") == "none":
            raise RequestRejected(401, "a bearer token is required")
        return Viewer("ann")

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        return self.may["read"]

    async def may_read_logs(self, viewer: Viewer, namespace: str) -> bool:
        return False

    async def may_annotate(self, viewer: Viewer, namespace: str) -> bool:
        return self.may["annotate"]


class RecordingTransport(MemoryTransport):
    """Keeps the patches, and refuses them where a test says so."""

    refuses = False

    def __init__(self, server: MemoryApiServer) -> None:
        super().__init__(server, _no_log)
        self.patches: list[Request] = []

    async def request(self, request: Request) -> Response:
        if request.method not in ("GET", "PATCH"):
            raise AssertionError(request)
        if request.method == "PATCH":
            self.patches.append(request)
            if self.refuses:
                return Response(403, json.dumps(FORBIDDEN).encode())
        return await super().request(request)


async def _no_log(name: str, after: float) -> AsyncIterator[bytes]:
    yield name.encode()


class Site:
    """A dashboard whose cluster has one sweep with one trial."""

    def __init__(self) -> None:
        self.access = Anyone()
        self.server = MemoryApiServer(lambda: NOW)
        self.transport = RecordingTransport(self.server)
        self.api = KubeClient(self.transport)
        trial = trial_body(0, [0.1])
        trial["metadata"]["ownerReferences"][0]["uid"] = "sweep-uid"
        trial["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        self.server.store.put("sweepjobs", sweep_body())
        self.server.store.put("sweeptrials", trial)

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.server.store.all("sweeptrials")["team", "sweep-0"]["metadata"])

    @contextlib.asynccontextmanager
    async def serve(self, *, writes: bool = True) -> AsyncIterator[ClientSession]:
        feeds = FeedRegistry(self.api, [None])
        watching = asyncio.create_task(feeds.run())
        annotations = ClusterAnnotations(self.api) if writes else None
        server = DashboardServer(feeds, self.access, annotations=annotations)
        async with TestClient(TestServer(server.application())) as found:
            yield found  # type: ignore[misc]  # it has the methods of a session
        feeds.close()
        watching.cancel()


@pytest.fixture
async def site() -> Site:
    return Site()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[ClientSession]:
    async with site.serve() as found:
        yield found


async def patch(client: ClientSession, change: Any, path: str = PATH) -> tuple[int, str]:
    async with client.patch(path, json=change) as answer:
        return answer.status, await answer.text()


async def refusal(client: ClientSession) -> str:
    async with client.get("/api/sweeps/team/sweep/changes") as answer:
        assert answer.status == 200
        return str((await answer.json())["refusal"])


async def until_seen(client: ClientSession, expected: Any) -> None:
    """Wait until the page shows the tags and the note."""
    while True:
        async with client.get("/api/sweeps/team/sweep") as answer:
            [trial] = (await answer.json())["trials"]
        if (trial.get("tags"), trial.get("note")) == expected:
            return
        await asyncio.sleep(0.01)


async def test_tags_and_the_note_become_labels_and_an_annotation(
    site: Site, client: ClientSession
) -> None:
    assert await refusal(client) == ""
    assert await patch(client, {"tags": {"keep": "yes", "b": ""}, "note": "good"}) == (204, "")
    assert site.metadata["labels"] == {
        "sweepjob.dev/sweep": "sweep",
        "sweepjob.dev/tag-keep": "yes",
        "sweepjob.dev/tag-b": "",
    }
    assert site.metadata["annotations"] == {"sweepjob.dev/note": "good"}
    await asyncio.wait_for(until_seen(client, ({"b": "", "keep": "yes"}, "good")), 20)
    assert (await patch(client, {"tags": {"b": None}, "note": "", "seenNote": "good"}))[0] == 204
    await asyncio.wait_for(until_seen(client, ({"keep": "yes"}, None)), 20)
    assert [body.body["metadata"]["uid"] for body in site.transport.patches if body.body] == [
        "t0",
        "t0",
    ]


async def test_nothing_but_tags_and_notes_is_written(site: Site, client: ClientSession) -> None:
    for change in (
        *({"spec": {"stop": True}}, {"metadata": {}}, [], "x", 3, None),
        *(
            {"tags": {"a/b": "1"}},
            {"tags": {"a": "b c"}},
            {"tags": {"x\n": ""}},
            {"tags": {"a": 1}},
        ),
        *({"note": "x" * 2001}, {"note": "\x1b"}, {"tags": {f"t{n}": "" for n in range(33)}}),
    ):
        status, text = await patch(client, change)
        assert status == 400, change
        assert text
    assert (await patch(client, {"note": "x" * 70_000}))[0] == 413
    async with client.patch(PATH, data=b"[" * 60_000) as answer:
        assert answer.status == 400
    assert site.transport.patches == []


async def test_a_note_that_somebody_else_has_changed_is_not_lost(
    site: Site, client: ClientSession
) -> None:
    assert (await patch(client, {"note": "first", "seenNote": ""}))[0] == 204
    await asyncio.wait_for(until_seen(client, (None, "first")), 20)
    status, text = await patch(client, {"note": "second", "seenNote": ""})
    assert (status, text) == (
        409,
        "somebody has changed the note meanwhile. It says now: first",
    )
    assert (await patch(client, {"note": "second"}))[0] == 409, "without what was seen"
    assert (await patch(client, {"tags": {"a": "1"}, "note": "first"}))[0] == 204
    assert site.metadata["annotations"] == {"sweepjob.dev/note": "first"}
    assert (await patch(client, {"tags": {"a": None}, "note": "", "seenNote": "first"}))[0] == 204
    await asyncio.wait_for(until_seen(client, (None, None)), 20)
    status, text = await patch(client, {"note": "second", "seenNote": "first"})
    assert (status, text) == (409, "somebody has removed the note meanwhile")


async def test_a_reader_gets_a_sentence_and_changes_nothing(
    site: Site, client: ClientSession
) -> None:
    site.access.may["annotate"] = False
    expected = (
        "you may read the trials of namespace team, but not change them: that needs the permission to "
        "patch sweeptrials.sweepjob.dev, which the role edit has"
    )
    assert await refusal(client) == expected
    assert await patch(client, {"tags": {"a": "1"}}) == (403, expected)
    site.access.may = {"read": False, "annotate": True}
    assert (await patch(client, {"tags": {"a": "1"}}))[0] == 403
    async with client.patch(PATH, json={}, headers={"Authorization": "none"}) as answer:
        assert answer.status == 401
    assert site.transport.patches == []


async def test_what_the_api_server_refuses_to_a_viewer_is_the_same_sentence(
    site: Site, client: ClientSession
) -> None:
    """``sweepjob ui`` learns of a missing permission from the answer to the change."""
    site.transport.refuses = True
    status, text = await patch(client, {"tags": {"a": "1"}})
    assert status == 403
    assert text.startswith("you may read the trials of namespace team, but not change them")


async def test_a_page_that_only_reads_says_what_to_use(site: Site) -> None:
    async with site.serve(writes=False) as client:
        said = await refusal(client)
        assert said.startswith("this page only reads: dashboard.tags of the chart is off")
        assert "kubectl sweepjob tag" in said
        assert await patch(client, {"tags": {"a": "1"}}) == (403, said)
    assert site.transport.patches == []


async def test_another_trial_or_a_recreated_one_is_not_changed(
    site: Site, client: ClientSession
) -> None:
    assert (await patch(client, {}, PATH.replace("sweep-0", "other-0")))[0] == 404
    assert (await patch(client, {}, PATH.replace("/sweep/", "/other/")))[0] == 404
    stray = trial_body(7, [0.1])  # of a deleted sweep of the same name
    stray["metadata"]["ownerReferences"][0]["uid"] = "another"
    site.server.store.put("sweeptrials", stray)
    assert (await patch(client, {"tags": {"a": "1"}}, PATH.replace("-0/", "-7/")))[0] == 404


async def test_another_site_gets_no_permission_to_send_a_change(client: ClientSession) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"}
    async with client.options(PATH, headers=asked) as answer:
        assert answer.status == 405
        assert not any(name.startswith("Access-Control") for name in answer.headers)
    async with client.post(PATH, json={"tags": {"a": "1"}}) as answer:
        assert answer.status == 405, "a form can send a POST"


class Reviewing(KubeClient):
    """Answers SubjectAccessReviews; a fake of the API server's authorization."""

    def __init__(self, allowed: dict[str, bool]) -> None:
        self.allowed, self.asked = allowed, list[dict[str, Any]]()

    async def create(self, resource: Any, namespace: Any, body: Any, priority: Any = None) -> Any:
        attributes = body["spec"]["resourceAttributes"]
        self.asked.append(attributes)
        return {"status": {"allowed": self.allowed[attributes["verb"]]}}


async def test_in_the_cluster_the_api_server_is_asked_about_the_viewer() -> None:
    api = Reviewing({"patch": False, "get": True})
    access, viewer = ClusterAccess(api), Viewer("eve", ("ml",))
    assert not await access.may_annotate(viewer, "team")
    assert await access.may_read_logs(viewer, "team"), "another action has an answer of its own"
    assert not await access.may_annotate(viewer, "team")
    assert api.asked == [
        {
            "namespace": "team",
            "group": "sweepjob.dev",
            "resource": "sweeptrials",
            "verb": "patch",
        },
        {"namespace": "team", "group": "", "resource": "pods", "subresource": "log", "verb": "get"},
    ]
