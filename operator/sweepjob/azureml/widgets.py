"""``RunDetails``: a live display of a sweep in a notebook; its state as text elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from ..render.screen import sweep_screen
from ..sdk.wait import in_notebook
from ._other_names import other_names

__path__: list[str] = []  # a package in Azure's client; see _missing_modules

_INTERVAL = 2.0  # seconds


class RunDetails:
    """A display of a submitted run.

    Args:
        run_instance: The run: of a sweep, or of one script.
    """

    def __init__(self, run_instance: Any) -> None:
        # A single run, or a trial, is shown as a part of its sweep.
        self._sweep = getattr(run_instance, "sweep", None) or _sweep_of(run_instance)

    def show(self, render_lib: Any = None, widget_settings: Any = None) -> None:
        """Show the sweep. In a notebook the display is updated until the sweep has ended.

        Args:
            render_lib: Azure's; ignored.
            widget_settings: Azure's; ignored.
        """
        if in_notebook():
            self._display()
        else:
            sweep, trials = self._sweep.views()
            sys.stdout.write("\n".join(sweep_screen(sweep, trials, time.time())) + "\n")

    def get_widget_data(self, widget_settings: Any = None) -> dict[str, Any]:
        """Return the status, the trials, the best first, and the reports by trial.

        Args:
            widget_settings: Azure's; ignored.
        """
        return {
            "status": self._sweep.status,
            "child_runs": self._sweep.get_children_sorted_by_primary_metric(),
            "child_runs_metrics": self._sweep.get_metrics(),
        }

    def _display(self) -> None:
        from IPython.display import display

        handle = display(self._sweep, display_id=True)
        # A thread, since Azure's widget does not hold up the cells below it either.
        thread = threading.Thread(
            target=self._update, args=(handle,), name=f"widget {self._sweep.name}", daemon=True
        )
        thread.start()

    def _update(self, handle: Any) -> None:
        finished = False
        while not finished:
            time.sleep(_INTERVAL)
            finished = self._sweep.is_finished
            handle.update(self._sweep)


def _sweep_of(run: Any) -> Any:
    """Return the sweep of a run."""
    return run if hasattr(run, "views") else run.parent


__getattr__ = other_names(__name__)
