"""Objects that a watch delivered and that could not be parsed or handled.

Each is logged once, is counted while it exists, and does not affect the others.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """Which object it is, and which version of it, as far as its metadata can be read.

    Attributes:
        namespace, name, uid: as in its metadata.
        version: its resource version.
    """

    namespace: str
    name: str
    uid: str
    version: str

    @classmethod
    def of(cls, body: object) -> ObjectVersion:
        """Return the version of any JSON value; empty strings where the metadata has none."""
        meta = body.get("metadata") if isinstance(body, Mapping) else None
        found = meta if isinstance(meta, Mapping) else {}
        keys = ("namespace", "name", "uid", "resourceVersion")
        texts = (found.get(key) for key in keys)
        return cls(*(text if isinstance(text, str) else "" for text in texts))


class UnparseableObjects:
    """The objects of one resource that are currently skipped.

    Args:
        resource: its plural name, for the log.
    """

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self._versions: dict[str, str] = {}  # resource versions by uid

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._versions)

    def add(self, found: ObjectVersion, error: Exception) -> None:
        """Skip an object, and log it once for each of its versions."""
        if self._versions.get(found.uid) == found.version:
            return
        self._versions[found.uid] = found.version
        _log.error(
            "%s %s/%s (uid %s) is skipped until it changes: %r",
            *(self.resource, found.namespace, found.name, found.uid, error),
            # A parser raises ValueError; anything else is a defect of the operator.
            exc_info=None if isinstance(error, ValueError) else error,
        )

    def discard(self, uid: str) -> None:
        """Forget an object that has been parsed, or was deleted."""
        self._versions.pop(uid, None)

    def retain(self, uids: Collection[str]) -> None:
        """Forget all objects but these, which still exist."""
        self._versions = {uid: v for uid, v in self._versions.items() if uid in uids}
