"""Leave with the trainer, without waiting to be told, which would cost the GPU two more seconds.

Nothing shows a container the end of another one's process. But a trainer lets go of what it holds: the
MLflow client closes its connection when its interpreter shuts down, and a file that was kept open is
closed at the end at the latest. What took long to load takes long to unload: the shutdown took 7 to 9
percent of the time from the start to the first request, in one run on an idle machine and one on a
crowded one. If the trainer is not gone by then, the kubelet starts the sidecar again: the journal is
still there, and this time it stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from .recorder import Recorder
from .server import LocalServer
from .sources.open_files import OpenFiles

_UNLOADING = 0.09  # share of the time to the first sign of life that the trainer's shutdown takes
_QUIET = (0.1, 2.0)  # seconds after which a trainer that has let go is gone, least and most


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

    def __init__(self, server: LocalServer, recorder: Recorder) -> None:
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


def watch(sign: Sign, recorder: Recorder, leaving: threading.Event) -> None:
    """Set ``leaving`` when the trainer seems to be gone; once in the life of a pod."""
    if recorder.may_leave:
        threading.Thread(target=_watch, args=(sign, recorder, leaving), daemon=True).start()


def _watch(sign: Sign, recorder: Recorder, leaving: threading.Event) -> None:
    started = time.monotonic()
    with recorder.changed:
        recorder.changed.wait_for(lambda: sign.has_let_go)
        loading = (sign.first_seen or started) - started
        least, most = _QUIET
        quiet = min(max(least, _UNLOADING * loading), most)
        while not wait_until(recorder.changed, lambda: sign.has_let_go, quiet):
            recorder.changed.wait_for(lambda: sign.has_let_go)
    recorder.left()
    leaving.set()


def wait_until(condition: threading.Condition, predicate: Callable[[], bool], quiet: float) -> bool:
    """Whether ``predicate`` holds and goes on holding for ``quiet`` seconds."""
    deadline = time.monotonic() + quiet
    while predicate():
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        condition.wait(left)
    return False
