"""Files that grow: what is new in them is read again and again, until the trainer is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ... import protocol
from ..metric_store import MetricStore

_PERIOD = 0.2  # seconds between two looks; one costs some tens of microseconds
_SHARE = 4  # times as long as a look takes is waited for the next one,
_LONGEST = 10.0  # but not more than so many seconds


class Follower(threading.Thread):
    """Calls ``read`` from time to time, and once more at the end.

    Args:
        read: takes in what is new. Its argument says whether it is the last time, so that an
            unfinished line counts.
        recorder: is told what goes wrong.
    """

    def __init__(self, read: Callable[[bool], None], recorder: MetricStore) -> None:
        super().__init__(name="follower", daemon=True)
        self._read = read
        self._recorder = recorder
        self._leaving = threading.Event()

    def run(self) -> None:
        pause = _PERIOD
        while not self._leaving.wait(pause):
            begun = time.monotonic()
            self._try_read(last=False)
            pause = min(max(_PERIOD, _SHARE * (time.monotonic() - begun)), _LONGEST)

    def finish(self) -> None:
        """Stop, and read what is left."""
        self._leaving.set()
        if self.is_alive():
            self.join()
        self._try_read(last=True)

    def _try_read(self, *, last: bool) -> None:
        """Read once. Whatever goes wrong is said, and reading is tried again."""
        problem = None
        try:
            self._read(last)
        except FileNotFoundError:
            pass  # the trainer has not made it yet
        except Exception as error:  # noqa: BLE001 - a thread that ended would lose reports in silence
            text = f"reading the metrics failed: {error!r}. See the sidecar's log."
            problem = protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text)
        self._recorder.warn("reading", problem)
