"""Objects that a watch delivered and that could not be parsed or handled.

Each is logged once, is counted while it exists, and does not affect the others.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

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


class SkippedObjectObserver(Protocol):
    """Learns which objects are skipped."""

    def on_skipped(
        self, resource: str, body: Mapping[str, Any], known: object, reason: str
    ) -> None:
        """Note that an object is skipped.

        Args:
            resource: its plural name.
            body: the object as far as it was read: its metadata, if anything.
            known: the cached object, from before; None without one.
            reason: why it is skipped.
        """
        ...

    def on_no_longer_skipped(self, uid: str) -> None:
        """Note that an object can be read again, or was deleted."""
        ...


class UnparseableObjects:
    """The objects of one resource that are currently skipped.

    Args:
        resource: its plural name, for the log.
        observer: learns which they are; None for nobody.
    """

    def __init__(self, resource: str, observer: SkippedObjectObserver | None = None) -> None:
        self.resource = resource
        self._observer = observer
        self._versions: dict[str, str] = {}  # resource versions by uid

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._versions)

    def add(
        self,
        found: ObjectVersion,
        error: Exception,
        body: Mapping[str, Any] | None = None,
        known: object = None,
    ) -> None:
        """Skip an object, and log it once for each of its versions.

        Args:
            found: the version.
            error: why it is skipped.
            body: the object as far as it was read; None for nothing.
            known: the cached object, from before; None without one.
        """
        if self._versions.get(found.uid) == found.version:
            return
        self._versions[found.uid] = found.version
        _log.error(
            "%s %s/%s (uid %s) is skipped until it changes: %r",
            *(self.resource, found.namespace, found.name, found.uid, error),
            # A parser raises ValueError; anything else is a defect of the operator.
            exc_info=None if isinstance(error, ValueError) else error,
        )
        if self._observer is not None:
            is_foreseen = isinstance(error, ValueError)
            reason = str(error) if is_foreseen else f"cannot be handled: {error!r}"
            with _other_objects_are_handled(found.uid):
                self._observer.on_skipped(self.resource, body or {}, known, reason)

    def discard(self, uid: str) -> None:
        """Forget an object that has been parsed, or was deleted."""
        if self._versions.pop(uid, None) is not None and self._observer is not None:
            with _other_objects_are_handled(uid):
                self._observer.on_no_longer_skipped(uid)

    def retain(self, uids: Collection[str]) -> None:
        """Forget all objects but these, which still exist."""
        for uid in self._versions.keys() - set(uids):
            self.discard(uid)


@contextmanager
def _other_objects_are_handled(uid: str) -> Iterator[None]:
    """Log what the observer raises for one object; it does not end the watch of all."""
    try:
        yield
    except Exception:  # noqa: BLE001 - a defect of the operator
        _log.exception("whether the object with uid %s can be read was not noted", uid)
