"""An index of cached Jobs or pods by trial, and what an event of one of them changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from ..api.meta.identity import ObjectKey
from ..trial_pods.cached_objects import CachedJob, CachedPod


class _OfTrial(Protocol):
    @property
    def namespace(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def trial(self) -> str: ...
    @property
    def sweep(self) -> str: ...


T = TypeVar("T", bound=_OfTrial)


class TrialIndex(Generic[T]):
    """Objects by the trial that their labels name."""

    def __init__(self) -> None:
        self._objects: dict[ObjectKey, dict[str, T]] = defaultdict(dict)

    def __len__(self) -> int:
        """Return how many trials have objects."""
        return len(self._objects)

    def of(self, trial: ObjectKey) -> Collection[T]:
        """Return the objects of a trial."""
        return self._objects[trial].values() if trial in self._objects else ()

    def update(self, old: T | None, new: T | None) -> tuple[ObjectKey, str]:
        """Apply an event.

        Args:
            old: the object before; None for a new one.
            new: the object now; None for a deleted one.

        Returns:
            The key of the sweep, and the trial's name.
        """
        item = new or old
        assert item is not None
        trial = ObjectKey(item.namespace, item.trial)
        if new is not None:
            self._objects[trial][item.uid] = new
        else:
            self._objects[trial].pop(item.uid, None)
            if not self._objects[trial]:
                del self._objects[trial]
        return ObjectKey(item.namespace, item.sweep), item.trial


def has_moved(old: CachedPod | CachedJob | None, new: CachedPod | CachedJob | None) -> bool:
    """Return whether an object now has the labels of another trial, or is another one of its name."""
    if old is None or new is None:
        return False
    return (old.uid, old.sweep, old.trial) != (new.uid, new.sweep, new.trial)


def is_unchanged(old: CachedPod | CachedJob | None, new: CachedPod | CachedJob | None) -> bool:
    """Return whether an event changes nothing but the resource version.

    The fields that decisions need are the same in half of the events of a Job and its pod.
    """
    return old is not None and new is not None and replace(old, version=new.version) == new
