"""When something was last tried with objects, of which nobody says that they are gone."""

from __future__ import annotations

from collections import OrderedDict

MOST = 10_000  # objects: as many trials of a sweep may run at a time


class RecentTimes:
    """The times of the objects that were noted last, by uid.

    The one that was noted longest ago makes room for a new one. Forgetting all of them instead would have
    every object tried again at once.

    Args:
        most: the number of objects.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._times: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """Return of how many objects the time is known."""
        return len(self._times)

    def get(self, uid: str) -> float | None:
        """Return when an object was noted last, in seconds since the epoch; None if that is unknown."""
        return self._times.get(uid)

    def note(self, uid: str, now: float) -> None:
        """Note that something is tried with an object now."""
        self._times[uid] = now
        self._times.move_to_end(uid)
        if len(self._times) > self._most:
            self._times.popitem(last=False)

    def discard(self, uid: str) -> None:
        """Forget an object."""
        self._times.pop(uid, None)
