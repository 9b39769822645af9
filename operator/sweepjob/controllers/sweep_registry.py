"""Every SweepJob that the operator knows of, with the state of those that are active."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.meta.identity import ObjectKey
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import unparseable_objects
from ..kube.object_cache import is_newer
from ..settings import OperatorSettings
from . import sweep_log
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore

# Maximum writes per second: curves of trials that continue, and statuses that differ only in numbers.
_CURVES_A_SECOND, _STATUSES_A_SECOND = 20, 20
_STATUS_INTERVAL = 1.0  # minimum seconds between statuses of a sweep that differ only in numbers


@dataclass(slots=True)
class SweepEntry:
    """A SweepJob as last seen.

    Attributes:
        body: the object.
        sweep: its state; None before its spec is accepted, and when it has finished.
        observed_generation: the generation of its spec that was checked last.
        maybe_deleted: a request about it or one of its objects was answered with 404.
        earlier: its state before that was forgotten, until it is rebuilt: requests may be under way.
    """

    body: Mapping[str, Any]
    sweep: SweepStore | None = None
    observed_generation: int = 0
    maybe_deleted: bool = False
    earlier: SweepStore | None = None

    @property
    def generation(self) -> int:
        """The generation of the spec."""
        generation: int = self.body["metadata"]["generation"]
        return generation

    def reset(self) -> None:
        """Forget the state; the next reconciliation rebuilds it from the records."""
        self.earlier = self.sweep or self.earlier
        self.sweep, self.observed_generation, self.maybe_deleted = None, 0, False

    def activate(self, sweep: SweepStore, generation: int) -> None:
        """Set the state, rebuilt from the records, with the slots that are not on record yet.

        Args:
            sweep: the state.
            generation: the generation of the spec that it is of.
        """
        before = self.sweep or self.earlier
        if before is not None and before.state.identity == sweep.state.identity:
            sweep.keep_slots(before.state)
        self.sweep, self.earlier, self.observed_generation = sweep, None, generation


class SweepRegistry:
    """The SweepJobs of all watched namespaces. ``connect`` has to be called before the first event.

    Args:
        settings: the operator's settings.
    """

    _handlers: tuple[Callable[[ObjectKey], None], ...]

    def __init__(self, settings: OperatorSettings) -> None:
        self._settings = settings
        self._entries: dict[ObjectKey, SweepEntry] = {}
        self._unparseable = unparseable_objects.UnparseableObjects(names.SWEEPJOBS)

    def connect(self, *handlers: Callable[[ObjectKey], None]) -> None:
        """Set what is called with the key of a sweep that is new or has another spec or metadata."""
        self._handlers = handlers

    def on_event(self, body: Mapping[str, Any], *, deleted: bool) -> None:
        """Store a SweepJob from the watch, and call the handlers if its spec or metadata changed.

        An object that cannot be read is quarantined.

        Args:
            body: the object.
            deleted: the object was deleted.
        """
        identity = unparseable_objects.ObjectVersion.of(body)
        try:
            key = self._apply(body, deleted=deleted)
        except Exception as error:  # noqa: BLE001 - one SweepJob must not end the watch for all
            self._unparseable.add(identity, error)
            return
        self._unparseable.discard(identity.uid)
        if key is not None:
            for handle in self._handlers:
                handle(key)

    def _apply(self, body: Mapping[str, Any], *, deleted: bool) -> ObjectKey | None:
        """Store a SweepJob; return its key if it is new or has another spec or metadata."""
        meta = body["metadata"]
        key = ObjectKey(meta["namespace"], meta["name"])
        known = self._entries.get(key)
        is_same = known is not None and known.body["metadata"]["uid"] == meta["uid"]
        if deleted:
            # The deletion of an earlier object of the name may arrive after the creation of this one.
            if known is not None and is_same:
                self._remove(key, known)
            return None
        if known is None or not is_same:
            self._entries[key] = SweepEntry(body)
            return key
        if is_older(body, known.body):
            return None  # from before our own status write
        known.body = body
        # With an unchanged generation, it is the echo of a status write.
        return None if known.observed_generation == meta["generation"] else key

    def _remove(self, key: ObjectKey, entry: SweepEntry) -> None:
        del self._entries[key]
        if entry.sweep is not None:
            sweep_log.log_deleted(*key)

    def on_record_deleted(self, record: TrialRecord) -> None:
        """Forget the state of the SweepTrial's sweep, which is rebuilt from its other trials."""
        entry = self._entries.get(ObjectKey(record.namespace, record.sweep))
        if entry is not None and entry.sweep is not None:
            entry.reset()

    def get(self, key: ObjectKey) -> SweepEntry | None:
        """Return the SweepJob of that key; None when none is known."""
        return self._entries.get(key)

    def reconcilable(self, key: ObjectKey) -> SweepEntry | None:
        """Return the SweepJob of that key, unless it is being deleted, or may be deleted already."""
        entry = self._entries.get(key)
        if entry is None or entry.maybe_deleted or "deletionTimestamp" in entry.body["metadata"]:
            return None
        return entry

    def sweep(self, key: ObjectKey) -> SweepStore | None:
        """Return the sweep of a key if it is active."""
        entry = self._entries.get(key)
        return None if entry is None else entry.sweep

    def reconcilable_sweep(self, key: ObjectKey) -> SweepStore | None:
        """Return the sweep of a key if it is active and not being deleted."""
        entry = self.reconcilable(key)
        return None if entry is None else entry.sweep

    def mark_maybe_deleted(self, key: ObjectKey) -> None:
        """Note that a request about the sweep or one of its objects was answered with 404."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.maybe_deleted = True

    def discard(self, key: ObjectKey) -> None:
        """Discard a SweepJob that no longer exists."""
        self._entries.pop(key, None)

    def items(self) -> Iterator[tuple[ObjectKey, SweepEntry]]:
        """Yield all SweepJobs with their keys."""
        yield from self._entries.items()

    def active(self) -> list[SweepState]:
        """Return the states of all active sweeps."""
        return [e.sweep.state for e in self._entries.values() if e.sweep is not None]

    @property
    def quarantined(self) -> int:
        """How many SweepJobs cannot be read."""
        return len(self._unparseable)

    def curve_interval(self) -> float:
        """Return seconds between two writes of a trial's curve; more live trials make them longer."""
        live = sum(len(state.live) for state in self.active())
        return max(self._settings.progress_write_interval, live / _CURVES_A_SECOND)

    def status_interval(self) -> float:
        """Return seconds between two statuses of a sweep that differ only in numbers.

        They grow with the number of active sweeps.
        """
        return max(_STATUS_INTERVAL, len(self.active()) / _STATUSES_A_SECOND)


def is_older(body: Mapping[str, Any], than: Mapping[str, Any]) -> bool:
    """Return whether a version of an object comes before another one."""
    return is_newer(than["metadata"]["resourceVersion"], body["metadata"]["resourceVersion"])
