"""The progress of reading one log: its position, what was found, what was skipped."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ...kube.log_stream import MORE
from ...log_parsing.findings import LogFindings
from ...log_parsing.log_parser import LogParser, nanoseconds
from ...log_parsing.position import LineCounter, LogPosition

_FRESH = 2.0  # seconds that a line may be older than usual while reading is up to date
# The newest of the skipped lines are parsed nevertheless: the last report is often the best. Lines,
# bytes.
_NEWEST_LINES, _NEWEST_SIZE = 100, 128 * 1024
# A timer that is later than this, in seconds, ran on a busy machine: lines may wait in the stream.
_LATE = 0.02

Found = list[tuple[str, float]]


class _Line(NamedTuple):
    """A line, or a part of one."""

    position: LogPosition
    text: str
    begins: bool


class LogReading:
    """One log that is being read. It outlives a stream that breaks.

    Args:
        lines: finds the reports in lines.
        position: the position after the last line that was read before.

    Attributes:
        ended: set when the pod has ended.
        limit: cuts the stream off; None while there is none, or it is not to be cut off.
        task: the task that reads the log.
        is_throttled: the stream is not read from, since its budget is used up.
        skipping: lines are skipped, to be up to date again.
        error: why the log cannot be read; empty when it can.
    """

    def __init__(self, lines: LogParser, position: LogPosition) -> None:
        self._lines = lines
        self._counter = LineCounter(position)
        self.ended = asyncio.Event()
        self.limit: asyncio.Timeout | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_throttled = self.skipping = False
        self.error = ""
        self._newest: deque[_Line] = deque()
        self._newest_size = 0
        self._skipped_lines = self._skipped_bytes = self._counted = 0
        self._throttled = 0.0
        self._usual_age = float("inf")
        self._is_within = self._is_new = False

    @property
    def is_over(self) -> bool:
        """Whether the log has been read to its end."""
        return self.task is not None and self.task.done()

    @property
    def findings_version(self) -> tuple[int, int]:
        """Changes when the findings are to be passed on at once; for a count, at each doubling."""
        return self._lines.changes, self._skipped_lines.bit_length()

    @property
    def findings(self) -> LogFindings:
        """Problems that were found in the log."""
        return LogFindings(
            samples=self._lines.samples,
            unreadable_values=self._lines.unreadable_values,
            unreadable_sample=self._lines.unreadable_sample,
            skipped_lines=self._skipped_lines,
            skipped_bytes=self._skipped_bytes,
            error=self.error,
            ambiguity=self._lines.ambiguity,
        )

    def count_skipped(self) -> int:
        """Return how many lines have been skipped since the last call."""
        more, self._counted = self._skipped_lines - self._counted, self._skipped_lines
        return more

    def begin(self) -> int:
        """Begin a stream; return the time from which to read it, in nanoseconds since the epoch.

        A line within which the previous stream ended is read again from its beginning: its values are
        reported with its last part.
        """
        if self._is_within and self._is_new:
            self._counter.undo()
            self._lines.discard_partial_line()
        self._counter.restart()
        self._is_within = False
        return self._counter.position.since

    def finish(self, idle: float) -> None:
        """Read what is left, and then end: the pod has ended.

        The stream would end on its own, but later, and not at all where the node is gone. It is read for
        as long as lines arrive, since it may have lines that a rotation has removed from a new stream.

        Args:
            idle: seconds without a line after which the stream is cut off.
        """
        self.ended.set()
        if not self.is_throttled:
            self.cut_off_after(idle)

    def cut_off_after(self, idle: float | None) -> None:
        """Cut the stream off after this many seconds without a line; None for no limit."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self.limit is not None and idle is not None:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(idle, self._cut_off, idle, loop.time() + idle)

    def _cut_off(self, idle: float, due: float) -> None:
        now = asyncio.get_running_loop().time()
        if now - due > _LATE:
            self.cut_off_after(idle)
        elif self.limit is not None:
            self.limit.reschedule(now)

    def read_line(self, line: str) -> tuple[Found, LogPosition] | None:
        """Read a line, or a part of one; return its reports and its position, None for no report."""
        more, begins = line.endswith(MORE), not self._is_within
        text = line[:-1] if more else line
        self._is_within = more
        if begins:
            timestamp, _, text = text.partition(" ")
            try:
                self._is_new = self._counter.is_new(nanoseconds(timestamp))
            except (ValueError, OverflowError):
                self._is_new = False  # e.g. the kubelet's own messages about the log
        if not self._is_new:
            return None
        position = self._counter.position
        if self.skipping:
            self._keep(_Line(position, text, begins))
            return None
        found = self._lines.read(text, ends=not more)
        return (found, position) if found else None

    def note_throttling(self, seconds: float, now: float, throttle_timeout: float) -> bool:
        """Note that reading was throttled by its budget; return whether it is still up to date.

        Args:
            seconds: for how long.
            now: seconds since the epoch.
            throttle_timeout: seconds of throttling in a row after which lines are skipped.
        """
        if self.is_fresh(now):
            return True
        self._throttled += seconds
        if self._throttled > throttle_timeout and not self._is_within:
            self.skipping = True
        return False

    def is_fresh(self, now: float) -> bool:
        """Return whether the last line arrived with no more than the usual delay.

        The usual delay includes the difference between the node's clock and ours.

        Args:
            now: seconds since the epoch.
        """
        age = now - self._counter.position.time / 1e9
        self._usual_age = min(self._usual_age, age)
        return age <= self._usual_age + _FRESH

    def catch_up(self) -> Iterator[tuple[Found, LogPosition]]:
        """Stop skipping lines; return the reports in the newest of the skipped ones.

        Where its caller is interrupted, another call goes on with the next line.
        """
        self._throttled, self.skipping = 0.0, False
        while self._newest:
            line = self._newest.popleft()
            self._newest_size -= len(line.text)
            ends = self._newest[0].begins if self._newest else not self._is_within
            found = self._lines.read(line.text, ends=ends)
            if found:
                yield found, line.position

    def _keep(self, line: _Line) -> None:
        self._newest.append(line)
        self._newest_size += len(line.text)
        while len(self._newest) > _NEWEST_LINES or self._newest_size > _NEWEST_SIZE:
            self._skip()
            while self._newest and not self._newest[0].begins:
                self._skip()

    def _skip(self) -> None:
        skipped = self._newest.popleft()
        self._newest_size -= len(skipped.text)
        self._skipped_lines += skipped.begins
        self._skipped_bytes += len(skipped.text) + 1
