"""Which object owns which, from pods up to trials."""

from __future__ import annotations

from collections.abc import Collection, Iterator

MAX_OWNERS = 5  # between a pod and its trial


class OwnerIndex:
    """The owner of each Job, and of each other object between a trial and its pods, by uid."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def __contains__(self, uid: str) -> bool:
        """Return whether the owner of an object is known."""
        return uid in self._owners

    def enter(self, uid: str, owner: str) -> None:
        """Note the owner of an object."""
        self._owners[uid] = owner

    def top_of(self, uid: str) -> str | None:
        """Return the last owner that is known above a pod; a trial, if all of them are known.

        Args:
            uid: the uid of the pod's owner.

        Returns:
            None where the owner of that is not known.
        """
        last = None
        for one in self.chain(uid):
            last = self._owners[one]
        return last

    def chain(self, uid: str) -> Iterator[str]:
        """Yield an object and those that own it, as far as their owners are known."""
        for _ in range(MAX_OWNERS):
            if uid not in self._owners:
                return
            yield uid
            uid = self._owners[uid]

    def forget(self, uid: str, kept: Collection[str]) -> None:
        """Forget an object and those above it.

        Args:
            uid: the uid of the object.
            kept: uids of objects through which others belong to their trial.
        """
        for one in [*self.chain(uid)]:
            if one not in kept:
                del self._owners[one]
