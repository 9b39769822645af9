"""Last words, kept ready: whatever ends the sidecar, the kubelet finds them and puts them into the pod's
status. That matters when it is killed after the trainer has ended: nothing starts it again then, and what
the operator has not got yet is in its journal only, where nobody can look.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from .. import protocol
from .metric_store import MetricStore

_PAUSE = 0.05  # seconds between two writes, at least


class TerminationMessage(threading.Thread):
    """Writes what the recorder has to a file whenever that has become more.

    Args:
        file: the container's termination log.
    """

    def __init__(self, file: Path, recorder: MetricStore) -> None:
        super().__init__(name="last words", daemon=True)
        self._file = file
        self._recorder = recorder
        left = file.stat().st_size if file.exists() else 0
        self._length = min(left, protocol.TERMINATION_MESSAGE_LIMIT)  # more would not be read
        self._written: tuple[int, tuple[protocol.Notice, ...]] = (-1, ())
        self._writing = threading.Lock()

    def run(self) -> None:
        while True:
            with self._recorder.changed:
                self._recorder.changed.wait_for(self._has_news)
            self.write()
            time.sleep(_PAUSE)

    def _has_news(self) -> bool:
        return (self._recorder.count, self._recorder.notices) != self._written

    def write(self) -> None:
        """In place and at once: a file that is emptied first would be found empty by who comes then,
        and one that is renamed would not be the one that the kubelet reads. Blanks cover what is left
        of longer words.
        """
        with self._writing:
            summary = self._recorder.summary()
            self._written = (summary.count, summary.notices)
            text = summary.dump()
            self._length = max(self._length, len(text))
            with self._file.open("r+b" if self._file.exists() else "wb", buffering=0) as log:
                log.write(text.ljust(self._length).encode())
                log.truncate()
