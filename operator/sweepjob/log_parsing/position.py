"""The position in a log up to which it has been read.

A time alone does not identify a line. CRI-O's conmon gives all lines of one read the same time, and
containerd writes two streams, whose times are not in order. But a log that is read again from the same
time has the same lines in the same order. A position is therefore the latest time so far, and the number
of lines read since the first line of that time, itself included.
"""

from __future__ import annotations

from typing import NamedTuple

# Nanoseconds by which lines of the runtime's two threads may be out of order. A line that is older by
# more means that the log starts again: the kubelet does that in a stream when it finds two rotations.
SLACK = 10**9


class LogPosition(NamedTuple):
    """The position after a line of a log.

    Attributes:
        time: the latest of all lines so far, in nanoseconds since the epoch; 0 at the beginning.
        lines: number of lines read since the first of that time.
    """

    time: int = 0
    lines: int = 1

    @property
    def since(self) -> int:
        """The time from which the log has to be read to resume here, in nanoseconds since the epoch."""
        return max(0, self.time - SLACK)


class LineCounter:
    """Distinguishes new lines of a log from those that were read before.

    Args:
        position: the position up to which it was read.
    """

    def __init__(self, position: LogPosition) -> None:
        self.position = self._before = position
        self._matched = 0
        self._reached = position.time == 0

    def restart(self) -> None:
        """Prepare for reading the log again, from ``position.since`` on."""
        self._matched = 0
        self._reached = self.position.time == 0

    def is_new(self, time: int) -> bool:
        """Count the next line; return whether it was not read before.

        Args:
            time: the time of the line, in nanoseconds since the epoch.
        """
        latest, lines = self.position
        if self._reached and time < latest - SLACK:
            self.restart()
        if not self._reached and not self._passes(time):
            return False
        self._reached, self._before = True, self.position
        self.position = LogPosition(time) if time > latest else LogPosition(latest, lines + 1)
        return True

    def undo(self) -> None:
        """Take the last new line back: it was not read to its end."""
        self.position = self._before

    def _passes(self, time: int) -> bool:
        """Return whether a line of a log that is read again is after the position."""
        latest, lines = self.position
        if self._matched == 0:
            self._matched += time == latest
            # If a later line comes first, a rotation has removed the line that was read last.
            return time > latest
        if self._matched == lines or time > latest + SLACK:
            return True
        self._matched += 1
        return False
