"""Whether the operator can do its work, and if not, why: told by the readiness probe and in the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

_log = logging.getLogger(__name__)
_LOOK = 1.0  # seconds between two looks


class Readiness:
    """Asks each part what keeps it from its work.

    Args:
        parts: each tells its problems, none while it works.

    Attributes:
        problems: what they told last.
    """

    def __init__(self, *parts: Callable[[], Iterable[str]]) -> None:
        self._parts = parts
        self.problems: list[str] = ["it starts"]
        self._logged: list[str] = []

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK)

    def look(self) -> None:
        """Ask all parts, and log what has changed: a problem at the second look, since many last no
        longer at a start.
        """
        before, self.problems = self.problems, [p for part in self._parts for p in part()]
        lasting = [problem for problem in self.problems if problem in before]
        for problem in lasting:
            if problem not in self._logged:
                _log.warning("not ready: %s", problem)
        self._logged = lasting
        if before and not self.problems:
            _log.info("ready")
