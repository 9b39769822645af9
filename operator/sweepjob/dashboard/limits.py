"""How many streams of events a viewer may have open, and all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from .access import Refused, Viewer

_PER_VIEWER, _TOTAL = 32, 1000


class StreamLimits:
    """Counts open streams.

    Args:
        per_viewer, total: streams at a time.
    """

    def __init__(self, per_viewer: int = _PER_VIEWER, total: int = _TOTAL) -> None:
        self._per_viewer, self._total = per_viewer, total
        self._open: Counter[str] = Counter()

    @contextmanager
    def stream(self, viewer: Viewer) -> Iterator[None]:
        """Counts while it is entered.

        Raises:
            Refused: the viewer, or all viewers together, have too many.
        """
        if self._open[viewer.user] >= self._per_viewer:
            raise Refused(429, f"{self._per_viewer} pages of {viewer.user} are open; close some")
        if self._open.total() >= self._total:
            raise Refused(429, f"{self._total} pages are open; try again later")
        self._open[viewer.user] += 1
        try:
            yield
        finally:
            self._open[viewer.user] -= 1
            self._open += Counter()  # forget those that have none
