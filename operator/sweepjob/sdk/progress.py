"""Waiting for a sweep's end, seen or unseen."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..render.screen import screen
from ..render.terminal import terminal
from ..render.views import SweepView

if TYPE_CHECKING:
    from .run import SweepRun

_LOOK = 1.0  # seconds between two looks


def quietly(run: SweepRun, timeout: float | None) -> None:
    """Until the sweep has ended. What needs a person meanwhile, such as a missing operator, is a Python
    warning, once for each reason.

    Raises:
        TimeoutError: it has not.
    """
    warned: set[str] = set()
    for _ in _looks(run, timeout):
        for warning in SweepView.of(run.body).warnings(time.time()):
            reason = warning.partition(":")[0]
            if reason not in warned:
                warned.add(reason)
                warnings.warn(f"{run.name}: {warning}", stacklevel=3)


def follow(run: SweepRun, timeout: float | None) -> None:
    """The same, showing how it stands.

    Raises:
        TimeoutError: it has not ended.
    """
    with _in_notebook(run) if in_notebook() else _in_terminal(run) as draw:
        for _ in _looks(run, timeout):
            draw()


def _looks(run: SweepRun, timeout: float | None) -> Iterator[None]:
    began = time.monotonic()
    while True:
        over = run.is_finished
        yield
        if over:
            return
        if timeout is not None and time.monotonic() - began > timeout:
            raise TimeoutError(f"{run.name} has not ended after {timeout:g} s")
        time.sleep(_LOOK)


@contextlib.contextmanager
def _in_terminal(run: SweepRun) -> Iterator[Callable[[], None]]:
    with terminal() as show:

        def draw() -> None:
            sweep, trials = run.views()
            show(screen(sweep, trials, time.time()))

        yield draw


@contextlib.contextmanager
def _in_notebook(run: SweepRun) -> Iterator[Callable[[], None]]:
    from IPython.display import display  # it is there, or this would be no notebook

    handle = display(run, display_id=True)
    yield lambda: handle.update(run)


def in_notebook() -> bool:
    """Whether what is displayed goes to a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
