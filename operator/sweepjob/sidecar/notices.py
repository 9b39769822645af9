"""The notices for the operator about missing or ambiguous reports, one for each topic."""

from __future__ import annotations

import sys
from typing import Any

from .. import protocol


class Notices:
    """The current notice of each topic."""

    def __init__(self) -> None:
        self._by_topic: dict[str, protocol.Notice] = {}

    @property
    def all(self) -> tuple[protocol.Notice, ...]:
        """The notices to send, in the order of their topics."""
        return tuple(notice for _, notice in sorted(self._by_topic.items()))[: protocol.MAX_NOTICES]

    def change(self, topic: str, notice: protocol.Notice | None) -> dict[str, Any] | None:
        """Return the journal entry that sets a notice, and prints the notice to the sidecar's log.

        Args:
            topic: what the notice is about.
            notice: the new one; None removes it.

        Returns:
            None when the topic has that notice already.
        """
        if self._by_topic.get(topic) == notice:
            return None
        if notice is None:
            return {"topic": topic}
        print(f"{notice.reason}: {notice.message}", file=sys.stderr, flush=True)
        return {"topic": topic, "reason": notice.reason, "message": notice.message}

    def apply(self, entry: dict[str, Any]) -> None:
        """Apply an entry of the journal."""
        if "reason" in entry:
            self._by_topic[entry["topic"]] = protocol.Notice.of(entry["reason"], entry["message"])
        else:
            self._by_topic.pop(entry["topic"], None)
