"""The feed of one sweep that viewers have open: its document, and what changes in it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.criteria import Criteria
from ..api.messages.missing_crd import missing_crd
from ..api.resources import SWEEPTRIALS
from ..kube.client import KubeClient
from ..kube.informer import Informer
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.trial_rows import json_value
from .cache_sync import Unavailable, wait_until_synced
from .change_log import ChangeLog
from .curves import points_per_curve, points_per_metric
from .document import FORMAT, accepted_spec, analysis_fields, sweep_fields
from .log_budget import limit_logs
from .parameter_axes import parameter_axes
from .trials import log_fields, trial_fields
from .warm_start import read_warm_start_trials

Body = Mapping[str, Any]
_GATHER_SECONDS = 0.25  # changes within this time are sent as one event
_ANALYSIS_PAUSE = 3.0  # minimum seconds between two analyses
_ANALYSIS_SHARE = 0.2  # maximum share of the time that is spent on them


@dataclass(frozen=True, slots=True)
class CachedTrial:
    """A SweepTrial in the cache, with its parsed view."""

    body: Body
    view: TrialView

    @property
    def namespace(self) -> str:
        """The namespace of the SweepTrial."""
        return self.view.record.namespace

    @property
    def name(self) -> str:
        """The name of the SweepTrial."""
        return self.view.name

    @property
    def uid(self) -> str:
        """The uid of the SweepTrial; a later object of the same name has another one."""
        return self.view.record.uid

    @property
    def version(self) -> str:
        """The resource version of the SweepTrial; it changes with each write."""
        return self.view.record.version


class SweepFeed:
    """Watches a sweep's trials, and serves its document and the changes since any version of it.

    A version belongs to the feed that assigned it. A viewer therefore sends the feed's random id with
    the version; with another feed's id it receives everything once more. In the document this id is
    the field ``feed``.

    Args:
        api: the API server.
        sweep: the SweepJob as it is now; ``update_sweep`` replaces it.

    Attributes:
        viewers: number of requests that use the feed; maintained by the registry.
    """

    def __init__(self, api: KubeClient, sweep: Body) -> None:
        self.viewers = 0
        self._api = api
        self._sweep = sweep
        self._id = secrets.token_hex(6)
        self._changes = ChangeLog()
        self._closed = False
        self._analysis: dict[str, Any] = {"threshold": None, "importance": None}
        self._analysed_version = 0
        meta = sweep["metadata"]
        self._trials: Informer[CachedTrial] = Informer(
            api,
            SWEEPTRIALS,
            self._parse_trial,
            self._on_trial_event,
            meta["namespace"],
            f"{names.LABEL_SWEEP}={meta['name']}",
            not_served_message=missing_crd(names.SWEEPTRIALS, {}),
        )
        self._tasks = [
            asyncio.create_task(self._trials.run()),
            asyncio.create_task(self._analyse()),
        ]

    def close(self) -> None:
        """Stop the watch and end all event streams."""
        self._closed = True
        self._changes.record()
        for task in self._tasks:
            task.cancel()

    def update_sweep(self, sweep: Body) -> None:
        """Replace the SweepJob by a newer version of it."""
        self._sweep = sweep
        self._changes.record()

    def _parse_trial(self, body: Body) -> CachedTrial:
        goal = Criteria.of(self._sweep["spec"]).primary.goal
        return CachedTrial(body, TrialView.of(body, goal))

    def _on_trial_event(self, old: CachedTrial | None, new: CachedTrial | None) -> None:
        if new is not None:
            self._changes.record_trial(new.view.index)
        elif old is not None:
            self._changes.record_deletion(old.view.index)

    def _own_trials(self) -> list[CachedTrial]:
        """Return the trials of this SweepJob, without those of a deleted one of the same name."""
        uid = self._sweep["metadata"]["uid"]
        return [trial for trial in self._trials if trial.view.record.sweep_uid == uid]

    async def recorded_logs(self, trial: str) -> list[dict[str, Any]]:
        """Return the last lines on record of a trial's attempts, which a document may leave out.

        Raises:
            Unavailable: the sweep has no such trial, or the trials cannot be read.
        """
        return log_fields((await self.trial(trial)).view)

    async def trial(self, name: str) -> CachedTrial:
        """Return a trial of the sweep.

        Raises:
            Unavailable: the sweep has no such trial, or the trials cannot be read.
        """
        await wait_until_synced(self._trials)
        found = next((own for own in self._own_trials() if own.name == name), None)
        if found is None:
            raise Unavailable(f"the sweep has no trial {name[:100]}")
        return found

    async def document(self, *, curves: bool) -> Body:
        """Return the document as of now.

        Args:
            curves: whether the curves are part of it. A document without them is ready much sooner; it
                has an empty feed id, so that the first event brings everything.

        Raises:
            Unavailable: the trials cannot be read.
        """
        await wait_until_synced(self._trials)
        return {
            "format": FORMAT,
            "parameters": parameter_axes(accepted_spec(self._sweep)),
            **await self._changed_since("", 0, curves=curves),
        }

    async def events(self, feed_id: str, version: int) -> AsyncIterator[Body]:
        """Yield the changes as they happen, until the sweep is deleted.

        Args:
            feed_id: the id of the feed that the viewer's document came from (``feed`` there).
            version: the version of the viewer's document.
        """
        await wait_until_synced(self._trials)
        while True:
            while feed_id == self._id and self._changes.version <= version:
                await self._changes.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            if self._closed:
                return
            event = await self._changed_since(feed_id, version)
            feed_id, version = self._id, event["version"]
            yield event

    async def _changed_since(self, feed_id: str, version: int, *, curves: bool = True) -> Body:
        """Return the fields that changed since a version of this feed; all fields for another feed."""
        since = version if feed_id == self._id else 0
        now, current = time.time(), self._changes.version
        own = self._own_trials()
        views = sorted((trial.view for trial in own), key=lambda view: view.index)
        points = points_per_curve(views) if curves else 0
        metric_points = points_per_metric(views) if curves else 0
        changed = [trial for trial in own if self._changes.has_changed(trial.view.index, since)]
        fields = (changed, views, points, metric_points, now)
        return await asyncio.to_thread(self._fields, *fields) | {
            "feed": self._id if curves else "",
            "version": current,
            "gone": self._changes.deleted(since),
            "pointsEach": points,
            "metricPointsEach": metric_points,
            **self._analysis,
        }

    def _fields(
        self,
        changed: Iterable[CachedTrial],
        views: list[TrialView],
        points: int,
        metric_points: int,
        now: float,
    ) -> dict[str, Any]:
        trials = sorted(changed, key=lambda trial: trial.view.index)
        fields = [trial_fields(t.body, t.view, now, points, metric_points) for t in trials]
        limit_logs(fields)
        return dict(
            json_value(
                {
                    "made": now,
                    "sweep": sweep_fields(self._sweep, views, now),
                    "trials": fields,
                }
            )
        )

    async def _analyse(self) -> None:
        """Keep threshold and importance up to date, at a bounded share of the processor's time."""
        await self._trials.synced.wait()
        others = await read_warm_start_trials(self._api, self._sweep)
        while True:
            version, sweep, begun = self._changes.version, self._sweep, time.monotonic()
            if version != self._analysed_version:
                views = [trial.view for trial in self._own_trials()]
                self._analysis = await asyncio.to_thread(_analyse, sweep, views, others)
                self._changes.record()
                # The new analysis is a change itself, which must not cause another one.
                is_only_change = version + 1 == self._changes.version
                self._analysed_version = self._changes.version if is_only_change else version
            seconds = time.monotonic() - begun
            await asyncio.sleep(max(_ANALYSIS_PAUSE, seconds / _ANALYSIS_SHARE))


def _analyse(sweep: Body, trials: list[TrialView], others: list[TrialView]) -> dict[str, Any]:
    fields = analysis_fields(accepted_spec(sweep), SweepView.of(sweep), trials, others)
    return dict(json_value(fields))
