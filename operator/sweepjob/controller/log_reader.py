"""Reports from the logs of pods, for sweeps that ask for them: one stream for each running trainer.

A line is known by its time, so that a stream that broke, or an operator that was started again, goes
on behind the last report it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ..resources.log_lines import LogLines, nanoseconds
from ..resources.pods import PodRecord
from . import errors
from .gateway import Gateway

_log = logging.getLogger(__name__)
_PAUSE = 0.5  # seconds before a stream that broke is opened again
_TRIES = 10  # in vain, of a pod that has ended; then what is there has to do

Report = Callable[[PodRecord, list[tuple[str, float]], int], None]


@dataclass(slots=True)
class _Reading:
    """A log that is read; it outlives a stream that breaks.

    Attributes:
        after: the time of the last line, in nanoseconds since the epoch.
        ended: the pod has ended.
        limit: when the stream is cut off.
    """

    after: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    limit: asyncio.Timeout | None = None
    task: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        return self.task is not None and self.task.done()

    def finish(self) -> None:
        """The pod has ended: what is left can be read at once. The stream would end, too, but later, and
        not at all where the node is gone."""
        if self.ended.is_set():
            return
        self.ended.set()
        if self.limit is not None:
            self.limit.reschedule(0.0)


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
        self._readings: dict[str, _Reading] = {}

    def follow(self, pod: PodRecord, lines: LogLines, after: int) -> None:
        """Read a pod's log from a time on, unless it is being read, or has been. To be called again when
        the pod has ended."""
        reading = self._readings.get(pod.uid)
        if reading is None:
            reading = self._readings[pod.uid] = _Reading(after)
            work = self._read(pod, lines, reading)
            reading.task = asyncio.create_task(work, name=f"log of {pod.name}")
        elif self._has_ended(pod.uid):
            reading.finish()

    def has_read(self, uid: str) -> bool:
        """Whether the log of a pod has been read to its end."""
        reading = self._readings.get(uid)
        return reading is not None and reading.is_over

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        reading = self._readings.pop(uid, None)
        if reading is not None and reading.task is not None:
            reading.task.cancel()

    async def _read(self, pod: PodRecord, lines: LogLines, reading: _Reading) -> None:
        failures = 0
        try:
            while failures < _TRIES:
                ended = self._has_ended(pod.uid)
                try:
                    await self._stream(pod, lines, reading, follow=not ended)
                    if ended:
                        break
                except errors.ApiError as error:
                    _log.info("log of %s: %s", pod.name, error)
                failures += ended
                await _pause(None if ended else reading.ended)
        finally:
            self._finished(pod)

    def _has_ended(self, uid: str) -> bool:
        """Whether there is nothing more to come, as far as was known before reading."""
        pod = self._current(uid)
        return pod is None or pod.view.is_terminal or pod.trainer_ended

    async def _stream(
        self, pod: PodRecord, lines: LogLines, reading: _Reading, *, follow: bool
    ) -> None:
        """Read the log until it ends, breaks or is cut off."""
        where = (pod.namespace, pod.name, pod.trainer, reading.after)
        try:
            async with asyncio.timeout(None) as limit:
                reading.limit = limit if follow else None
                async for line in self._api.read_log(*where, follow=follow):
                    self._take(pod, lines, reading, line)
        except TimeoutError:
            pass  # cut off
        finally:
            reading.limit = None

    def _take(self, pod: PodRecord, lines: LogLines, reading: _Reading, line: str) -> None:
        timestamp, _, text = line.partition(" ")
        try:
            now = nanoseconds(timestamp)
        except ValueError:
            return  # e.g. the kubelet's own words about the log
        if now <= reading.after:
            return
        reading.after = now
        found = lines.read(text)
        if found:
            self._report(pod, found, now)


async def _pause(ended: asyncio.Event | None) -> None:
    """Before the next try; shorter when the pod ends."""
    if ended is None:
        await asyncio.sleep(_PAUSE)
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), _PAUSE)
