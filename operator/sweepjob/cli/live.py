"""Shows the progress of a sweep at each change until it has ended."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..api import names
from ..api.phases import SweepPhase
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import trial_views
from ..render.screen import sweep_screen
from ..render.terminal import live_display
from .kubectl import Kubectl
from .kubectl_errors import NotFound
from .sources import SweepSource

_REFRESH_INTERVAL = 1.0  # seconds, to update run times without events
_BATCH_DELAY = 0.05  # seconds in which further events are collected

WatchEvent = Mapping[str, Any] | None  # None for the end of a watch


def follow(source: SweepSource, name: str) -> int:
    """Show a sweep until it has ended.

    Args:
        source: the cluster, or a folder of this machine.
        name: name of the sweep.

    Returns:
        The exit code: 0 if the sweep is complete, 1 if it has failed.

    Raises:
        CommandError: the sweep does not exist, or has been deleted.
    """
    watch = _watch_screens if isinstance(source, Kubectl) else _poll_screens
    with live_display() as show:
        while True:
            with watch(source, name) as screens:
                for sweep, lines in screens:
                    show(lines)
                    if sweep.has_ended:
                        return 0 if sweep.phase == SweepPhase.COMPLETE else 1
            time.sleep(_REFRESH_INTERVAL)  # each watch ends eventually


@contextlib.contextmanager
def _poll_screens(
    source: SweepSource, name: str
) -> Iterator[Iterator[tuple[SweepView, list[str]]]]:
    """Yield the screen of a sweep whose folder is read again and again."""

    def screens() -> Iterator[tuple[SweepView, list[str]]]:
        while True:
            view = SweepView.of(source.sweep(name))
            yield view, sweep_screen(view, trial_views(source.trials(name), view.goal), time.time())
            time.sleep(_REFRESH_INTERVAL)

    yield screens()


@contextlib.contextmanager
def _watch_screens(cluster: Any, name: str) -> Iterator[Iterator[tuple[SweepView, list[str]]]]:
    """Yield the screens after each change. The watches start before the first list, to miss no event."""
    events: queue.Queue[WatchEvent] = queue.Queue()
    processes = [cluster.watch_sweep(name), cluster.watch_trials(name)]
    for process in processes:
        threading.Thread(target=_forward_events, args=(process, events), daemon=True).start()
    try:
        yield _screens(cluster, name, events)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _forward_events(process: subprocess.Popen[str], events: queue.Queue[WatchEvent]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        events.put(json.loads(line))
    events.put(None)


def _screens(
    cluster: Kubectl, name: str, events: queue.Queue[WatchEvent]
) -> Iterator[tuple[SweepView, list[str]]]:
    """Yield the sweep and its screen after each change until a watch ends."""
    sweep = cluster.sweep(name)
    trials = {body["metadata"]["name"]: body for body in cluster.trials(name)}
    while True:
        view = SweepView.of(sweep)
        yield view, sweep_screen(view, trial_views(list(trials.values()), view.goal), time.time())
        for event in _next_events(events):
            if event is None:
                return
            body, gone = event["object"], event["type"] == "DELETED"
            if body["kind"] == names.SWEEPTRIAL:
                trials[body["metadata"]["name"]] = body
                if gone:
                    del trials[body["metadata"]["name"]]
            elif gone:
                raise NotFound(f"the sweep {name} has been deleted")
            else:
                sweep = body


def _next_events(events: queue.Queue[WatchEvent]) -> list[WatchEvent]:
    """Return the next event with those that follow it within a moment; none after a timeout."""
    found = []
    with contextlib.suppress(queue.Empty):
        found.append(events.get(timeout=_REFRESH_INTERVAL))
        time.sleep(_BATCH_DELAY)
        while True:
            found.append(events.get_nowait())
    return found
