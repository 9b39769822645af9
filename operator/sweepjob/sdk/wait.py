"""Waits for the end of a sweep, with or without showing its progress."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.screen import sweep_screen
from ..render.terminal import live_display
from ..training.unused_arguments import level_of_the_program

_POLL_INTERVAL = 1.0  # seconds


class Waitable(Protocol):
    """A sweep that can be waited for. A notebook displays it by its ``_repr_html_``."""

    @property
    def name(self) -> str:
        """Name of the SweepJob."""
        ...

    @property
    def body(self) -> Mapping[str, Any]:
        """The SweepJob object as it is now."""
        ...

    @property
    def is_finished(self) -> bool:
        """Whether the sweep has ended."""
        ...

    def views(self) -> tuple[SweepView, list[TrialView]]:
        """Return the current state of the sweep and of its trials."""
        ...


def wait(run: Waitable, timeout: float | None) -> None:
    """Wait until the sweep has ended.

    A condition that needs a person, such as a missing operator, becomes a Python warning, once for each
    reason.

    Args:
        run: the sweep.
        timeout: seconds; None to wait without limit.

    Raises:
        TimeoutError: the sweep has not ended in time.
    """
    warned: set[str] = set()
    for _ in _poll(run, timeout):
        for warning in SweepView.of(run.body).warnings(time.time()):
            reason = warning.partition(":")[0]
            if reason not in warned:
                warned.add(reason)
                warnings.warn(f"{run.name}: {warning}", stacklevel=level_of_the_program())


def follow(run: Waitable, timeout: float | None) -> None:
    """Wait until the sweep has ended, and show its progress in the notebook or the terminal.

    Args:
        run: the sweep.
        timeout: seconds; None to wait without limit.

    Raises:
        TimeoutError: the sweep has not ended in time.
    """
    with _notebook_display(run) if in_notebook() else _terminal_display(run) as update:
        for _ in _poll(run, timeout):
            update()


def _poll(run: Waitable, timeout: float | None) -> Iterator[None]:
    """Yield once in each interval, the last time after the sweep has ended."""
    began = time.monotonic()
    while True:
        finished = run.is_finished
        yield
        if finished:
            return
        if timeout is not None and time.monotonic() - began > timeout:
            raise TimeoutError(f"{run.name} has not ended after {timeout:g} s")
        time.sleep(_POLL_INTERVAL)


@contextlib.contextmanager
def _terminal_display(run: Waitable) -> Iterator[Callable[[], None]]:
    with live_display() as show:

        def update() -> None:
            sweep, trials = run.views()
            show(sweep_screen(sweep, trials, time.time()))

        yield update


@contextlib.contextmanager
def _notebook_display(run: Waitable) -> Iterator[Callable[[], None]]:
    from IPython.display import display  # installed wherever in_notebook() is true

    handle = display(run, display_id=True)
    yield lambda: handle.update(run)


def in_notebook() -> bool:
    """Return whether displayed objects are shown in a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
