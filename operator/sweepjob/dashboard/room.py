"""One sweep that somebody looks at: its trials are watched for as long as anybody does."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.informer import Informer
from ..kube.resources import SWEEPTRIALS
from ..objective import Goal
from ..render.trial_rows import plain
from ..render.views import SweepView, TrialView, trial_views, warm_started_by
from .axes import parameters
from .curves import points_each
from .sheet import FORMAT, analysis, sweep_sheet, understood
from .trials import trial_sheet

Body = Mapping[str, Any]
_PAUSE = 0.25  # seconds in which changes are gathered
_ANALYSIS_PAUSE = 3.0  # seconds between two computations of thresholds and importance, at least
_ANALYSIS_SHARE = 0.2  # of the time, at most, is spent on them


class NotThere(Exception):
    """What was asked for does not exist, or cannot be had; says why."""


@dataclass(frozen=True, slots=True)
class SeenTrial:
    """A SweepTrial as it was seen last, and what is drawn of it."""

    body: Body
    view: TrialView

    @property
    def namespace(self) -> str:
        return self.view.record.namespace

    @property
    def name(self) -> str:
        return self.view.name

    @property
    def uid(self) -> str:
        return self.view.record.uid

    @property
    def version(self) -> str:
        return self.view.record.version


class Room:
    """The document of a sweep, and what has changed since any version of it.

    Args:
        sweep: the SweepJob as it is now; told anew by ``show``.
    """

    def __init__(self, api: KubeClient, sweep: Body) -> None:
        self.viewers = 0
        self._api = api
        self._sweep = sweep
        self._id = secrets.token_hex(6)
        self._version = 1
        self._changed: dict[int, int] = {}  # of every trial, the version with its newest change
        self._gone: dict[int, int] = {}
        self._news = asyncio.Event()
        self._closed = False
        self._analysis: dict[str, Any] = {"threshold": None, "importance": None}
        self._analysed = 0  # the version of it
        self._others: list[TrialView] = []
        meta = sweep["metadata"]
        self._trials: Informer[SeenTrial] = Informer(
            api,
            SWEEPTRIALS,
            self._project,
            self._note,
            meta["namespace"],
            f"{names.LABEL_SWEEP}={meta['name']}",
        )
        self._tasks = [
            asyncio.create_task(self._trials.run()),
            asyncio.create_task(self._analyse()),
        ]

    def close(self) -> None:
        """Nobody looks any more, or the sweep is gone: events end."""
        self._closed = True
        self._bump()
        for task in self._tasks:
            task.cancel()

    def show(self, sweep: Body) -> None:
        """The SweepJob has changed."""
        self._sweep = sweep
        self._bump()

    def _project(self, body: Body) -> SeenTrial:
        return SeenTrial(body, TrialView.of(body, Goal(self._sweep["spec"]["objective"]["goal"])))

    def _note(self, old: SeenTrial | None, new: SeenTrial | None) -> None:
        self._bump()
        if new is not None:
            self._gone.pop(new.view.index, None)
            self._changed[new.view.index] = self._version
        elif old is not None:
            self._changed.pop(old.view.index, None)
            self._gone[old.view.index] = self._version

    def _bump(self) -> None:
        self._version += 1
        self._news.set()
        self._news = asyncio.Event()

    def _own(self) -> list[SeenTrial]:
        """The trials of this very sweep: one of the same name that was deleted may have left some."""
        uid = self._sweep["metadata"]["uid"]
        return [seen for seen in self._trials if seen.view.record.sweep_uid == uid]

    async def sheet(self, *, curves: bool) -> Body:
        """The document as of now. Without curves it is there much sooner; they come with the events of
        another room's viewer.

        Raises:
            NotThere: its trials cannot be read.
        """
        await synced(self._trials)
        return {
            "format": FORMAT,
            "parameters": parameters(understood(self._sweep)),
            **await self._since("", 0, curves=curves),
        }

    async def events(self, room: str, version: int) -> AsyncIterator[Body]:
        """What has changed since a version, whenever something has, until the sweep is gone.

        Args:
            room, version: as in the document that the viewer has.
        """
        await synced(self._trials)
        while True:
            while room == self._id and self._version <= version:
                await self._news.wait()
            await asyncio.sleep(_PAUSE)
            if self._closed:
                return
            news = await self._since(room, version)
            room, version = self._id, news["version"]
            yield news

    async def _since(self, room: str, version: int, *, curves: bool = True) -> Body:
        """The news since a version of this room, or all of it."""
        version = version if room == self._id else 0
        now, current = time.time(), self._version
        own = self._own()
        views = sorted((seen.view for seen in own), key=lambda view: view.index)
        points = points_each(views) if curves else 0
        news = [seen for seen in own if self._changed.get(seen.view.index, current) > version]
        return await asyncio.to_thread(self._written, news, views, points, now) | {
            "room": self._id if curves else "",
            "version": current,
            "gone": [index for index, since in self._gone.items() if since > version],
            "pointsEach": points,
            **self._analysis,
        }

    def _written(
        self, news: Iterable[SeenTrial], views: list[TrialView], points: int, now: float
    ) -> dict[str, Any]:
        trials = sorted(news, key=lambda seen: seen.view.index)
        return dict(
            plain(
                {
                    "made": now,
                    "sweep": sweep_sheet(self._sweep, views, now),
                    "trials": [trial_sheet(s.body, s.view, now, points) for s in trials],
                }
            )
        )

    async def _analyse(self) -> None:
        """Keep thresholds and importance up to date; they take too long to compute at every change."""
        await self._trials.synced.wait()
        self._others = await self._warm_start()
        while True:
            version, sweep, begun = self._version, self._sweep, time.monotonic()
            if version != self._analysed:
                views = [seen.view for seen in self._own()]
                self._analysis = await asyncio.to_thread(_analysed, sweep, views, self._others)
                self._bump()
                self._analysed = self._version if version + 1 == self._version else version
            took = time.monotonic() - begun
            await asyncio.sleep(max(_ANALYSIS_PAUSE, took / _ANALYSIS_SHARE))

    async def _warm_start(self) -> list[TrialView]:
        """The trials of other sweeps that count in this one, as far as they can be read."""
        found: list[Body] = []
        meta = self._sweep["metadata"]
        for source in (self._sweep.get("status") or {}).get("warmStart") or ():
            selector = f"{names.LABEL_SWEEP}={source['sweep']}"
            where = (SWEEPTRIALS, meta["namespace"], selector)
            try:
                page = await self._api.list_page(*where, "", 0)
            except errors.ApiError:
                continue
            found += warm_started_by(source, page["items"])
        return trial_views(found, Goal(self._sweep["spec"]["objective"]["goal"]))


async def synced(reflector: Informer[Any], seconds: float = 15.0) -> None:
    """Returns when a cache has been filled.

    Raises:
        NotThere: not within so many seconds, and why.
    """
    try:
        await asyncio.wait_for(reflector.synced.wait(), seconds)
    except TimeoutError:
        raise NotThere(f"the API server cannot be read: {reflector.trouble}") from None


def _analysed(sweep: Body, trials: list[TrialView], others: list[TrialView]) -> dict[str, Any]:
    return dict(plain(analysis(understood(sweep), SweepView.of(sweep), trials, others)))
