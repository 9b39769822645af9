"""The page of a folder goes on when files cannot be read for a while, and says so meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.cli import folder_ui
from sweepjob.cli.folder_sweeps import FolderSweeps
from sweepjob.cli.folder_ui import FolderApi
from sweepjob.kube import errors
from sweepjob.local.folder import SweepFolder
from sweepjob.timestamps import format_time

from .bodies import NOW, sweep_body, trial_body

_MOST_TURNS = 1000  # of the event loop until the page has followed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folder_ui, "_POLL", 0.0)
    sweep = sweep_body()
    sweep["metadata"] |= {"namespace": "local", "uid": "uid", "resourceVersion": "5"}
    sweep["status"] = {"phase": "Complete"}
    trial = trial_body(0, [0.1])
    trial["metadata"] |= {"namespace": "local", "creationTimestamp": format_time(NOW)}
    SweepFolder(tmp_path / "all" / "sweep").write_results(sweep, [trial])
    return tmp_path / "all" / "sweep"


async def turns() -> Any:
    """Yield until the page should have followed."""
    for turn in range(_MOST_TURNS):
        await asyncio.sleep(0)
        yield turn
    raise AssertionError("the page has not followed")


async def troubles(api: FolderApi) -> list[str]:
    body = await api.client.get(SWEEPJOBS, "local", "sweep")
    return [c["message"] for c in body["status"].get("conditions") or () if c["status"] == "True"]


async def follow(root: Path, steps: Callable[[FolderApi], Any]) -> None:
    api = FolderApi(FolderSweeps(root))
    following = asyncio.create_task(api.follow())
    await steps(api)
    assert not following.done()
    following.cancel()


def test_a_file_that_cannot_be_read_is_told_until_it_can(folder: Path) -> None:
    file = folder / "sweeptrials" / "sweep-0.json"
    text = file.read_text()

    async def steps(api: FolderApi) -> None:
        assert await troubles(api) == []
        file.write_text("{")
        async for _ in turns():
            if told := await troubles(api):
                break
        assert "this page shows what was read before" in told[0]
        assert "sweep-0.json cannot be read" in told[0]
        assert (await api.client.get(SWEEPTRIALS, "local", "sweep-0"))["spec"]["index"] == 0
        changed = json.loads(text)
        changed["metadata"]["labels"]["sweepjob.dev/tag-a"] = "b"
        file.write_text(json.dumps(changed))
        async for _ in turns():
            if not await troubles(api):
                break
        labels = (await api.client.get(SWEEPTRIALS, "local", "sweep-0"))["metadata"]["labels"]
        assert labels["sweepjob.dev/tag-a"] == "b"

    asyncio.run(follow(folder, steps))


@pytest.mark.parametrize("level", ["sweep", "all"])
def test_a_folder_that_comes_back_is_shown_again(folder: Path, level: str) -> None:
    """As while ``run --fresh`` replaces it."""
    moved = folder if level == "sweep" else folder.parent
    away = moved.with_name("away")

    async def is_there(api: FolderApi) -> bool:
        try:
            await api.client.get(SWEEPJOBS, "local", "sweep")
        except errors.NotFound:
            return False
        return True

    async def steps(api: FolderApi) -> None:
        assert await is_there(api)
        os.rename(moved, away)
        async for _ in turns():
            if not await is_there(api):
                break
        os.rename(away, moved)
        async for _ in turns():
            if await is_there(api):
                break

    asyncio.run(follow(folder if level == "sweep" else folder.parent, steps))


def test_what_is_deleted_while_a_folder_is_listed_is_not_corrupt(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Path.glob

    def late(self: Path, pattern: str) -> Iterator[Path]:
        yield from listed(self, pattern)
        yield self / "deleted.json"

    monkeypatch.setattr(Path, "glob", late)
    found = SweepFolder(folder).read("sweeptrials")
    assert [body["metadata"]["name"] for body in found] == ["sweep-0"]
