"""kopf's watch of SweepJobs: started once they are served, and again whenever it ends or is deaf.

kopf alone looks for its resource when it starts, and never again unless it may watch all
CustomResourceDefinitions of the cluster. It fails for good when its resource goes (decision 0038).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kopf

from ..api import names
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.crds import missing_crd
from .sweepjob_audit import OnSweepJob, SweepJobAudit

_KOPF = Path(kopf.__file__).parent
_log = logging.getLogger(__name__)
_LOOK_AGAIN = 2.0  # seconds between two looks for a resource that is not served
# Seconds before a watch that has ended is started again, the first time and after many; and for how long
# it has to work to count as one that does.
_RESTART_PAUSE, _LONGEST_PAUSE, _WORKS = 1.0, 30.0, 60.0
_STOP_PATIENCE = 10.0  # seconds for kopf's tasks to end
# Seconds until the first comparison after the one at the start, and the longest time between two.
_FIRST_AUDIT, _AUDIT_EVERY = 5.0, 180.0


class SweepJobWatch:
    """Runs kopf, and the comparison of what it tells with what there is.

    Args:
        namespaces: those that are watched, none for the whole cluster.
        on_event: called with each SweepJob as it is now, and whether it is deleted.
        audit: compares what is known with what there is.
        started: called when kopf has started, which takes the process's signals for itself.

    Attributes:
        trouble: why SweepJobs are not seen; empty while they are.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: tuple[str, ...],
        on_event: OnSweepJob,
        audit: SweepJobAudit,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = api
        self._namespaces = namespaces
        self._on_event = on_event
        self._audit = audit
        self._started = started
        self.trouble = "SweepJobs have not been listed yet"

    async def run(self) -> None:
        """Watch for ever."""
        clock, pause = asyncio.get_running_loop().time, _RESTART_PAUSE
        while True:
            open_namespaces = await self._await_served()
            began = clock()
            tasks = await self._start(open_namespaces)
            audit = asyncio.create_task(self._audit_until_deaf(open_namespaces))
            try:
                await asyncio.wait([*tasks, audit], return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _stop([*tasks, audit])
            self._set_trouble(_why_ended(tasks, audit))
            pause = _RESTART_PAUSE if clock() - began > _WORKS else min(_LONGEST_PAUSE, 2 * pause)
            await asyncio.sleep(pause)

    async def _await_served(self) -> tuple[str, ...]:
        """Wait until SweepJobs can be listed; returns the namespaces in which they can."""
        while True:
            found = []
            for namespace in self._namespaces or (None,):
                problem = await self._problem(namespace)
                if problem:
                    self._set_trouble(problem)
                else:
                    found.append(namespace)
            if found:
                return tuple(namespace for namespace in found if namespace is not None)
            await asyncio.sleep(_LOOK_AGAIN)

    async def _problem(self, namespace: str | None) -> str:
        """Why SweepJobs cannot be listed; empty when they can."""
        try:
            versions = await self._api.versions_of(names.GROUP)
            missing = missing_crd(names.SWEEPJOBS, versions) or missing_crd(
                names.SWEEPTRIALS, versions
            )
            if not missing:
                await self._api.list_page(resources.SWEEPJOBS, namespace, "", "", limit=1)
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

    async def _audit_until_deaf(self, namespaces: tuple[str, ...]) -> None:
        """Returns when kopf has missed something, or there are more namespaces to watch. What was deleted
        before it started it could not tell.
        """
        pause, at_start = _FIRST_AUDIT, True
        while True:
            missed = await self._audit.run(namespaces)
            if missed is not None and (missed.changes or (missed.deletions and not at_start)):
                return
            if missed is not None:
                self._set_trouble("")
                at_start = False
            await asyncio.sleep(_LOOK_AGAIN if missed is None else pause)
            pause = min(_AUDIT_EVERY, 2 * pause)
            if set(await self._open_again(namespaces)) - set(namespaces):
                return

    async def _open_again(self, namespaces: tuple[str, ...]) -> list[str]:
        """Watched namespaces that were not open and are."""
        shut = [namespace for namespace in self._namespaces if namespace not in namespaces]
        return [namespace for namespace in shut if not await self._problem(namespace)]

    def _set_trouble(self, trouble: str) -> None:
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble:
            _log.warning("SweepJobs are not watched: %s", trouble)
        else:
            _log.info("SweepJobs are watched")


def _registry(on_event: OnSweepJob) -> kopf.OperatorRegistry:
    """What kopf does: log in, and hand over events. No write, no finalizer."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> Any:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.event(names.GROUP, names.VERSION, names.SWEEPJOBS, registry=registry)
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        on_event(dict(event["object"]), deleted=event["type"] == "DELETED")

    return registry


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.queueing.idle_timeout = 1
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    # What it cannot do for longer than this, it is started again for.
    settings.networking.error_backoffs = (0.5, 1, 2, 4)
    # It would kill the process ten minutes after a watch was stopped.
    settings.process.ultimate_exiting_timeout = None
    return settings


async def _stop(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel kopf's tasks, and none of ours: kopf's own way out would cancel all that are younger. Some
    of its requests are tasks that outlive whoever asked.
    """
    await _cancel(tasks)
    await _cancel([task for task in asyncio.all_tasks() if _is_of_kopf(task)])


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_STOP_PATIENCE)


def _is_of_kopf(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and Path(code.co_filename).is_relative_to(_KOPF)


def _why_ended(tasks: list[asyncio.Task[None]], audit: asyncio.Task[None]) -> str:
    if audit.done() and not audit.cancelled() and audit.exception() is None:
        return "the watch had missed changes, or more namespaces can be watched; it starts again"
    failed = (task.exception() for task in [*tasks, audit] if task.done() and not task.cancelled())
    error = next((error for error in failed if error is not None), None)
    said = "" if error is None or not error.args else error.args[0]
    return f"the watch ended ({type(error).__name__}: {said}); it starts again"
