"""Leave with the trainer, without waiting to be told.

The MLflow client keeps its connection open until its interpreter shuts down. So when the trial's run
has been ended and no connection is left, the trainer is about to be gone, and waiting for the kubelet
to say so would cost the GPU two more seconds. What took long to load takes long to unload: the
shutdown took 7 to 9 percent of the time from the start to the first request, in one run on an idle
machine and one on a crowded one. If the trainer is not gone by then, the kubelet starts the sidecar
again: the journal is still there, and this time it stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .recorder import Recorder
from .server import LocalServer

_UNLOADING = 0.09  # share of the time to the first request that the trainer's shutdown takes
_QUIET = (0.1, 2.0)  # seconds without a connection that mean the trainer is gone, least and most


def watch(server: LocalServer, recorder: Recorder, leaving: threading.Event) -> None:
    """Set ``leaving`` when the trainer seems to be gone; once in the life of a pod."""
    if recorder.may_leave:
        threading.Thread(target=_watch, args=(server, recorder, leaving), daemon=True).start()


def _watch(server: LocalServer, recorder: Recorder, leaving: threading.Event) -> None:
    started = time.monotonic()
    with recorder.changed:
        recorder.changed.wait_for(lambda: _is_gone(server, recorder))
        loading = (server.first_request or started) - started
        least, most = _QUIET
        quiet = min(max(least, _UNLOADING * loading), most)
        while not wait_until(recorder.changed, lambda: _is_gone(server, recorder), quiet):
            recorder.changed.wait_for(lambda: _is_gone(server, recorder))
    recorder.left()
    leaving.set()


def _is_gone(server: LocalServer, recorder: Recorder) -> bool:
    return recorder.ended and server.connections == 0


def wait_until(condition: threading.Condition, predicate: Callable[[], bool], quiet: float) -> bool:
    """Whether ``predicate`` holds and goes on holding for ``quiet`` seconds."""
    deadline = time.monotonic() + quiet
    while predicate():
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        condition.wait(left)
    return False
