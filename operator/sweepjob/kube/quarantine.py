"""Objects that a watch delivered and that could not be read, or not be handled: each is named once, is
counted while it is there, and costs the others nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which object it is, as far as it says so itself.

    Attributes:
        version: its resource version.
    """

    namespace: str
    name: str
    uid: str
    version: str

    @classmethod
    def of(cls, body: object) -> Identity:
        """That of any JSON value; empty texts where it says nothing."""
        meta = body.get("metadata") if isinstance(body, Mapping) else None
        found = meta if isinstance(meta, Mapping) else {}
        keys = ("namespace", "name", "uid", "resourceVersion")
        texts = (found.get(key) for key in keys)
        return cls(*(text if isinstance(text, str) else "" for text in texts))


class Quarantine:
    """The objects of one kind that are passed over at the moment.

    Args:
        resource: the kind, for the log.
    """

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self._versions: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._versions)

    def add(self, identity: Identity, error: Exception) -> None:
        """Pass an object over, and say so once for each of its versions."""
        if self._versions.get(identity.uid) == identity.version:
            return
        self._versions[identity.uid] = identity.version
        _log.error(
            "%s %s/%s (uid %s) is passed over until it changes: %r",
            *(self.resource, identity.namespace, identity.name, identity.uid, error),
            # What was not foreseen is a mistake of ours.
            exc_info=None if isinstance(error, ValueError) else error,
        )

    def release(self, uid: str) -> None:
        """An object has been read, or is gone."""
        self._versions.pop(uid, None)

    def retain(self, uids: Collection[str]) -> None:
        """Only these are there still."""
        self._versions = {uid: v for uid, v in self._versions.items() if uid in uids}
