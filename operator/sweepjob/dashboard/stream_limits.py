"""Limits on the number of open event streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from .access import RequestRejected, Viewer

_PER_VIEWER, _TOTAL = 32, 1000


class StreamLimits:
    """Counts the open event streams.

    Args:
        per_viewer: streams that a viewer may have open at a time.
        total: streams of all viewers at a time.
    """

    def __init__(self, per_viewer: int = _PER_VIEWER, total: int = _TOTAL) -> None:
        self._per_viewer, self._total = per_viewer, total
        self._open: Counter[str] = Counter()

    @contextmanager
    def reserve(self, viewer: Viewer) -> Iterator[None]:
        """Count one stream of a viewer while the context is open.

        Raises:
            RequestRejected: the viewer, or all viewers together, have reached the limit.
        """
        if self._open[viewer.user] >= self._per_viewer:
            text = f"{self._per_viewer} pages of {viewer.user} are open; close some"
            raise RequestRejected(429, text)
        if self._open.total() >= self._total:
            raise RequestRejected(429, f"{self._total} pages are open; try again later")
        self._open[viewer.user] += 1
        try:
            yield
        finally:
            self._open[viewer.user] -= 1
            self._open += Counter()  # drops viewers whose count is zero
