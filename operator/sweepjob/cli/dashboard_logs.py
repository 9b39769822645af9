"""The logs of trials that ran, or run, on this machine, for the dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from ..dashboard.cache_sync import Unavailable
from ..dashboard.trial_log import TrialLog, newest_pod
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from .errors import CommandError
from .folder_sweeps import FolderSweeps

_POLL = 0.5  # seconds between two looks at a file that grows
_CHUNK = 1 << 16  # bytes


class FolderLogs:
    """Reads the files of logs.

    Args:
        source: the folders.
    """

    def __init__(self, source: FolderSweeps) -> None:
        self._source = source

    async def open(self, namespace: str, sweep: str, trial: str, attempt: int | None) -> TrialLog:
        """Open the log of a trial's process.

        Raises:
            Unavailable: the trial has no such process, or its file is gone.
        """
        try:
            pod = newest_pod(self._source.pods(trial), trial, attempt)["metadata"]["name"]
            file = self._source.folder_of(sweep) / "logs" / f"{pod}.log"
        except CommandError as error:
            raise Unavailable(str(error)) from None
        if not file.exists():
            raise Unavailable(f"{file} does not exist")
        return TrialLog(pod, self._follow(file, sweep, trial))

    async def _follow(self, file: Path, sweep: str, trial: str) -> AsyncIterator[str]:
        with file.open(encoding="utf-8", errors="replace", newline="\n") as log:
            while True:
                has_ended = self._has_ended(sweep, trial)
                while text := log.read(_CHUNK):
                    yield text
                if has_ended:
                    return
                await asyncio.sleep(_POLL)

    def _has_ended(self, sweep: str, trial: str) -> bool:
        try:
            goal = SweepView.of(self._source.sweep(sweep)).goal
            return TrialView.of(self._source.trial(trial), goal).record.phase.is_end
        except CommandError:
            return True  # the folder was deleted
