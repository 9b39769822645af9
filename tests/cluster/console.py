"""Progress on standard error, errors with a remedy, and subprocesses whose output is kept in a file."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class ClusterError(Exception):
    """Something a person must mend; the text names the cause and the remedy."""


class Watcher(Protocol):
    """Is told what happens on the console."""

    def before_line(self) -> None:
        """A line is about to be printed."""

    def begin(self, title: str) -> None:
        """A step begins."""

    def end(self, title: str, seconds: float) -> None:
        """A step is over."""


_watchers: list[Watcher] = []


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell somebody of all lines and steps meanwhile."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def say(text: str) -> None:
    for watcher in _watchers:
        watcher.before_line()
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str, expected: str = "") -> Iterator[None]:
    """Print what is being done before it starts, and how long it took when it is over."""
    hint = f" (about {expected})" if expected else ""
    say(f"  .. {title}{hint}")
    for watcher in _watchers:
        watcher.begin(title)
    started = time.monotonic()
    yield
    seconds = time.monotonic() - started
    for watcher in _watchers:
        watcher.end(title, seconds)
    say(f"  ok {title}: {seconds:.1f} s")


def run(
    command: Sequence[str],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    heartbeat: str = "",
    total: int = 0,
) -> str:
    """Run ``command`` to its end and return its standard output.

    With ``log``, everything it prints goes into that file instead, and with ``heartbeat`` a line on
    the console every 20 seconds says that it is alive and how far it is: how many lines the log has,
    of ``total`` that are expected.

    Raises:
        ClusterError: it failed; the text has the command and the last lines of its output.
    """
    if log is None:
        done = subprocess.run(
            list(command),
            env=env,
            cwd=cwd,
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise ClusterError(_failure(command, done.returncode, done.stderr or done.stdout))
        return done.stdout
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            list(command), env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
        _wait(process, log, heartbeat, total)
    if process.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise ClusterError(_failure(command, process.returncode, f"{tail}\n(whole log: {log})"))
    return ""


def _wait(process: subprocess.Popen[bytes], log: Path, heartbeat: str, total: int) -> None:
    started = time.monotonic()
    while True:
        try:
            process.wait(timeout=20)
            return
        except subprocess.TimeoutExpired:
            if heartbeat:
                lines = log.read_text(errors="replace").splitlines()
                done = sum(not line.startswith("go: ") for line in lines)
                far = f"{done} of about {total}" if total else f"{done} lines of log"
                say(f"     {heartbeat}: {time.monotonic() - started:.0f} s, {far}")


def _failure(command: Sequence[str], code: int, output: str) -> str:
    return f"'{' '.join(command)}' failed with exit code {code}:\n{output.strip()}"
