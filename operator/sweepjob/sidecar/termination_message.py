"""Keeps the termination message up to date, which the kubelet copies into the pod's status.

It is written ahead of the end, because the sidecar may be killed. After the trainer's end the kubelet
does not restart it, and reports that the operator does not have yet would be in the journal only, which
nobody can read then.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from .. import protocol
from .metric_store import MetricStore

_PAUSE = 0.05  # seconds between two writes, at least
_RETRY = 5.0  # seconds after a write that failed


class TerminationMessage(threading.Thread):
    """Writes the summary of the store to a file after each change.

    Args:
        file: the container's termination log.
        store: the reports.
    """

    def __init__(self, file: Path, store: MetricStore) -> None:
        super().__init__(name="termination message", daemon=True)
        self._file = file
        self._store = store
        existing = file.stat().st_size if file.exists() else 0
        self._length = min(
            existing, protocol.TERMINATION_MESSAGE_LIMIT
        )  # the kubelet reads no more
        self._written: tuple[object, ...] = ()
        self._lock = threading.Lock()

    def run(self) -> None:
        """Write in a loop; see ``Thread.run``."""
        while True:
            with self._store.changed:
                self._store.changed.wait_for(self._is_outdated)
            try:
                self.write()
            except OSError as error:  # without file descriptors, for example; it is written again
                print(f"the termination message: {error!r}", file=sys.stderr, flush=True)
                self._written = ()
                time.sleep(_RETRY)
            time.sleep(_PAUSE)

    def _is_outdated(self) -> bool:
        store = self._store
        return (store.count, store.notices, repr(store.results)) != self._written  # NaN != NaN

    def write(self) -> None:
        """Write the summary in place, with one write.

        The kubelet may read at any time: it must not find the file empty, and it does not read another
        file that is renamed to it. Spaces cover the rest of a longer message.
        """
        with self._lock:
            summary = self._store.summary()
            self._written = (summary.count, summary.notices, repr(summary.results))
            text = summary.dump()
            self._length = max(self._length, len(text))
            with self._file.open("r+b" if self._file.exists() else "wb", buffering=0) as log:
                log.write(text.ljust(self._length).encode())
                log.truncate()
