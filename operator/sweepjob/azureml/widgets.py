"""``RunDetails``: a live display of a sweep in a notebook; its state as text elsewhere."""

from __future__ import annotations

from typing import Any

from ..sdk.widget import SweepWidget
from ..training.unused_arguments import unused_arguments
from ._other_names import other_names

__path__: list[str] = []  # a package in Azure's client; see _missing_modules


class RunDetails:
    """A display of a submitted run.

    Args:
        run_instance: The run: of a sweep, or of one script.
    """

    def __init__(self, run_instance: Any) -> None:
        # A single run, or a trial, is shown as a part of its sweep.
        self._sweep = getattr(run_instance, "sweep", None) or _sweep_of(run_instance)

    @unused_arguments(harmless="render_lib widget_settings")
    def show(self, render_lib: Any = None, widget_settings: Any = None) -> None:
        """Show the sweep. In a notebook the display is updated until the sweep has ended.

        Args:
            render_lib: Azure's; how it is drawn.
            widget_settings: Azure's; how often it is drawn.
        """
        SweepWidget(self._sweep).display()

    @unused_arguments(harmless="widget_settings")
    def get_widget_data(self, widget_settings: Any = None) -> dict[str, Any]:
        """Return the status, the trials, the best first, and the reports by trial.

        Args:
            widget_settings: Azure's; how it is drawn.
        """
        return {
            "status": self._sweep.status,
            "child_runs": self._sweep.get_children_sorted_by_primary_metric(),
            "child_runs_metrics": self._sweep.get_metrics(),
        }


def _sweep_of(run: Any) -> Any:
    """Return the sweep of a run."""
    return run if hasattr(run, "views") else run.parent


__getattr__ = other_names(__name__)
