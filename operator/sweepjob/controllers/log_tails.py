"""Keeps the last lines of each attempt's log on the record of its trial.

Logs go with their pods: those of a stopped trial within seconds, the others after a day. The record of an
end waits for the reading for a moment, which saves a write; nothing else does. The log of a trial that is
being stopped is followed from the decision to its end, beside the deletion of its pod. However much a
script prints meanwhile, all readings together have a share of the event loop's time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ..api.meta.identity import ObjectKey
from ..api.resources import SWEEPTRIALS
from ..api.sweeptrial.log_tail import (
    MAX_LENGTH,
    MAX_LINES,
    LogTail,
    parse_log_tails,
)
from ..ingest.log_readers.budget import LoopShare, StreamBudget
from ..kube import errors
from ..kube.client import KubeClient
from ..log_parsing.limits import LogLimits
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.failures import last_lines
from .caches import Caches
from .log_tail_record import record_log_tails
from .queues import Queues
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState
from .sweep_registry import SweepRegistry

_log = logging.getLogger(__name__)
_READS_AT_ONCE = 16
_TRIES = 3
_PAUSE = 1.0  # seconds between two tries
_LONGEST_FOLLOW = 60.0  # seconds in addition to the grace period of a pod that is being deleted
_LONGEST_READ = 30.0  # seconds
_MOMENT = 0.25  # seconds for which the record of an end waits
_MOST_READ = 4_000_000  # characters of lines, which a hostile script may make long
_TOO_LONG = f"its last {MAX_LINES} lines have more than 4 MB; what follows is not kept"
_LIMITS = LogLimits(share=0.1, saved=1.0)


@dataclass(frozen=True, slots=True)
class _Owner:
    """The trial of a pod, as the caches knew it when the reading began."""

    namespace: str
    trial: str
    uid: str


class LogTails:
    """Reads the ends of logs, each in a task of its own.

    Args:
        api: the API server.
        caches: the caches of records and pods.
        registry: the registry of all sweeps.
        queues: the controllers' queues.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        registry: SweepRegistry,
        queues: Queues,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._caches = caches
        self._registry = registry
        self._queues = queues
        self._clock = clock
        self._slots = asyncio.Semaphore(_READS_AT_ONCE)
        self._share = LoopShare(_LIMITS.share)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def follow_stopped(self, sweep: SweepStore, trial: TrialState) -> None:
        """Read the log of a trial that is about to be stopped until its trainer has ended.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
        """
        key = ObjectKey(sweep.state.namespace, trial.name)
        pod = self._caches.newest_pod(key, trial.uid)
        if pod is not None and pod.view.started is not None and pod.attempt == trial.status.attempt:
            self._start(pod, sweep.state.spec.trial.stop_grace + _LONGEST_FOLLOW)

    def read(self, pod: CachedPod) -> None:
        """Read the log of a pod whose trainer has ended, unless that was begun before."""
        self._start(pod, None)

    async def wait_briefly(self, sweep: SweepStore, trial: TrialState) -> None:
        """Wait a moment for the log of a trial that has ended, if it is being read.

        Its slot is free already. Only a sampler that waits for the trial's result would be held up.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
        """
        if sweep.state.proposals.sampler.uses_observations:
            return
        pod = self._caches.newest_pod(ObjectKey(sweep.state.namespace, trial.name), trial.uid)
        task = None if pod is None else self._tasks.get(pod.uid)
        if task is not None:
            await asyncio.wait({task}, timeout=_MOMENT)

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone. A read in progress continues."""
        task = self._tasks.get(uid)
        if task is not None:  # called at once where it is done
            task.add_done_callback(lambda _: self._tasks.pop(uid, None))

    def _start(self, pod: CachedPod, follow: float | None) -> None:
        uid = self._caches.trial_uid_of(pod)
        # Of the pods of one attempt, the first reports and speaks for the others.
        if uid is None or pod.uid in self._tasks or pod.view.rank:
            return
        owner = _Owner(pod.namespace, pod.trial, uid)
        work = self._keep(owner, pod, follow)
        self._tasks[pod.uid] = asyncio.create_task(work, name=f"end of the log of {pod.name}")

    async def _keep(self, owner: _Owner, pod: CachedPod, follow: float | None) -> None:
        """Read, and record what was read; errors are recorded as well."""
        try:
            if follow is None:
                async with self._slots:
                    tail = await self._try(pod)
            else:
                tail = await self._follow(pod, follow)
            if tail.problem and await self._was_read(owner, pod):
                return
            if not self._note(owner, pod, tail):
                key, tails = ObjectKey(owner.namespace, owner.trial), {pod.attempt: tail}
                await record_log_tails(self._api, self._caches, key, owner.uid, tails)
        except errors.ApiError as error:
            _log.info("the end of the log of %s/%s: %s", pod.namespace, pod.name, error)

    async def _was_read(self, owner: _Owner, pod: CachedPod) -> bool:
        """Return whether the log is on record already.

        After a restart it is read again, and its pod may be gone by then. An error must not replace what
        was read before.

        Raises:
            ApiError: the record cannot be read.
        """
        body = await self._api.get(SWEEPTRIALS, owner.namespace, owner.trial)
        known = parse_log_tails(body).get(pod.attempt)
        return known is not None and known.pod == pod.name and bool(known.text)

    def _note(self, owner: _Owner, pod: CachedPod, tail: LogTail) -> bool:
        """Leave it to the next status write of a live trial; returns whether the trial is live."""
        sweep = self._registry.sweep(ObjectKey(owner.namespace, pod.sweep))
        trial = None if sweep is None else sweep.state.trial(owner.trial)
        if sweep is None or trial is None or trial.uid != owner.uid:
            return False
        sweep.trials.note_log_tail(trial, pod.attempt, tail, self._clock())
        self._queues.trials.add_after((sweep.state.identity.key, trial.index), _PAUSE)
        return True

    async def _follow(self, pod: CachedPod, seconds: float) -> LogTail:
        kept = _Lines()
        problem = ""
        try:
            async with asyncio.timeout(seconds):
                await self._read(pod, kept, follow=True)
        except TimeoutError:  # what was read until then counts
            problem = f"it was followed for {seconds:.0f} s; what was printed later is not kept"
        except errors.ApiError as error:
            problem = str(error)
        return kept.tail(pod, problem)

    async def _try(self, pod: CachedPod) -> LogTail:
        kept, problem = _Lines(), ""
        for attempt in range(_TRIES):
            kept = _Lines()
            try:
                async with asyncio.timeout(_LONGEST_READ):
                    is_whole = await self._read(pod, kept, follow=False)
            except TimeoutError:
                return kept.tail(pod, f"the log took longer than {_LONGEST_READ:.0f} s to read")
            except errors.ApiError as error:
                problem = str(error)
                if isinstance(error, errors.NotFound) or attempt == _TRIES - 1:
                    break
                await asyncio.sleep(_PAUSE)
            else:
                return kept.tail(pod, "" if is_whole else _TOO_LONG)
        return kept.tail(pod, problem)

    async def _read(self, pod: CachedPod, kept: _Lines, *, follow: bool) -> bool:
        """Read lines; returns whether the log was read to its end."""
        where = (pod.namespace, pod.name, pod.trainer, MAX_LINES)
        budget, before = StreamBudget(_LIMITS, self._share), time.perf_counter()
        async with contextlib.aclosing(self._api.read_log_tail(*where, follow=follow)) as lines:
            async for line in lines:
                kept.add(line)
                if kept.size > _MOST_READ and not follow:
                    return False
                since, before = before, time.perf_counter()
                if budget.consume(len(line), before - since, 0.0, skipped=False):
                    await budget.wait()
                    before = time.perf_counter()
        return True


class _Lines:
    """The last lines of a log, in bounded memory."""

    def __init__(self) -> None:
        self._kept: deque[str] = deque(maxlen=MAX_LINES)
        self.size = 0

    def add(self, line: str) -> None:
        self.size += len(line)
        self._kept.append(line[-MAX_LENGTH:])

    def tail(self, pod: CachedPod, problem: str) -> LogTail:
        """Return the lines as plain text, cut to the length of a record."""
        return LogTail(pod.name, last_lines("\n".join(self._kept), MAX_LENGTH), problem)
