"""Reports from the logs of pods, for sweeps that ask for them: one stream for each running trainer.

A line is known by its time, so that a stream that broke, or an operator that was started again, goes
on behind the last report it has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ..resources.log_lines import LogLines, nanoseconds
from ..resources.pods import PodRecord
from . import errors
from .gateway import Gateway

_log = logging.getLogger(__name__)
_PAUSE = 0.5  # seconds before a stream that ended is opened again
_TRIES = 10  # in vain, of a pod that has ended; then what is there has to do

Report = Callable[[PodRecord, list[tuple[str, float]], int], None]


@dataclass(slots=True)
class _Position:
    """How far a log has been read: the time of the last line, in nanoseconds since the epoch. It
    outlives a stream that breaks."""

    after: int


class LogReaders:
    """Reads the logs of pods, each in a task of its own.

    Args:
        current: a pod as it is now, None when it is gone.
        report: called with what was found in a line, and its time in nanoseconds.
        finished: called when a pod has ended and its log has been read to the end.
    """

    def __init__(
        self,
        api: Gateway,
        current: Callable[[str], PodRecord | None],
        report: Report,
        finished: Callable[[PodRecord], None],
    ) -> None:
        self._api = api
        self._current = current
        self._report = report
        self._finished = finished
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def follow(self, pod: PodRecord, lines: LogLines, after: int) -> None:
        """Read a pod's log from a time on, unless it is being read, or has been."""
        if pod.uid not in self._tasks:
            task = asyncio.create_task(self._read(pod, lines, after), name=f"log of {pod.name}")
            self._tasks[pod.uid] = task

    def has_read(self, uid: str) -> bool:
        """Whether the log of a pod has been read to its end."""
        task = self._tasks.get(uid)
        return task is not None and task.done()

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        task = self._tasks.pop(uid, None)
        if task is not None:
            task.cancel()

    async def _read(self, pod: PodRecord, lines: LogLines, after: int) -> None:
        failures, position = 0, _Position(after)
        try:
            while failures < _TRIES:
                ended = self._has_ended(pod.uid)
                try:
                    await self._stream(pod, lines, position)
                    if ended:
                        break
                except errors.ApiError as error:
                    _log.info("log of %s: %s", pod.name, error)
                failures += ended
                await asyncio.sleep(_PAUSE)
        finally:
            self._finished(pod)

    def _has_ended(self, uid: str) -> bool:
        """Whether there is nothing more to come, as far as was known before reading."""
        pod = self._current(uid)
        return pod is None or pod.view.is_terminal or pod.trainer_ended

    async def _stream(self, pod: PodRecord, lines: LogLines, position: _Position) -> None:
        """Follow the log until it ends or breaks."""
        after = position.after
        async for line in self._api.follow_log(pod.namespace, pod.name, pod.trainer, after):
            timestamp, _, text = line.partition(" ")
            try:
                now = nanoseconds(timestamp)
            except ValueError:
                continue  # e.g. the kubelet's own words about the log
            if now <= position.after:
                continue
            position.after = now
            found = lines.read(text)
            if found:
                self._report(pod, found, now)
