"""Whether the operator is ready, and why not, for the readiness probe and the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

_log = logging.getLogger(__name__)
_INTERVAL = 1.0  # seconds between two checks


class Readiness:
    """Collects from all parts the reasons why the operator is not ready.

    Args:
        parts: each returns its reasons, none while it works.

    Attributes:
        reasons: the reasons found by the last check; empty when the operator is ready.
    """

    def __init__(self, *parts: Callable[[], Iterable[str]]) -> None:
        self._parts = parts
        self.reasons: list[str] = ["it starts"]
        self._logged: list[str] = []

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            self.check()
            await asyncio.sleep(_INTERVAL)

    def check(self) -> None:
        """Ask all parts, and log changes.

        A reason is logged when it is found the second time, since many disappear on their own after a
        start.
        """
        before, self.reasons = self.reasons, [r for part in self._parts for r in part()]
        lasting = [reason for reason in self.reasons if reason in before]
        for reason in lasting:
            if reason not in self._logged:
                _log.warning("not ready: %s", reason)
        self._logged = lasting
        if before and not self.reasons:
            _log.info("ready")
