"""The watch cache, against a scripted api_server that produces what a real server does rarely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sweepjob.kube import errors
from sweepjob.kube.denied_access import DeniedAccess
from sweepjob.kube.informer import Informer
from sweepjob.kube.resources import Resource

from .scripted_api_server import ScriptedApiServer

pytestmark = pytest.mark.virtual_time


@dataclass(frozen=True)
class Thing:
    namespace: str
    name: str
    uid: str
    version: str


def thing(body: Any) -> Thing:
    meta = body["metadata"]
    return Thing("n", meta["name"], meta["uid"], meta["resourceVersion"])


def body(name: str, version: int, uid: str = "") -> dict[str, Any]:
    meta = {"namespace": "n", "name": name, "uid": uid or name}
    return {"metadata": {**meta, "resourceVersion": str(version)}}


def event(kind: str, *arguments: Any) -> dict[str, Any]:
    return {"type": kind, "object": body(*arguments)}


async def play(lists: list[Any], watches: list[Any]) -> tuple[Informer[Thing], list[str]]:
    log: list[str] = []

    def changed(old: Thing | None, new: Thing | None) -> None:
        one = new or old
        assert one is not None
        log.append(f"{'-' if new is None else '+' if old is None else '~'}{one.name}@{one.version}")

    api_server = ScriptedApiServer(lists, watches)
    informer = Informer(api_server, Resource("/api", "things"), thing, changed, "n")
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(0.05)
    task.cancel()
    return informer, log


async def test_deletions_missed_by_the_watch_are_detected() -> None:
    _, log = await play([[body("a", 1), body("b", 2)], [body("b", 2)]], [[errors.Gone("410")], []])
    assert log == ["+a@1", "+b@2", "-a@1"]


async def test_a_clean_end_of_the_watch_needs_no_new_list() -> None:
    _, log = await play(
        [[body("a", 1)]], [[event("MODIFIED", "a", 101)], [event("ADDED", "b", 102)]]
    )
    assert log == ["+a@1", "~a@101", "+b@102"]


async def test_an_unparseable_object_is_skipped() -> None:
    broken = {"metadata": {"name": "broken", "resourceVersion": "5"}}
    _, log = await play([[broken, body("a", 1)]], [[{"type": "ADDED", "object": broken}]])
    assert log == ["+a@1"]


async def test_an_older_event_does_not_undo_our_own_write() -> None:
    informer, _ = await play([[body("a", 10)]], [[]])
    informer.store_own_write(body("a", 20))
    informer.apply(event("MODIFIED", "a", 15))
    assert informer.objects["n", "a"].version == "20"


async def test_a_version_that_is_known_is_not_parsed_again() -> None:
    parsed = list[str]()

    def parse(body: Any) -> Thing:
        parsed.append(body["metadata"]["resourceVersion"])
        return thing(body)

    api_server = ScriptedApiServer([], [])
    informer = Informer(api_server, Resource("/api", "things"), parse, lambda old, new: None, "n")
    informer.store_own_write(body("a", 20))
    for version, uid in ((15, "a"), (20, "a"), (20, "another"), (25, "another")):
        informer.apply(event("MODIFIED", "a", version, uid))
    assert parsed == ["20", "20", "25"], "an object of another uid is another object"


async def test_the_deletion_of_an_old_object_spares_its_successor() -> None:
    informer, _ = await play([[body("a", 10, "old")]], [[]])
    informer.store_own_write(body("a", 20, "new"))
    informer.apply(event("DELETED", "a", 15, "old"))
    assert informer.objects["n", "a"].uid == "new"


@pytest.mark.parametrize(
    ("watches", "since"),
    [
        ([[event("ADDED", "a", 101)], [event("ADDED", "b", 102)], []], 0.0),
        ([[event("ADDED", "a", 101), errors.Gone("410")], []], 1.0),
        ([[event("ADDED", "a", 101), errors.Unavailable("no")], []], None),
    ],
    ids=["a watch that ends by itself is no break", "listed again", "not there"],
)
async def test_the_start_of_complete_observation_is_known(
    watches: list[Any], since: float | None
) -> None:
    api_server = ScriptedApiServer([[], [body("a", 101)]], watches)
    given = (Resource("/api", "things"), thing, lambda old, new: None, "n")
    informer = Informer(api_server, *given, clock=lambda: float(len(informer.objects)))
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(0.05)
    assert informer.watching_since == since
    task.cancel()


class StaleApiServer(ScriptedApiServer):
    """A fake: the second list says that it is from version 120."""

    async def list_page(self, *arguments: Any) -> dict[str, Any]:
        page = await super().list_page(*arguments)
        if self.version == 200:
            page["metadata"]["resourceVersion"] = "120"
        return page


def written_by_us(informer: Informer[Thing]) -> None:
    informer.store_own_write(body("a", 150))
    # The watch is behind: it still tells what was before our write.
    informer.apply(event("ADDED", "b", 110))
    informer.apply(event("DELETED", "b", 115))


def told_by_the_watch(informer: Informer[Thing]) -> None:
    informer.apply(event("ADDED", "a", 150))


@pytest.mark.parametrize("seen", [written_by_us, told_by_the_watch])
async def test_an_outdated_list_is_ignored(
    seen: Callable[[Informer[Thing]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepjob.kube.informer._BACKOFF", (0.001, 0.01))
    # The first list after that is passed off as an old one.
    lists: list[Any] = [[], [], [body("a", 150)]]
    watched = [[event("ADDED", "z", 101), errors.Gone("old")], []]
    removed: list[str] = []

    def changed(old: Thing | None, new: Thing | None) -> None:
        if new is None and old is not None:
            removed.append(old.name)
        elif new is not None and new.name == "z":
            seen(informer)

    api_server = StaleApiServer(lists, watched)
    informer = Informer(api_server, Resource("/api", "things"), thing, changed, "n")
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(0.05)
    task.cancel()
    assert not lists, "it has asked again"
    assert "a" not in removed
    assert informer.get("n", "a")


class PagedGateway(ScriptedApiServer):
    """A fake: one object a page, and errors where the script has them."""

    def __init__(self, script: list[Any]) -> None:
        super().__init__([], [[]])
        self.script = script
        self.asked: list[tuple[str, int]] = []

    async def list_page(self, *given: Any) -> dict[str, Any]:
        self.asked.append(given[3:])
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        items, token = answer
        return {"items": items, "metadata": {"resourceVersion": "100", "continue": token}}


async def read_pages(script: list[Any]) -> tuple[Informer[Thing], PagedGateway]:
    api_server = PagedGateway(script)
    given = (Resource("/api", "things"), thing, lambda old, new: None, "n")
    informer = Informer(api_server, *given)
    task = asyncio.create_task(informer.run())
    await asyncio.wait_for(informer.synced.wait(), 5)
    task.cancel()
    return informer, api_server


async def test_a_failed_page_is_requested_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sweepjob.kube.informer._BACKOFF", (0.001, 0.01))
    no = errors.Unavailable("no")
    pages = [([body("a", 1)], "t1"), no, no, ([body("b", 2)], "t2"), no, ([body("c", 3)], "")]
    informer, api_server = await read_pages(list(pages))
    assert {name for _, name in informer.objects} == {"a", "b", "c"}
    assert [token for token, _ in api_server.asked] == ["", "t1", "t1", "t1", "t2", "t2"]


async def test_an_expired_continue_token_reads_the_whole_list() -> None:
    whole = ([body("a", 1), body("b", 2)], "")
    informer, api_server = await read_pages([([body("a", 1)], "t1"), errors.Gone("old"), whole])
    assert {name for _, name in informer.objects} == {"a", "b"}
    assert api_server.asked[-1] == ("", 0)


# When it is blind, and why.


async def test_a_resource_is_listed_again_when_it_is_served_again() -> None:
    gone = errors.NotFound("404: the server could not find the requested resource")
    informer, log = await _blind(lists=[[body("a", 1)], [body("b", 150)]], watches=[[gone], []])
    assert log == ["+a@1", "-a@1", "+b@150"]
    assert informer.not_ready_reason == ""


async def _blind(
    lists: list[Any], watches: list[Any], seconds: float = 3.0
) -> tuple[Informer[Thing], list[str]]:
    log: list[str] = []

    def changed(old: Thing | None, new: Thing | None) -> None:
        one = new or old
        assert one is not None
        log.append(f"{'-' if new is None else '+'}{one.name}@{one.version}")

    api_server = ScriptedApiServer(lists, watches)
    informer = Informer(api_server, Resource("/api", "things"), thing, changed, "n")
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(seconds)
    task.cancel()
    return informer, log


class Refusing:
    """Refuses every list after the first, or every watch."""

    def __init__(self, error: errors.ApiError, *, lists: int) -> None:
        self.error, self.lists, self.asked = error, lists, 0

    async def list_page(self, *_: Any) -> dict[str, Any]:
        self.asked += 1
        if self.asked > self.lists:
            raise self.error
        return {"items": [], "metadata": {"resourceVersion": "100"}}

    async def watch(self, *_: Any) -> AsyncIterator[Any]:
        raise self.error
        yield


@pytest.mark.parametrize(
    ("error", "soon"),
    [
        (errors.NotFound("404: no such resource"), True),
        (errors.NotPermitted("403: no", DeniedAccess("watch", "", "things")), True),
        (errors.Unavailable("no answer"), False),
    ],
)
@pytest.mark.parametrize("lists", [0, 1000])
async def test_the_informer_reports_why_it_is_not_synced(
    error: errors.ApiError, soon: bool, lists: int, caplog: pytest.LogCaptureFixture
) -> None:
    api_server = Refusing(error, lists=lists)
    informer = Informer(api_server, Resource("/api", "things"), thing, lambda *_: None, "n")
    assert informer.not_ready_reason == "things in namespace n are not watched: not listed yet"
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(10)
    # One that has worked is given some time, unless no waiting mends what is wrong.
    assert (str(error) in informer.not_ready_reason) is (soon or lists == 0)
    await asyncio.sleep(50)
    assert str(error) in informer.not_ready_reason
    assert 1 <= len(caplog.records) <= 2, "the same trouble is not told again and again"
    task.cancel()
