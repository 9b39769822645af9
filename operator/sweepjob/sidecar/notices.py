"""What the operator is told about reports that are missing or in doubt, topic by topic."""

from __future__ import annotations

import sys
from typing import Any

from .. import protocol


class Notices:
    """The current notice of each topic. A later one of the same topic replaces it."""

    def __init__(self) -> None:
        self._of_topics: dict[str, protocol.Notice] = {}

    @property
    def all(self) -> tuple[protocol.Notice, ...]:
        """The notices as they are told, in the order of their topics."""
        return tuple(notice for _, notice in sorted(self._of_topics.items()))[
            : protocol.MAX_NOTICES
        ]

    def change(self, topic: str, notice: protocol.Notice | None) -> dict[str, Any] | None:
        """The journal entry that makes a notice the topic's; None when it is already. It is in the
        sidecar's log, too.
        """
        if self._of_topics.get(topic) == notice:
            return None
        if notice is None:
            return {"topic": topic}
        print(f"{notice.reason}: {notice.message}", file=sys.stderr, flush=True)
        return {"topic": topic, "reason": notice.reason, "message": notice.message}

    def apply(self, entry: dict[str, Any]) -> None:
        """Take in an entry of the journal."""
        if "reason" in entry:
            self._of_topics[entry["topic"]] = protocol.Notice.of(entry["reason"], entry["message"])
        else:
            self._of_topics.pop(entry["topic"], None)
