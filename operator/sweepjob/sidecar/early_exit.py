"""Exits right after the trainer, without waiting for SIGTERM, which holds the GPU two more seconds.

A container cannot see the end of another container's process. But a trainer releases what it holds: the
MLflow client closes its connections when its interpreter shuts down, and a file that was kept open is
closed by then. The sidecar then waits for the estimated time of the trainer's shutdown. In a few
runs of one script, this took 3 to 22 percent of the time from the start to the first request.

The kubelet restarts a sidecar that exits before the trainer, which users notice. One that exits within a
second after the trainer still saves the kubelet's next sync. The estimate is therefore conservative, and
in a long trial, where two seconds do not matter, the sidecar waits for SIGTERM.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from .metric_store import MetricStore
from .server import LocalServer
from .sources.open_file_watch import OpenFiles

# Upper bound on the trainer's shutdown, as a share of the time from its start to its first activity.
_SHUTDOWN_SHARE = 0.27
_MIN_QUIET = 0.3  # seconds, lower bound on the wait
_MAX_TRIAL_DURATION = 120.0  # seconds; in longer trials there is no early exit
_PROBE = 0.01  # seconds of processor time to measure how busy the machine is


class TrainerActivity(Protocol):
    """What the sidecar can observe of the trainer."""

    @property
    def first_activity(self) -> float | None:
        """When it was first active, in monotonic seconds; None before."""
        ...

    @property
    def has_released(self) -> bool:
        """Whether it no longer holds any connection or file."""
        ...


class ConnectionActivity:
    """Activity of an MLflow client: it has ended its runs and closed its connections."""

    def __init__(self, server: LocalServer, store: MetricStore) -> None:
        self._server = server
        self._store = store

    @property
    def first_activity(self) -> float | None:
        """See ``TrainerActivity``."""
        return self._server.first_request

    @property
    def has_released(self) -> bool:
        """See ``TrainerActivity``."""
        return self._store.runs_ended and self._server.connections == 0


class FileActivity:
    """Activity of a trainer that keeps a file open: all such files are closed."""

    def __init__(self, files: OpenFiles) -> None:
        self._files = files

    @property
    def first_activity(self) -> float | None:
        """See ``TrainerActivity``."""
        return self._files.first_write

    @property
    def has_released(self) -> bool:
        """See ``TrainerActivity``."""
        return self._files.let_go


def shutdown_time(loading: float, slowdown: float) -> float:
    """Return a conservative estimate of the trainer's shutdown, in seconds from the release.

    Args:
        loading: seconds from its start to its first activity.
        slowdown: elapsed time divided by processor time of a computation.
    """
    return max(_MIN_QUIET, _SHUTDOWN_SHARE * loading * slowdown)


def exit_with_trainer(
    activity: TrainerActivity, store: MetricStore, shutdown: threading.Event
) -> None:
    """Start a thread that sets ``shutdown`` when the trainer seems to have ended; once per pod.

    Args:
        activity: the trainer's activity.
        store: remembers an early exit across a restart of the sidecar.
        shutdown: the event to set.
    """
    if store.may_exit_early:
        threading.Thread(
            target=_wait_for_end, args=(activity, store, shutdown), daemon=True
        ).start()


def _wait_for_end(activity: TrainerActivity, store: MetricStore, shutdown: threading.Event) -> None:
    started = time.monotonic()
    while True:
        with store.changed:
            store.changed.wait_for(lambda: activity.has_released)
        if time.monotonic() - started > _MAX_TRIAL_DURATION:
            return
        quiet_seconds = shutdown_time((activity.first_activity or started) - started, _slowdown())
        with store.changed:
            if wait_until(store.changed, lambda: activity.has_released, quiet_seconds):
                break
    store.record_early_exit()
    shutdown.set()


def _slowdown() -> float:
    started, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < _PROBE:
        pass
    return max(1.0, (time.monotonic() - started) / _PROBE)


def wait_until(
    condition: threading.Condition, predicate: Callable[[], bool], quiet_seconds: float
) -> bool:
    """Wait until a predicate has been true for some time; return False as soon as it is false.

    Args:
        condition: notified when the predicate may have changed; locked.
        predicate: the predicate to wait for.
        quiet_seconds: how long it has to be true.
    """
    deadline = time.monotonic() + quiet_seconds
    while predicate():
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        condition.wait(left)
    return False
