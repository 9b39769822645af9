"""Leave with the trainer, without waiting to be told, which would cost the GPU two more seconds.

Nothing shows a container the end of another one's process. But a trainer lets go of what it holds: the
MLflow client closes its connection when its interpreter shuts down, and a file that was kept open is
closed at the end at the latest. What took long to load takes long to unload: the shutdown took 3 to 22
percent of the time from the start to the first request, in a few runs of one script. A sidecar
that leaves too early is started again by the kubelet, which alarms people; one that leaves within a
second after the trainer still saves the kubelet a round. So the estimate is on the safe side, and in a
trial that runs long, the sidecar stays until it is told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from .metric_store import MetricStore
from .server import LocalServer
from .sources.open_files import OpenFiles

_UNLOADING = (
    0.27  # share of the time to the first sign of life that the trainer's shutdown takes at most
)
_LEAST = 0.3  # seconds that it is given at least
_WORTHWHILE = 120.0  # seconds of a trial's life from which two more do not matter
_PROBE = 0.01  # seconds of processor time that show how busy the machine is


class Sign(Protocol):
    """What is to be seen of the trainer."""

    @property
    def first_seen(self) -> float | None:
        """When it gave its first sign of life, in monotonic seconds."""
        ...

    @property
    def has_let_go(self) -> bool:
        """Whether it holds nothing any more."""
        ...


class Connections:
    """The MLflow client: its run is ended, and its connections are closed."""

    def __init__(self, server: LocalServer, recorder: MetricStore) -> None:
        self._server = server
        self._recorder = recorder

    @property
    def first_seen(self) -> float | None:
        return self._server.first_request

    @property
    def has_let_go(self) -> bool:
        return self._recorder.ended and self._server.connections == 0


class Files:
    """Files that were kept open, and none is any more."""

    def __init__(self, files: OpenFiles) -> None:
        self._files = files

    @property
    def first_seen(self) -> float | None:
        return self._files.first_write

    @property
    def has_let_go(self) -> bool:
        return self._files.let_go


def shutdown_time(loading: float, slowdown: float) -> float:
    """Seconds after which a trainer that has let go is gone, on the safe side.

    Args:
        loading: seconds from its start to its first sign of life.
        slowdown: how much longer than its processor time a computation takes now.
    """
    return max(_LEAST, _UNLOADING * loading * slowdown)


def watch(sign: Sign, recorder: MetricStore, leaving: threading.Event) -> None:
    """Set ``leaving`` when the trainer seems to be gone; once in the life of a pod."""
    if recorder.may_leave:
        threading.Thread(target=_watch, args=(sign, recorder, leaving), daemon=True).start()


def _watch(sign: Sign, recorder: MetricStore, leaving: threading.Event) -> None:
    started = time.monotonic()
    while True:
        with recorder.changed:
            recorder.changed.wait_for(lambda: sign.has_let_go)
        if time.monotonic() - started > _WORTHWHILE:
            return
        quiet = shutdown_time((sign.first_seen or started) - started, _slowdown())
        with recorder.changed:
            if wait_until(recorder.changed, lambda: sign.has_let_go, quiet):
                break
    recorder.left()
    leaving.set()


def _slowdown() -> float:
    begun, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < _PROBE:
        pass
    return max(1.0, (time.monotonic() - begun) / _PROBE)


def wait_until(condition: threading.Condition, predicate: Callable[[], bool], quiet: float) -> bool:
    """Whether ``predicate`` holds and goes on holding for ``quiet`` seconds."""
    deadline = time.monotonic() + quiet
    while predicate():
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        condition.wait(left)
    return False
