"""The work queues of the controllers: sweeps, trials, and statuses of sweeps.

Three queues, so that a trial waits for no other trial's requests, and neither waits for a status. A key
is in a queue at most once, and is reconciled by one worker at a time; see ``kube.workqueue``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..api.meta.identity import ObjectKey
from ..kube.workqueue import WorkQueue
from .state.sweep_state import SweepState
from .state.trial_state import TrialState
from .sweep_registry import SweepRegistry

TrialKey = tuple[ObjectKey, int]  # the sweep's, and the trial's index
_DELIVERIES_DELAY = 0.5  # seconds
Reconcile = Callable[[ObjectKey], Awaitable[float | None]]
RECORD_DELAY = 1.0  # seconds until a trial with something to record is reconciled


class Queues:
    """The three work queues. ``connect`` has to be called before anything is added.

    Args:
        registry: the registry of all sweeps.
    """

    sweeps: WorkQueue[ObjectKey]
    trials: WorkQueue[TrialKey]
    statuses: WorkQueue[ObjectKey]

    def __init__(self, registry: SweepRegistry) -> None:
        self._registry = registry

    def connect(
        self,
        sweep: Reconcile,
        trial: Callable[[TrialKey], Awaitable[float | None]],
        status: Reconcile,
    ) -> None:
        """Set what reconciles the keys.

        Args:
            sweep: reconciles a sweep; returns seconds until it is reconciled again, None for never.
            trial: the same for a trial.
            status: the same for a sweep's status.
        """
        self.sweeps, self.trials = WorkQueue(sweep), WorkQueue(trial)
        self.statuses = WorkQueue(status)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for queue in (self.trials, self.sweeps, self.statuses):
                group.create_task(queue.run())

    @property
    def depth(self) -> int:
        """The number of waiting keys."""
        return self.sweeps.depth + self.trials.depth + self.statuses.depth

    def requeue_trials(self, state: SweepState) -> None:
        """Requeue all trials of a sweep that have not ended."""
        for index in (*state.live, *state.slots.reserved):
            self.trials.add((state.identity.key, index))

    def requeue_changed(self, sweep: ObjectKey, trial: str) -> None:
        """Requeue a trial whose Job, pod or record changed; its sweep if the trial is not live.

        Args:
            sweep: the key of the sweep.
            trial: the name of the trial.
        """
        store = self._registry.sweep(sweep)
        live = None if store is None else store.state.trial(trial)
        if live is not None:
            self.trials.add((sweep, live.index))
        elif store is None or trial in store.state.unreadable:
            self.sweeps.add(sweep)

    def record_deliveries(self, sweep: ObjectKey) -> None:
        """Reconcile a sweep's status soon, for several notifications that were delivered at once."""
        self.statuses.add_after(sweep, _DELIVERIES_DELAY)

    def requeue_reporting(
        self, state: SweepState, trial: TrialState, now: float, *, decided: bool
    ) -> None:
        """Requeue a trial with new reports: at once to record a decision, soon to record the curve.

        Args:
            state: the state of the sweep.
            trial: a live trial.
            now: seconds since the epoch, with which the reports were ingested.
            decided: the trial is to be stopped by a decision that is not recorded yet.
        """
        key = (state.identity.key, trial.index)
        if decided:
            self.trials.add(key)
        elif trial.writes.pending_since == now:  # nothing was pending before
            self.trials.add_after(key, RECORD_DELAY)
        self.requeue_status(state, now)

    def requeue_status(self, state: SweepState, now: float) -> None:
        """Reconcile a sweep's status when it may be written again.

        Args:
            state: the state of the sweep.
            now: seconds since the epoch.
        """
        due = state.written.written_at + self._registry.status_interval()
        self.statuses.add_after(state.identity.key, due - now)
