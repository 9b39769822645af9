"""Whose turn it is to start: trials of several pods of a namespace start one after another.

Two trials that are scheduled at the same time can each get nodes for some of their pods, and then wait
for each other. Trials of other namespaces do not wait: one tenant's trial that finds no nodes must not
hold up those of another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .caches import Caches
from .queues import TrialKey


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a trial may be started.

    Attributes:
        has_come: it may.
        since: seconds since the epoch when it began to wait; None while it does not.
        others_wait: other trials of the namespace wait.
    """

    has_come: bool = True
    since: float | None = None
    others_wait: bool = False


NO_TURN_NEEDED = Turn()
_FORGOTTEN = 30.0  # seconds after which a trial that is no longer reconciled waits no longer


@dataclass(slots=True)
class _Waiting:
    """A trial that waits: since when, and when that was last confirmed, in seconds since the epoch."""

    since: float
    seen: float


class StartTurns:
    """The trials that wait for their turn, by namespace and in order.

    It is kept in memory only: which trials are being started is seen from their Jobs and pods. A trial
    that waits is reconciled every few seconds, so that one whose sweep is gone holds nobody up.

    Args:
        caches: the caches of Jobs and pods.
        requeue: reconciles a trial.
    """

    def __init__(self, caches: Caches, requeue: Callable[[TrialKey], None]) -> None:
        self._caches = caches
        self._requeue = requeue
        self._waiting: dict[str, dict[TrialKey, _Waiting]] = {}
        # Those whose Job is requested, which the cache does not show yet.
        self._creating: dict[str, tuple[TrialKey, float]] = {}

    def observe(self, trial: TrialKey, *, has_job: bool, now: float) -> Turn:
        """Return whether a trial may be started now; it waits in the queue until then.

        Args:
            trial: a live trial of several pods that is to be started, or was.
            has_job: it has its Job.
            now: seconds since the epoch.
        """
        namespace = trial[0].namespace
        if has_job:
            self.remove(trial)
            self._wake(namespace)
            return Turn(others_wait=bool(self._waiting.get(namespace)))
        waiting = self._waiting.setdefault(namespace, {})
        mine = waiting.setdefault(trial, _Waiting(now, now))
        mine.seen = now
        for key in [key for key, one in waiting.items() if one.seen < now - _FORGOTTEN]:
            del waiting[key]
        if next(iter(waiting)) != trial or self._is_busy(namespace, trial, now):
            return Turn(has_come=False, since=mine.since)
        self._creating[namespace] = (trial, now)
        return Turn(since=mine.since, others_wait=len(waiting) > 1)

    def _is_busy(self, namespace: str, trial: TrialKey, now: float) -> bool:
        """Return whether another trial is being started."""
        creating, since = self._creating.get(namespace, (trial, now))
        is_creating = creating != trial and since >= now - _FORGOTTEN
        return is_creating or bool(self._caches.starting_jobs(namespace))

    def remove(self, trial: TrialKey) -> None:
        """Remove a trial that waits no longer: it has its Job, waits for something else, or has ended."""
        namespace = trial[0].namespace
        if self._creating.get(namespace, (None,))[0] == trial:
            del self._creating[namespace]
        waiting = self._waiting.get(namespace, {})
        if waiting.pop(trial, None) is not None:
            self._wake(namespace)
        if not waiting:
            self._waiting.pop(namespace, None)

    def _wake(self, namespace: str) -> None:
        """Reconcile the next trial, if nothing is being started."""
        waiting = self._waiting.get(namespace)
        if waiting and not self._caches.starting_jobs(namespace):
            self._requeue(next(iter(waiting)))
