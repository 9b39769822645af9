"""What has to be looked at: trials, sweeps, and what a sweep's status says, each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..kube.workqueue import WorkQueue
from .caches import Key
from .sweep_store import SweepState

TrialKey = tuple[Key, int]  # the sweep's, and the trial's index
Look = Callable[[Key], Awaitable[float | None]]


class Queues:
    """A trial waits for no other trial's requests, and neither waits for what is only told.

    Args:
        interval: tells the seconds between two writes of what has changed in a sweep's numbers alone.
    """

    def __init__(
        self,
        sweep: Look,
        trial: Callable[[TrialKey], Awaitable[float | None]],
        status: Look,
        interval: Callable[[], float],
    ) -> None:
        self._interval = interval
        self.sweeps: WorkQueue[Key] = WorkQueue(sweep)
        self.trials: WorkQueue[TrialKey] = WorkQueue(trial)
        self.statuses: WorkQueue[Key] = WorkQueue(status)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for queue in (self.trials, self.sweeps, self.statuses):
                group.create_task(queue.run())

    @property
    def depth(self) -> int:
        return self.sweeps.depth + self.trials.depth + self.statuses.depth

    def add_trials(self, state: SweepState) -> None:
        """Look at all trials of a sweep that have not ended."""
        for index in (*state.live, *state.reserved):
            self.trials.add((state.key, index))

    def requeue_status(self, state: SweepState, now: float) -> None:
        """Look at what the sweep's status says, when it may be written again."""
        self.statuses.add_after(state.key, state.status_written + self._interval() - now)
