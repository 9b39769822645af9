"""A sweep as it goes on, shown anew at every change until it has ended."""

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
from ..render.screen import screen
from ..render.terminal import terminal
from ..render.views import SweepView, trial_views
from .kubectl import Kubectl
from .kubectl_errors import NotFound

_TICK = 1.0  # seconds; times go on while nothing else happens
_MOMENT = 0.05

News = Mapping[str, Any] | None  # an event, or the end of a watch


def follow(cluster: Kubectl, name: str) -> int:
    """Show the sweep until it has ended; returns the exit code.

    Raises:
        Unusable: there is no such sweep, or none any more.
    """
    with terminal() as show:
        while True:
            with _watching(cluster, name) as seen:
                for sweep, lines in seen:
                    show(lines)
                    if sweep.is_over:
                        return 0 if sweep.phase == "Complete" else 1
            time.sleep(_TICK)  # a watch has ended, as they all do some time


@contextlib.contextmanager
def _watching(cluster: Kubectl, name: str) -> Iterator[Iterator[tuple[SweepView, list[str]]]]:
    """The sweep's screen after every change. The watches begin before the first look, so that nothing
    is missed in between.
    """
    news: queue.Queue[News] = queue.Queue()
    processes = [cluster.watch_sweep(name), cluster.watch_trials(name)]
    for process in processes:
        threading.Thread(target=_read, args=(process, news), daemon=True).start()
    try:
        yield _screens(cluster, name, news)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _read(process: subprocess.Popen[str], news: queue.Queue[News]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        news.put(json.loads(line))
    news.put(None)


def _screens(
    cluster: Kubectl, name: str, news: queue.Queue[News]
) -> Iterator[tuple[SweepView, list[str]]]:
    """Until a watch ends."""
    sweep = cluster.sweep(name)
    trials = {body["metadata"]["name"]: body for body in cluster.trials(name)}
    while True:
        view = SweepView.of(sweep)
        yield view, screen(view, trial_views(list(trials.values()), view.goal), time.time())
        for event in _next(news):
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


def _next(news: queue.Queue[News]) -> list[News]:
    """What has come, after a moment in which more may come with it."""
    found = []
    with contextlib.suppress(queue.Empty):
        found.append(news.get(timeout=_TICK))
        time.sleep(_MOMENT)
        while True:
            found.append(news.get_nowait())
    return found
