"""Whether a sweep's spec is understood, and what is remembered from then on."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..api import names
from ..api.problem import InvalidSpec, Problem
from ..api.spec import SweepSpec
from ..api.spec_warnings import spec_warnings
from ..api.status import is_accepted, is_finished
from ..api.sweepjob import parse_sweepjob
from ..api.times import parse_time
from ..api.trial_record import TrialRecord
from ..kube import errors
from ..kube.client import KubeClient
from .caches import Caches, Key
from .event_recorder import EventRecorder
from .job_creator import JobCreator
from .report_ingestor import ReportIngestor
from .rights import message_for_denied
from .sweep_entry import SweepEntry
from .sweep_status_writer import StatusWriter
from .sweep_store import SweepState
from .warm_start import NotReady, Source, find_sources

_log = logging.getLogger(__name__)
_TRY_AGAIN = 30.0  # seconds until a Job that was refused is tried again
_LOOK_AGAIN = 5.0  # seconds until a sweep that another waits for is looked at again
_AT_ONCE = 5  # records are taken in without a break
_CONDITION_LIMIT = 32_000  # characters; the API's conventions allow 32,768


class SpecAdmission:
    """Looks at each new generation of a spec, and says in the conditions what it lacks.

    Args:
        again: has a sweep looked at again, after so many seconds.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        launcher: JobCreator,
        status: StatusWriter,
        announcer: EventRecorder,
        reports: ReportIngestor,
        again: Callable[[Key, float], None],
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._caches = caches
        self._launcher = launcher
        self._status = status
        self._announcer = announcer
        self._reports = reports
        self._again = again
        self._clock = clock

    async def accept(self, key: Key, sweep: SweepEntry) -> bool:
        """Understand a new generation of the spec; whether there is anything to do about it."""
        body = sweep.body
        meta, status = body["metadata"], dict(body.get("status") or {})
        generation = meta["generation"]
        if is_finished(status) and status.get("observedGeneration") == generation:
            sweep.generation = generation
            return False
        try:
            spec, warnings = await _understood(body)
            if sweep.state is not None and sweep.state.goes_on_with(spec):
                sweep.state.warnings = self._say(key, sweep, warnings)
                sweep.generation = generation
                return True
            sources = await find_sources(self._api, self._caches, key[0], spec, status)
        except InvalidSpec as error:
            goes_on = await self._reject(key, sweep, str(error))
            sweep.generation = generation
            return goes_on
        except NotReady as error:
            self._again(key, _LOOK_AGAIN)
            reason = names.REASON_WARM_START_PENDING
            await self._status.unaccepted(key, sweep, "Pending", reason, str(error))
            return False
        state = await self._load(key, spec, meta["uid"], status, sources)
        state.warnings = self._say(key, sweep, warnings)
        if not state.created and not is_accepted(status, generation):
            try:
                problem = await self._launcher.try_job(state)
            except errors.NotPermitted as error:
                return await self._postpone(key, sweep, error)
            if problem:
                # Admission may think otherwise later, when a policy or a right has been mended.
                self._again(key, _TRY_AGAIN)
                return await self._reject(key, sweep, problem)
        sweep.state = state
        sweep.generation = generation
        return True

    async def _load(
        self,
        key: Key,
        spec: SweepSpec,
        uid: str,
        status: dict[str, Any],
        sources: tuple[Source, ...],
    ) -> SweepState:
        """The memory of a sweep from what is on record. Reports that are not are asked for again."""
        started = parse_time(status.get("startTime")) or self._clock()
        seed = spec.seed if spec.seed is not None else _seed(uid)
        records: list[TrialRecord] = []
        while True:
            state = SweepState(*key, uid, spec, seed, started, status, sources)
            records = self._records(key, uid)
            for step, _ in enumerate(state.loading(records)):
                if step % _AT_ONCE == 0:
                    await asyncio.sleep(0)  # others are not to wait for ten thousand records
            if {r.uid for r in records} == {r.uid for r in self._records(key, uid)}:
                break  # none was deleted meanwhile
        for trial in state.live.values():
            for pod in self._caches.pods_of((state.namespace, trial.name), trial.uid):
                self._reports.take_in(state, pod, gone=False)
        self._announcer.lost_sources(state)
        return state

    def _records(self, key: Key, uid: str) -> list[TrialRecord]:
        return [record for record in self._caches.records_of(key) if record.sweep_uid == uid]

    def _say(self, key: Key, sweep: SweepEntry, warnings: Sequence[Problem]) -> str:
        """Tell of what is probably not meant: by an event, which is new once; returns it as a text."""
        text = "; ".join(map(str, warnings))[:_CONDITION_LIMIT]
        if text:
            self._status.warn(key, sweep, names.REASON_SPEC_WARNING, text)
        return text

    async def _postpone(self, key: Key, sweep: SweepEntry, error: errors.NotPermitted) -> bool:
        """Say that the operator lacks a right, which is not the spec's fault, and look again soon; a
        sweep that runs goes on as it was understood before.
        """
        self._again(key, _LOOK_AGAIN)
        reason, text = names.REASON_NOT_PERMITTED, message_for_denied(error.denied)
        if sweep.state is not None:
            return True
        await self._status.unaccepted(key, sweep, "Pending", reason, text)
        return False

    async def _reject(self, key: Key, sweep: SweepEntry, problems: str) -> bool:
        """Say in the conditions what is wrong with the spec; whether there is work all the same: a
        sweep that runs goes on as it was understood before.
        """
        text = f"{problems}. Correct the spec and apply it again"[:_CONDITION_LIMIT]
        if sweep.state is not None:
            self._status.warn(key, sweep, names.REASON_INVALID, text)
            sweep.state.problem = text
            return True
        await self._status.unaccepted(key, sweep, "Invalid", names.REASON_INVALID, text)
        return False


def _parse(body: Mapping[str, Any]) -> SweepSpec:
    """The spec of a SweepJob.

    Raises:
        InvalidSpec: it has mistakes, or what no check foresaw.
    """
    try:
        return parse_sweepjob(body)
    except InvalidSpec:
        raise
    except Exception as error:
        meta = body["metadata"]
        _log.exception("the spec of sweep %s/%s", meta["namespace"], meta["name"])
        remedy = f"cannot be read, which is a mistake of the operator: {error!r}; please report it"
        raise InvalidSpec([Problem("spec", meta["name"], remedy)]) from error


async def _understood(body: Mapping[str, Any]) -> tuple[SweepSpec, list[Problem]]:
    """A spec and what is probably not meant in it. Read in a thread: it may be large.

    Raises:
        InvalidSpec: with every mistake.
    """
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(None, _understand, body)
    if isinstance(found, InvalidSpec):
        raise found
    return found


def _understand(body: Mapping[str, Any]) -> tuple[SweepSpec, list[Problem]] | InvalidSpec:
    try:
        spec = _parse(body)
    except InvalidSpec as error:
        return error
    return spec, spec_warnings(body, spec)


def _seed(uid: str) -> int:
    """The seed of a sweep that names none: made from its uid, so it is drawn once for ever."""
    return int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4], "big")
