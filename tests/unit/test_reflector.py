"""The watch cache, against a scripted gateway that produces what a real server does rarely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from sweepjob.controller import errors
from sweepjob.controller.gateway import Gateway, Resource
from sweepjob.controller.reflector import Reflector


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
    return {"metadata": {"name": name, "uid": uid or name, "resourceVersion": str(version)}}


def event(kind: str, *arguments: Any) -> dict[str, Any]:
    return {"type": kind, "object": body(*arguments)}


class ScriptedGateway:
    """A fake: answers lists and watches from a script, for faults that a real server will not produce on
    demand. A watch ends with the error given, or stays silent for ever."""

    def __init__(self, lists: list[list[dict[str, Any]]], watches: list[list[Any]]) -> None:
        self.lists, self.watches = lists, watches

    async def list_page(self, *_: Any) -> dict[str, Any]:
        return {"items": self.lists.pop(0), "metadata": {"resourceVersion": "100"}}

    async def watch(self, *_: Any) -> AsyncIterator[Any]:
        for item in self.watches.pop(0):
            if isinstance(item, Exception):
                raise item
            yield item
        if not self.watches:
            await asyncio.Event().wait()


async def play(lists: list[Any], watches: list[Any]) -> tuple[Reflector[Thing], list[str]]:
    log: list[str] = []

    def changed(old: Thing | None, new: Thing | None) -> None:
        one = new or old
        assert one is not None
        log.append(f"{'-' if new is None else '+' if old is None else '~'}{one.name}@{one.version}")

    gateway = cast(Gateway, ScriptedGateway(lists, watches))
    reflector = Reflector(gateway, Resource("/api", "things"), thing, changed, "n")
    task = asyncio.create_task(reflector.run())
    await asyncio.sleep(0.05)
    task.cancel()
    return reflector, log


async def test_what_went_while_the_watch_was_down_is_noticed() -> None:
    _, log = await play([[body("a", 1), body("b", 2)], [body("b", 2)]], [[errors.Gone("410")], []])
    assert log == ["+a@1", "+b@2", "-a@1"]


async def test_a_clean_end_of_the_watch_needs_no_new_list() -> None:
    _, log = await play(
        [[body("a", 1)]], [[event("MODIFIED", "a", 101)], [event("ADDED", "b", 102)]]
    )
    assert log == ["+a@1", "~a@101", "+b@102"]


async def test_an_object_that_is_not_understood_is_passed_over() -> None:
    broken = {"metadata": {"name": "broken", "resourceVersion": "5"}}
    _, log = await play([[broken, body("a", 1)]], [[{"type": "ADDED", "object": broken}]])
    assert log == ["+a@1"]


async def test_an_older_event_does_not_undo_our_own_write() -> None:
    reflector, _ = await play([[body("a", 10)]], [[]])
    reflector.put(body("a", 20))
    reflector._apply(event("MODIFIED", "a", 15))
    assert reflector.records["n", "a"].version == "20"


async def test_the_deletion_of_an_old_object_spares_its_successor() -> None:
    reflector, _ = await play([[body("a", 10, "old")]], [[]])
    reflector.put(body("a", 20, "new"))
    reflector._apply(event("DELETED", "a", 15, "old"))
    assert reflector.records["n", "a"].uid == "new"
