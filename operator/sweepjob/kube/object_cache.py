"""The cache of an informer: the objects of one resource, parsed, by namespace and name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from .decoding import UnreadableObject
from .unparseable_objects import ObjectVersion, SkippedObjectObserver, UnparseableObjects


class CachedObject(Protocol):
    """What the cache needs to know about a parsed object."""

    @property
    def namespace(self) -> str:
        """Of the object."""
        ...

    @property
    def name(self) -> str:
        """Of the object."""
        ...

    @property
    def uid(self) -> str:
        """Of the object."""
        ...

    @property
    def version(self) -> str:
        """The object's resource version."""
        ...


R = TypeVar("R", bound=CachedObject)
Key = tuple[str, str]  # namespace, name


class ObjectCache(Generic[R]):
    """Keeps parsed objects up to date by lists, watch events and our own writes.

    Args:
        resource: its plural name, for the log.
        parse: parses an object; nothing else of the object is kept.
        on_change: called with the old and the new parsed object; None where there was, or is, none.
        merge: combines the old and the new version of one object.
        skipped: learns which objects cannot be parsed or handled; None for nobody.

    Attributes:
        objects: by namespace and name.
        unparseable: the objects that cannot be parsed or handled.
        newest_version: the newest resource version that has been seen.
    """

    def __init__(
        self,
        resource: str,
        parse: Callable[[Mapping[str, Any]], R],
        on_change: Callable[[R | None, R | None], None],
        merge: Callable[[R, R], R],
        skipped: SkippedObjectObserver | None = None,
    ) -> None:
        self._parse = parse
        self._on_change = on_change
        self._merge = merge
        self.objects: dict[Key, R] = {}
        self.unparseable = UnparseableObjects(resource, skipped)
        self.newest_version = "0"

    def get(self, namespace: str, name: str) -> R | None:
        """Return the parsed object; None when there is none."""
        return self.objects.get((namespace, name))

    def __iter__(self) -> Iterator[R]:
        """Yield all parsed objects, as they are at this moment."""
        return iter(list(self.objects.values()))

    def store_own_write(self, body: Mapping[str, Any]) -> R:
        """Store the result of a write of this process before the watch delivers it.

        Args:
            body: the object in the API server's response.

        Returns:
            The parsed object as it is cached now.
        """
        parsed = self._parse(body)
        self._note_version(parsed.version)
        self._store(parsed)
        return self.objects.get((parsed.namespace, parsed.name), parsed)

    def replace_in_steps(
        self, found: Mapping[Key, R], unparsed: set[str], version: str
    ) -> Iterator[None]:
        """Make the store equal to a list, in small steps.

        Own writes may be stored between two steps. They are newer than the list, and remain.

        Args:
            found: the parsed objects of the list.
            unparsed: uids of objects in the list that cannot be parsed. They still exist: their last
                cached objects stay.
            version: the list's resource version.
        """
        self.unparseable.retain(unparsed)
        self.newest_version = version
        for key in self.objects.keys() - found.keys():
            old = self.objects.get(key)
            if old is not None and old.uid not in unparsed and not _is_later(old.version, version):
                self._remove(key)
            yield
        for key, parsed in found.items():
            old = self.objects.get(key)
            if old is None or not _is_later(old.version, version):
                self._store(parsed)
            yield

    def apply(self, event: Mapping[str, Any]) -> str:
        """Apply a watch event to the store; return the event's resource version, empty for none."""
        body = event["object"]
        found = ObjectVersion.of(body)
        self._note_version(found.version)
        if event["type"] == "DELETED":
            self._delete(found)
        elif event["type"] != "BOOKMARK" and not self._is_known(found):
            parsed = self.try_parse(body)
            if parsed is not None:
                self._store(parsed)
        return found.version

    def _is_known(self, found: ObjectVersion) -> bool:
        """Return whether an object is cached in this version or a later one, as after our own write."""
        old = self.objects.get((found.namespace, found.name))
        return old is not None and old.uid == found.uid and not is_newer(found.version, old.version)

    def _delete(self, found: ObjectVersion) -> None:
        self.unparseable.discard(found.uid)
        key = (found.namespace, found.name)
        # A new object may have the name by now.
        if key in self.objects and self.objects[key].uid == found.uid:
            self._remove(key)

    def _note_version(self, version: str) -> None:
        """Remember the newest version. The watch may be behind our own writes."""
        if is_newer(version, self.newest_version):
            self.newest_version = version

    def try_parse(self, body: Mapping[str, Any]) -> R | None:
        """Return the parsed object; None where it cannot be parsed, which does not affect the others."""
        try:
            if isinstance(body, UnreadableObject):
                raise ValueError(body.reason)
            parsed = self._parse(body)
        except Exception as error:  # noqa: BLE001 - users can write anything into an object
            found = ObjectVersion.of(body)
            known = self.objects.get((found.namespace, found.name))
            is_same = known is not None and known.uid == found.uid
            self.unparseable.add(found, error, body, known if is_same else None)
            return None
        self.unparseable.discard(parsed.uid)
        return parsed

    def _store(self, parsed: R) -> None:
        key = (parsed.namespace, parsed.name)
        old = self.objects.get(key)
        if old is not None and old.uid == parsed.uid:
            if not is_newer(parsed.version, old.version):
                return
            parsed = self._merge(old, parsed)
        self.objects[key] = parsed
        self._notify(old, parsed)

    def _remove(self, key: Key) -> None:
        self._notify(self.objects.pop(key), None)

    def _notify(self, old: R | None, new: R | None) -> None:
        """Call ``on_change``. Its failure for one object does not end the watch."""
        try:
            self._on_change(old, new)
        except Exception as error:  # noqa: BLE001 - the other objects have to be handled
            parsed = new or old
            assert parsed is not None
            found = ObjectVersion(parsed.namespace, parsed.name, parsed.uid, parsed.version)
            self.unparseable.add(found, error, None, parsed)


def _is_later(version: str, listed: str) -> bool:
    """Return whether a resource version is certainly later than that of a list."""
    return version.isdecimal() and listed.isdecimal() and int(version) > int(listed)


def is_newer(new: str, old: str) -> bool:
    """Return whether a resource version is later than another.

    Versions of one resource are comparable whole numbers: Kubernetes 1.35 guarantees it, and earlier
    ones with etcd behave so. An event from before our own write must not undo it.
    """
    if new.isdecimal() and old.isdecimal():
        return int(new) > int(old)
    return new != old
