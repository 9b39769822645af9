"""Runs kopf: its watch of SweepJobs, its login, and its start and stop.

kopf passes SweepJob events on; it writes nothing and sets no finalizer. All other watches are informers
(``kube.informer``), which keep small records instead of whole objects.

kopf looks for its resource once, when it starts, unless it may watch the CustomResourceDefinitions of the
whole cluster; it fails when its resource is deleted. So it is started when SweepJobs are served, and
restarted when it ends. An audit restarts it when it has missed events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kopf

from ..api import names
from ..api.messages.missing_crd import missing_crd
from ..api.resources import SWEEPJOBS
from ..kube import errors
from ..kube.client import KubeClient
from .sweepjob_audit import SweepJobAudit, SweepJobEventHandler

_KOPF = Path(kopf.__file__).parent
_log = logging.getLogger(__name__)
_SERVED_INTERVAL = 2.0  # seconds between two checks whether SweepJobs are served
# Seconds before kopf is restarted: the first pause, and the longest. A run of _STABLE_AFTER seconds
# resets the pause.
_RESTART_PAUSE, _LONGEST_PAUSE, _STABLE_AFTER = 1.0, 30.0, 60.0
_STOP_TIMEOUT = 10.0  # seconds for kopf's tasks to end
# SweepJobs of a response, each of at most 1.5 MiB. They are decoded at once: 50 of them held the loop for
# a second. kopf lists all in one response by default.
_PAGE = 10
# Seconds until the first audit after the one at the start, and the longest time between two.
_FIRST_AUDIT, _AUDIT_INTERVAL = 5.0, 180.0


class SweepJobWatch:
    """Runs kopf, and the audit of its events.

    Args:
        api: the client, for what is checked before kopf starts.
        namespaces: the namespaces to watch; none for the whole cluster.
        on_event: called with each SweepJob as it is now, and whether it was deleted.
        audit: finds events that kopf has missed.
        started: called when kopf has started, which installs its own signal handlers.

    Attributes:
        not_ready_reason: why SweepJobs are not watched; empty while they are.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: tuple[str, ...],
        on_event: SweepJobEventHandler,
        audit: SweepJobAudit,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = api
        self._namespaces = namespaces
        self._on_event = on_event
        self._audit = audit
        self._started = started
        self.not_ready_reason = "SweepJobs have not been listed yet"

    async def run(self) -> None:
        """Watch until cancelled."""
        clock, pause = asyncio.get_running_loop().time, _RESTART_PAUSE
        while True:
            accessible = await self._await_served()
            began = clock()
            tasks = await self._start(accessible)
            audit = asyncio.create_task(self._audit_until_restart(accessible))
            try:
                await asyncio.wait([*tasks, audit], return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _stop([*tasks, audit])
            self._set_not_ready_reason(_why_ended(tasks, audit))
            pause = (
                _RESTART_PAUSE
                if clock() - began > _STABLE_AFTER
                else min(_LONGEST_PAUSE, 2 * pause)
            )
            await asyncio.sleep(pause)

    async def _await_served(self) -> tuple[str, ...]:
        """Wait until SweepJobs can be listed; return the namespaces in which they can, none for all."""
        while True:
            found = []
            for namespace in self._namespaces or (None,):
                reason = await self._not_listable_reason(namespace)
                if reason:
                    self._set_not_ready_reason(reason)
                else:
                    found.append(namespace)
            if found:
                return tuple(namespace for namespace in found if namespace is not None)
            await asyncio.sleep(_SERVED_INTERVAL)

    async def _not_listable_reason(self, namespace: str | None) -> str:
        """Return why SweepJobs cannot be listed; empty when they can."""
        try:
            versions = await self._api.served_resources(names.GROUP)
            missing = missing_crd(names.SWEEPJOBS, versions) or missing_crd(
                names.SWEEPTRIALS, versions
            )
            if not missing:
                await self._api.list_page(SWEEPJOBS, namespace, "", "", limit=1)
        except errors.NotFound:
            return missing_crd(names.SWEEPJOBS, {})
        except errors.ApiError as error:
            return f"SweepJobs cannot be listed: {error}"
        return missing

    async def _start(self, namespaces: tuple[str, ...]) -> list[asyncio.Task[None]]:
        tasks = await kopf.spawn_tasks(
            registry=_registry(self._on_event),
            settings=_settings(),
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
        )
        self._started()
        return list(tasks)

    async def _audit_until_restart(self, namespaces: tuple[str, ...]) -> None:
        """Audit until kopf has to be restarted: it has missed events, or more namespaces are accessible.

        Deletions before it started do not count: it cannot know of them.
        """
        pause, at_start = _FIRST_AUDIT, True
        while True:
            missed = await self._audit.run(namespaces)
            if missed is not None and (missed.changes or (missed.deletions and not at_start)):
                return
            if missed is not None:
                self._set_not_ready_reason("")
                at_start = False
            await asyncio.sleep(_SERVED_INTERVAL if missed is None else pause)
            pause = min(_AUDIT_INTERVAL, 2 * pause)
            if set(await self._newly_accessible(namespaces)) - set(namespaces):
                return

    async def _newly_accessible(self, namespaces: tuple[str, ...]) -> list[str]:
        """Return namespaces that are not watched, though they are accessible now."""
        others = [namespace for namespace in self._namespaces if namespace not in namespaces]
        return [namespace for namespace in others if not await self._not_listable_reason(namespace)]

    def _set_not_ready_reason(self, reason: str) -> None:
        if reason == self.not_ready_reason:
            return
        self.not_ready_reason = reason
        if reason:
            _log.warning("SweepJobs are not watched: %s", reason)
        else:
            _log.info("SweepJobs are watched")


def _registry(on_event: SweepJobEventHandler) -> kopf.OperatorRegistry:
    """Return what kopf does: log in, and pass events on. A handler of events sets no finalizer."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> Any:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.event(names.GROUP, names.VERSION, names.SWEEPJOBS, registry=registry)
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        on_event(dict(event["object"]), deleted=event["type"] == "DELETED")

    return registry


class _NoDiffBase(kopf.DiffBaseStorage):
    """Stores no earlier state of an object. kopf's own copies the whole object at every event."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return an empty state, so that nothing is compared."""
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> None:
        """Find no earlier state."""

    def store(self, **_: Any) -> None:
        """Store nothing."""


class _NoProgress(kopf.ProgressStorage):
    """Stores no progress of handlers, which handlers of events have none of."""

    def fetch(self, **_: Any) -> None:
        """Find no progress."""

    def store(self, **_: Any) -> None:
        """Store nothing."""

    def purge(self, **_: Any) -> None:
        """Remove nothing."""

    def touch(self, **_: Any) -> None:
        """Change nothing."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Return the state as it is: there is nothing to remove. kopf's own copies it."""
        return essence


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.queueing.idle_timeout = 1
    settings.watching.chunk_size = _PAGE
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    # When a request fails for longer than this, kopf ends, and is restarted.
    settings.networking.error_backoffs = (0.5, 1, 2, 4)
    # The default would kill the process ten minutes after a watch was stopped.
    settings.process.ultimate_exiting_timeout = None
    return settings


async def _stop(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel kopf's tasks, and no others.

    kopf's own shutdown would cancel all tasks that were created after it started. Some of its requests
    are tasks that outlive their callers.
    """
    await _cancel(tasks)
    await _cancel([task for task in asyncio.all_tasks() if _is_of_kopf(task)])


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_STOP_TIMEOUT)


def _is_of_kopf(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and Path(code.co_filename).is_relative_to(_KOPF)


def _why_ended(tasks: list[asyncio.Task[None]], audit: asyncio.Task[None]) -> str:
    if audit.done() and not audit.cancelled() and audit.exception() is None:
        return "the watch had missed changes, or more namespaces can be watched; it is restarted"
    failed = (task.exception() for task in [*tasks, audit] if task.done() and not task.cancelled())
    error = next((error for error in failed if error is not None), None)
    said = "" if error is None or not error.args else error.args[0]
    return f"the watch ended ({type(error).__name__}: {said}); it is restarted"
