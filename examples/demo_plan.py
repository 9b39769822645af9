"""What the demo is going to do: how long it takes, how much disk it needs, and how far it is."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.cluster import build, images, layout, namespaces, packages
from tests.cluster.console import ClusterError

_WIDTH = 30  # characters of the bar
_QUIET_INTERVAL = 20.0  # seconds between two lines where the output is no terminal


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the demo.

    Attributes:
        title: the beginning of the title of its step.
        seconds: how long it takes on two cores.
        gigabytes: what it adds to the disk.
    """

    title: str
    seconds: float
    gigabytes: float = 0.0


INSTALL = Phase("installing the operator", 15)
RUN = Phase("running the sweep", 60)


def build_phases() -> list[Phase]:
    """Return the parts that are left to do on this machine."""
    phases = []
    if packages.missing(packages.PACKAGES):
        phases.append(Phase("installing Debian packages", 40, 0.5))
    lacking = [image for image in images.ALL.values() if not images.is_built(image)]
    for image in lacking:
        phases.append(Phase(f"building image {image.name}", 70, 1.0))
    if not build.is_built():
        phases.append(Phase("compiling kubernetes", 420, 12.0))
    if namespaces.init_pid(layout.current().node(1)) is None:
        phases.append(Phase("booting Kubernetes", 30, 1.5))
    return [*phases, INSTALL, RUN]


def with_recorded(phases: Sequence[Phase], durations: Path) -> list[Phase]:
    """Return the parts with the durations of the last time on this machine.

    Args:
        phases: the parts.
        durations: the file of an earlier ``Progress``; may be missing.
    """
    try:
        recorded = json.loads(durations.read_text())
        return [
            Phase(p.title, float(recorded.get(p.title, p.seconds)), p.gigabytes) for p in phases
        ]
    except (OSError, ValueError, TypeError, AttributeError):
        return [*phases]


def announce(phases: Sequence[Phase], free: float, folder: Path) -> list[str]:
    """Return the lines that say what is going to happen.

    Args:
        phases: the parts that are left to do.
        free: gigabytes that are free on the disk.
        folder: what is built is kept here.

    Raises:
        ClusterError: the disk is too small.
    """
    seconds, disk = sum(p.seconds for p in phases), sum(p.gigabytes for p in phases)
    if disk > free:
        raise ClusterError(
            f"this needs about {disk:.0f} GB in {folder}, and {free:.0f} GB are free. Make room, or set "
            "SWEEPJOB_CACHE to a folder on a larger disk"
        )
    parts = ", ".join(f"{p.title} {show_time(p.seconds)}" for p in phases)
    again = "" if disk == 0 else " Results are kept there: the next time is much shorter."
    needs = (
        f"{disk:.0f} GB of disk in {folder} ({free:.0f} GB are free)" if disk else "no more disk"
    )
    return [f"This takes about {show_time(seconds)} and {needs}.{again}", f"  {parts}"]


def free_gigabytes(folder: Path) -> float:
    """Return what is free on the disk of a folder, which may not exist yet."""
    existing = next(f for f in (folder, *folder.parents) if f.exists())
    return shutil.disk_usage(existing).free / 1e9


def show_time(seconds: float) -> str:
    """Return a rough duration."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class Progress:
    """A bar that knows the remaining time; a ``console.Watcher``.

    Args:
        phases: the parts that are left to do.
        durations: durations are written to this file for the next time.
        stream: a terminal shows one line that changes, another stream a line now and then.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        phases: Sequence[Phase],
        durations: Path,
        stream: TextIO = sys.stderr,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._phases, self._durations, self._stream, self._clock = (
            [*phases],
            durations,
            stream,
            clock,
        )
        self._done: dict[str, float] = {}
        self._current: Phase | None = None
        self._began = self._shown_at = clock()
        self._share: float | None = None
        self._has_bar = False
        self._lock = threading.RLock()
        self._ended = threading.Event()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bar meanwhile, once a second, by a thread."""
        thread = threading.Thread(target=self._run, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            self.before_line()

    @contextmanager
    def phase(self, title: str) -> Iterator[None]:
        """Time a part that is no step of the console."""
        self.begin(title)
        began = self._clock()
        yield
        self.end(title, self._clock() - began)

    def before_line(self) -> None:
        """Remove the bar, since a line is about to be printed; see ``console.Watcher``."""
        with self._lock:
            if self._has_bar:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._has_bar = False

    def begin(self, title: str) -> None:
        """A step begins; one of no part is a part of the current one."""
        found = next((p for p in self._phases if title.startswith(p.title)), None)
        if found is not None:
            with self._lock:
                self._current, self._began, self._share = found, self._clock(), None

    def end(self, title: str, seconds: float) -> None:
        """A step is over; its duration is kept for the next time."""
        found = next((p for p in self._phases if title.startswith(p.title)), None)
        if found is None:
            return
        with self._lock:
            self._done[found.title] = seconds
            self._current = None if self._current is found else self._current
        self._record(found.title, seconds)

    def advance(self, share: float) -> None:
        """Set how much of the current part is done, from 0 to 1."""
        self._share = share

    def remaining(self) -> float:
        """Return the seconds that are left."""
        left = [p for p in self._phases if p.title not in self._done and p is not self._current]
        return sum(p.seconds for p in left) + self._of_current()

    def line(self) -> str:
        """Return the bar with the remaining time and what is being done."""
        with self._lock:
            left = self.remaining()
            done = sum(self._done.values())
            done += 0.0 if self._current is None else self._clock() - self._began
            share = done / (done + left) if done + left else 1.0
            full = round(share * _WIDTH)
            title = "" if self._current is None else f": {self._current.title}"
            bar = "#" * full + "." * (_WIDTH - full)
            return f"[{bar}] {share:.0%}, about {show_time(left)} left{title}"

    def _of_current(self) -> float:
        if self._current is None:
            return 0.0
        elapsed = self._clock() - self._began
        if self._share:
            return elapsed / self._share * (1 - self._share)
        # It takes longer than the last time: nobody knows how much.
        return max(self._current.seconds - elapsed, self._current.seconds * 0.05)

    def _record(self, title: str, seconds: float) -> None:
        try:
            recorded = json.loads(self._durations.read_text())
        except (OSError, ValueError):
            recorded = {}
        recorded = recorded if isinstance(recorded, dict) else {}
        self._durations.parent.mkdir(parents=True, exist_ok=True)
        self._durations.write_text(json.dumps({**recorded, title: round(seconds, 1)}))

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            self.draw()

    def draw(self) -> None:
        """Draw the bar, on a terminal in place of the bar before."""
        with self._lock:
            if self._stream.isatty():
                self._stream.write(f"\r\x1b[K{self.line()}")
                self._has_bar = True
            elif self._clock() - self._shown_at >= _QUIET_INTERVAL:
                self._shown_at = self._clock()
                self._stream.write(f"     {self.line()}\n")
            self._stream.flush()
