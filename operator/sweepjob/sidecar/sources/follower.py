"""Follows growing files: reads what is new in them periodically, until the trainer has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ... import protocol
from ..metric_store import MetricStore

_PERIOD = 0.2  # seconds between two reads; one costs some tens of microseconds
_PAUSE_FACTOR = 4  # the pause is this many times as long as the read before it,
_MAX_PAUSE = 10.0  # up to this many seconds


class Follower(threading.Thread):
    """Calls ``read`` periodically, and once more at the end.

    Args:
        read: reads what is new. Its argument is True for the last time, when an unfinished line counts.
        store: gets a notice of errors.
    """

    def __init__(self, read: Callable[[bool], None], store: MetricStore) -> None:
        super().__init__(name="follower", daemon=True)
        self._read = read
        self._store = store
        self._stopping = threading.Event()

    def run(self) -> None:
        """Read in a loop; see ``Thread.run``."""
        pause = _PERIOD
        while not self._stopping.wait(pause):
            started = time.monotonic()
            self._try_read(last=False)
            pause = min(max(_PERIOD, _PAUSE_FACTOR * (time.monotonic() - started)), _MAX_PAUSE)

    def finish(self) -> None:
        """Stop following, and read what is left."""
        self._stopping.set()
        if self.is_alive():
            self.join()
        self._try_read(last=True)

    def _try_read(self, *, last: bool) -> None:
        """Read once. An error becomes a notice, and reading is tried again."""
        problem = None
        try:
            self._read(last)
        except FileNotFoundError:
            pass  # the trainer has not created it yet
        except Exception as error:  # noqa: BLE001 - a thread that ended would lose reports unnoticed
            text = f"reading the metrics failed: {error!r}. See the sidecar's log."
            problem = protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text)
        self._store.set_notice("reading", problem)
