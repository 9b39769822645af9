"""A display of a sweep in a notebook that is updated while other cells run."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from ..render.screen import sweep_screen
from .displays import Displayed
from .notebook import escaped, sweep_table
from .wait import Waitable, in_notebook


class SweepWidget(Displayed):
    """A live display of a sweep. It needs no extension of Jupyter: the kernel replaces the HTML.

    Args:
        run: The sweep.
        interval: Seconds between two updates.
    """

    def __init__(self, run: Waitable, interval: float = 2.0) -> None:
        self._run, self._interval = run, interval
        self._stopped = threading.Event()
        self._problem = ""
        self._thread: threading.Thread | None = None

    def display(self) -> None:
        """Display the sweep. In a notebook it is updated until the sweep has ended, or ``stop()``."""
        if not in_notebook():
            sys.stdout.write(self._display()[1] + "\n")
            return
        from IPython.display import display

        handle = display(self, display_id=True)
        self._thread = threading.Thread(
            target=self._update, args=(handle,), name=f"widget {self._run.name}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the updates; the last display stays."""
        self._stopped.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the last update.

        Args:
            timeout: Seconds to wait at most.
        """
        if self._thread is not None:
            self._thread.join(timeout)

    def _display(self) -> tuple[str, str]:
        sweep, trials = self._run.views()
        problem = f"<p><b>{escaped(self._problem)}</b></p>" if self._problem else ""
        lines = [*sweep_screen(sweep, trials, time.time()), *filter(None, [self._problem])]
        return problem + sweep_table(sweep, trials), "\n".join(lines)

    def _update(self, handle: Any) -> None:
        finished = False
        while not finished and not self._stopped.wait(self._interval):
            try:
                finished = self._run.is_finished
                self._problem = ""
                handle.update(self)
            except Exception as error:  # noqa: BLE001 - the cluster may be away for a while
                self._problem = f"not updated, trying again: {error}"
                handle.update(_Message(self._problem))


class _Message(Displayed):
    def __init__(self, text: str) -> None:
        self._text = text

    def _display(self) -> tuple[str, str]:
        return f"<p><b>{escaped(self._text)}</b></p>", self._text
