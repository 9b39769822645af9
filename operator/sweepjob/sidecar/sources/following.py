"""Files that grow: what is new in them is read again and again, until the trainer is gone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

_PERIOD = 0.2  # seconds between two looks; one costs some tens of microseconds


class Follower(threading.Thread):
    """Calls ``read`` from time to time, and once more at the end.

    Args:
        read: takes in what is new. Its argument says whether it is the last time, so that an
            unfinished line counts.
    """

    def __init__(self, read: Callable[[bool], None]) -> None:
        super().__init__(name="follower", daemon=True)
        self._read = read
        self._leaving = threading.Event()
        self._complaints: set[str] = set()

    def run(self) -> None:
        while not self._leaving.wait(_PERIOD):
            self._try_read(last=False)

    def finish(self) -> None:
        """Stop, and read what is left."""
        self._leaving.set()
        if self.is_alive():
            self.join()
        self._try_read(last=True)

    def _try_read(self, *, last: bool) -> None:
        try:
            self._read(last)
        except OSError as error:
            # Not there yet, or not readable: said once, tried again.
            text = f"{error.strerror}: {error.filename}"
            if text not in self._complaints and not isinstance(error, FileNotFoundError):
                self._complaints.add(text)
                print(f"cannot read metrics: {text}", file=sys.stderr, flush=True)
