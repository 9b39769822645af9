"""Reads reports from the logs of pods, for sweeps with this source: one stream for each trainer.

A stream that broke, or an operator that was restarted, continues after the last recorded report
(``log_parsing.position``). All streams together have a share of the event loop's time (``budget``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable

from ...kube import errors
from ...kube.client import KubeClient
from ...kube.loop_turns import LoopTurns
from ...log_parsing.findings import LogFindings
from ...log_parsing.limits import DEFAULT_LOG_LIMITS, LogLimits
from ...log_parsing.log_parser import LogParser
from ...log_parsing.position import LogPosition
from ...telemetry import metrics
from ...trial_pods.cached_objects import CachedPod
from .budget import LoopShare, StreamBudget
from .log_reading import Found, LogReading

_log = logging.getLogger(__name__)
_PAUSE = 0.5  # seconds before a stream that broke is opened again
# Failures in a row after which the error is reported, and the log of a pod that has ended is given up.
_TRIES = 10
_IDLE = 0.1  # seconds without a line after which the stream of a pod that has ended is cut off
_GAP = 0.05  # seconds without a line that show that reading is up to date
_NOT_PERMITTED_PAUSE = 3.0  # seconds between two tries where the operator lacks the permission

Report = Callable[[CachedPod, Found, LogPosition], None]


def _ignore(pod: CachedPod, findings: LogFindings) -> None:
    """Ignore other findings; the default."""


class LogReaders:
    """Reads the logs of pods, each in a task of its own.

    Args:
        api: the client.
        current: returns a pod as it is now by its uid; None when it is gone.
        report: called with the reports in a line, and the line's position.
        finished: called when a pod has ended and its log has been read to the end.
        observed: called with what else was found in a log, when that has changed.
        limits: budgets of reading.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        current: Callable[[str], CachedPod | None],
        report: Report,
        finished: Callable[[CachedPod], None],
        observed: Callable[[CachedPod, LogFindings], None] = _ignore,
        limits: LogLimits = DEFAULT_LOG_LIMITS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._current = current
        self._report = report
        self._finished = finished
        self._observed = observed
        self._limits = limits
        self._clock = clock
        self._share = LoopShare(limits.share)
        self._readings: dict[str, LogReading] = {}

    def follow(self, pod: CachedPod, lines: LogParser, after: int, count: int = 1) -> None:
        """Read a pod's log from a position on, unless it is being read, or has been.

        To be called again when the pod has ended.

        Args:
            pod: the pod whose log to read.
            lines: finds the reports in its lines.
            after: the position's time, in nanoseconds since the epoch.
            count: the position's lines.
        """
        reading = self._readings.get(pod.uid)
        if reading is None:
            reading = self._readings[pod.uid] = LogReading(lines, LogPosition(after, count))
            work = self._read(pod, reading)
            reading.task = asyncio.create_task(work, name=f"log of {pod.name}")
        elif self._has_ended(pod.uid) and not reading.ended.is_set():
            reading.finish(_IDLE)

    def has_read(self, uid: str) -> bool:
        """Return whether the log of a pod has been read to its end."""
        reading = self._readings.get(uid)
        return reading is not None and reading.is_over

    def forget(self, uid: str) -> None:
        """Stop reading the log of a pod that is gone."""
        reading = self._readings.pop(uid, None)
        if reading is not None and reading.task is not None:
            reading.task.cancel()

    async def _read(self, pod: CachedPod, reading: LogReading) -> None:
        budget = StreamBudget(self._limits, self._share)
        failures = 0  # in a row
        try:
            while True:
                ended = self._has_ended(pod.uid)
                try:
                    error = await self._try(pod, reading, budget, follow=not ended)
                except errors.NotPermitted as denied:
                    # The log remains, and is read once the operator has the permission.
                    reading.error = str(denied)
                    self._report_findings(pod, reading)
                    await asyncio.sleep(_NOT_PERMITTED_PAUSE)
                    continue
                if not error and ended:
                    break
                failures = failures + 1 if error else 0
                if failures >= _TRIES or error.startswith("403"):
                    reading.error = error
                    self._report_findings(pod, reading)
                    if ended and failures >= _TRIES:
                        break
                await _pause(None if ended else reading.ended)
        finally:
            try:
                self._report_findings(pod, reading)
            finally:
                self._finished(pod)

    async def _try(
        self, pod: CachedPod, reading: LogReading, budget: StreamBudget, *, follow: bool
    ) -> str:
        """Read the log until it ends, breaks or is cut off; return the error, empty for none."""
        try:
            await self._stream(pod, reading, budget, follow=follow)
        except errors.NotPermitted:
            raise
        except errors.ApiError as error:
            _log.info("log of %s/%s: %s", pod.namespace, pod.name, error)
            return str(error)
        except Exception as error:  # noqa: BLE001 - a trainer's line must not end the reading of its log
            _log.exception("log of %s/%s", pod.namespace, pod.name)
            metrics.LOG_ERRORS.inc()
            return repr(error)
        reading.error = ""
        return ""

    def _has_ended(self, uid: str) -> bool:
        """Return whether the log has ended, as far as is known before it is read."""
        pod = self._current(uid)
        return pod is None or pod.view.is_terminal or pod.trainer_ended

    async def _stream(
        self, pod: CachedPod, reading: LogReading, budget: StreamBudget, *, follow: bool
    ) -> None:
        where = (pod.namespace, pod.name, pod.trainer, reading.begin())
        try:
            async with asyncio.timeout(None) as limit:
                reading.limit = limit if follow else None
                async with contextlib.aclosing(self._api.read_log(*where, follow=follow)) as lines:
                    await self._read_lines(pod, reading, budget, lines)
        except TimeoutError:
            pass  # the stream was cut off
        finally:
            reading.limit = None
            await self._report_all(pod, reading.catch_up())

    async def _read_lines(
        self,
        pod: CachedPod,
        reading: LogReading,
        budget: StreamBudget,
        lines: AsyncIterator[str],
    ) -> None:
        before, handed_on = time.perf_counter(), reading.findings_version
        turns = LoopTurns()
        async for line in lines:
            begun, worked = time.perf_counter(), time.thread_time()
            if begun - before > _GAP or (reading.skipping and reading.is_fresh(self._clock())):
                await self._report_all(pod, reading.catch_up())
            found = reading.read_line(line)
            if found is not None:
                self._report(pod, *found)
            if reading.findings_version != handed_on:
                handed_on = reading.findings_version
                self._report_findings(pod, reading)
            before, worked = time.perf_counter(), time.thread_time() - worked
            if budget.consume(len(line), before - begun, worked, skipped=reading.skipping):
                await self._throttle(pod, reading, budget)
                before = time.perf_counter()
                turns.restart()  # or it would give away the turn that it has waited for
            # A process that waits for a core has its budget again before it has used it up.
            if await turns.yield_when_due():
                before = time.perf_counter()
            if reading.ended.is_set():
                reading.cut_off_after(_IDLE)

    async def _throttle(self, pod: CachedPod, reading: LogReading, budget: StreamBudget) -> None:
        """Wait until the stream's budget allows more."""
        reading.is_throttled = True
        reading.cut_off_after(None)
        seconds = await budget.wait()
        reading.is_throttled = False
        if reading.note_throttling(seconds, self._clock(), self._limits.throttle_timeout):
            await self._report_all(pod, reading.catch_up())

    def _report_findings(self, pod: CachedPod, reading: LogReading) -> None:
        """Pass on what was found besides reports."""
        metrics.LOG_LINES_SKIPPED.inc(reading.count_skipped())
        self._observed(pod, reading.findings)

    async def _report_all(self, pod: CachedPod, found: Iterable[tuple[Found, LogPosition]]) -> None:
        turns = LoopTurns()
        for report in found:
            self._report(pod, *report)
            await turns.yield_when_due()


async def _pause(ended: asyncio.Event | None) -> None:
    """Pause before the next try, until the pod ends at most."""
    if ended is None:
        await asyncio.sleep(_PAUSE)
        return
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), _PAUSE)
