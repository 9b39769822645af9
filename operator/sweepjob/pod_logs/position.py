"""Where the reading of a log has come to: what identifies a line in a log that is read again.

A time does not. CRI-O's conmon gives every line of one read from the container the same time, and
containerd's two streams write lines whose times are not in order. A file of the log, read again from the
same time on, has the same lines in the same order, though. So a position is the latest time seen, and how
many lines have been read since the first line of that time, itself included.
"""

from __future__ import annotations

from typing import NamedTuple

# Lines that two threads of the container runtime wrote may be exchanged by less than this. A line that is
# older by more means that the log is read again from its beginning: the kubelet does that in one stream
# when it finds two rotations at once.
SLACK = 10**9


class LogPosition(NamedTuple):
    """Behind a line of a log.

    Attributes:
        time: the latest of all lines so far, in nanoseconds since the epoch; 0 at the beginning.
        lines: how many lines have been read since the first of that time.
    """

    time: int = 0
    lines: int = 1

    @property
    def since(self) -> int:
        """From which time on the log has to be read to go on here."""
        return max(0, self.time - SLACK)


class LineCounter:
    """Tells new lines of a log from those that were read before.

    Args:
        position: what was read before.
    """

    def __init__(self, position: LogPosition) -> None:
        self.position = position
        self._met = 0
        self._is_there = position.time == 0

    def begin_again(self) -> None:
        """The log is read again, from ``position.since`` on."""
        self._met = 0
        self._is_there = self.position.time == 0

    def is_new(self, time: int) -> bool:
        """Count the next line; whether it was not read before."""
        latest, lines = self.position
        if self._is_there and time < latest - SLACK:
            self.begin_again()
        if not self._is_there and not self._has_passed(time):
            return False
        self._is_there = True
        self.position = LogPosition(time) if time > latest else LogPosition(latest, lines + 1)
        return True

    def _has_passed(self, time: int) -> bool:
        """Whether a line of a log that is read again lies behind the position."""
        latest, lines = self.position
        if self._met == 0:
            self._met += time == latest
            # Where a later line comes first, a rotation has taken the line that was read last.
            return time > latest
        if self._met == lines or time > latest + SLACK:
            return True
        self._met += 1
        return False
