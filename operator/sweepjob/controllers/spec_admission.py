"""Checks specs, and builds the state of a sweep whose spec is accepted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..api import names
from ..api.meta.cause import Cause
from ..api.meta.identity import ObjectIdentity, ObjectKey
from ..api.parsing.problem import InvalidSpec, Problem
from ..api.phases import SweepPhase
from ..api.spec.prices import check_prices
from ..api.spec.sampler_builder import seed_of
from ..api.spec.sweep_spec import SweepSpec
from ..api.status import is_accepted, is_finished
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.loop_turns import run_in_turns
from ..timestamps import parse_time
from .caches import Caches
from .code_check import find_code
from .event_recorder import EventRecorder
from .fair_thread import FairThread
from .job_creator import JobCreator
from .kind_caches import kinds_message
from .not_ready import NotReady
from .parser_threads import ParserThreads
from .permissions import denied_access_message
from .queues import Queues
from .report_ingestor import ReportIngestor
from .state.sweep_store import SweepStore
from .sweep_registry import SweepEntry
from .sweep_status_writer import SweepStatusWriter
from .warm_start import Source, find_sources

_log = logging.getLogger(__name__)
_REFUSED_RETRY = 30.0  # seconds until a Job that was refused is tried again
_KIND_TIMEOUT = 3.0  # seconds until a sweep says why it waits for the objects of its kind
_PENDING_RETRY = 5.0  # seconds until a sweep that waits for another one is checked again
# Parts of a spec on which it depends what is read of the trials of a warm start.
_READ_FOR = ("warm_start", "space", "objective", "further_objectives", "constraints")
_CONDITION_LIMIT = 32_000  # characters; the API's conventions allow 32,768


class SpecAdmission:
    """Checks each new generation of a spec, and writes into the conditions why it is not accepted.

    Args:
        api: the API server.
        caches: the caches of records and pods.
        job_creator: tries a Job of the sweep.
        status_writer: writes the status of SweepJobs.
        events: records events.
        reports: ingests what pods show.
        queues: the controllers' queues.
        clock: seconds since the epoch.
        prices: what an hour of a resource costs where a spec has no price for it.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        job_creator: JobCreator,
        status_writer: SweepStatusWriter,
        events: EventRecorder,
        reports: ReportIngestor,
        queues: Queues,
        clock: Callable[[], float],
        prices: Mapping[str, float],
    ) -> None:
        self._prices = prices
        self._api = api
        self._caches = caches
        self._job_creator = job_creator
        self._status = status_writer
        self._events = events
        self._reports = reports
        self._queues = queues
        self._clock = clock
        self._parser = ParserThreads()
        self._code_thread = FairThread("code")

    async def admit(self, key: ObjectKey, entry: SweepEntry) -> bool:
        """Check a new generation of a spec, and make the sweep active if it is accepted.

        Args:
            key: the key of the sweep.
            entry: the SweepJob; its state and observed generation are set here.

        Returns:
            Whether the sweep is to be reconciled: with this generation, or with an earlier one if this
            one was rejected.

        Raises:
            ApiError: a request failed.
        """
        generation, status = entry.generation, dict(entry.body.get("status") or {})
        if is_finished(status) and status.get("observedGeneration") == generation:
            entry.observed_generation, entry.earlier = generation, None
            return False
        try:
            spec, warnings = await self._parser.parse(entry.body)
            check_prices(spec.limits.max_cost, {**self._prices, **spec.limits.prices})
            await self._check_kind(key, spec)
            if entry.sweep is not None and entry.sweep.update_spec(spec):
                self._publish_warnings(key, entry, entry.sweep, warnings)
                entry.observed_generation = generation
                return True
            sources = await self._sources(key, entry, spec, status)
            given = (key.namespace, spec, status)
            code = await find_code(self._api, *given, self._code_thread)
            sweep = await self._load(entry, spec, status, sources, code)
        except InvalidSpec as error:
            is_active = await self._reject(key, entry, str(error))
            entry.observed_generation = generation
            return is_active
        except NotReady as error:
            self._queues.sweeps.add_after(key, _PENDING_RETRY)
            cause = Cause(error.reason, str(error))
            phase = SweepPhase.PENDING if error.waits else SweepPhase.INVALID
            await self._status.write_not_accepted(key, entry, phase, cause)
            return False
        except errors.NotPermitted as error:
            return await self._postpone(key, entry, error)
        self._publish_warnings(key, entry, sweep, warnings)
        if not sweep.state.slots.created and not is_accepted(status, generation):
            try:
                problem = await self._job_creator.dry_run_job(sweep)
            except errors.NotPermitted as error:
                return await self._postpone(key, entry, error)
            except errors.NotFound as error:
                return await self._await_kind(key, entry, spec, error)
            if problem:
                # It may be accepted later, when an admission policy or a permission was corrected.
                self._queues.sweeps.add_after(key, _REFUSED_RETRY)
                return await self._reject(key, entry, problem)
        entry.activate(sweep, generation)
        return True

    async def _sources(
        self, key: ObjectKey, entry: SweepEntry, spec: SweepSpec, status: Mapping[str, Any]
    ) -> tuple[Source, ...]:
        """Return the earlier trials that count; of an active sweep, those that it has read already."""
        if entry.sweep is not None:
            active = entry.sweep.state
            if all(getattr(active.spec, part) == getattr(spec, part) for part in _READ_FOR):
                return active.sources
        given = (key.namespace, spec, status)
        return await find_sources(self._api, self._caches, *given, self._parser.own)

    async def _check_kind(self, key: ObjectKey, spec: SweepSpec) -> None:
        """Check that the operator may create the objects of a sweep, and sees their changes.

        Raises:
            NotReady: it may not, or the API server does not know the kind.
        """
        manifest = spec.trial.manifest
        if manifest is None:
            return
        kind = self._caches.kinds.of(manifest.api_version, manifest.kind)
        if kind is None:
            message = kinds_message(self._caches.kinds.kinds, manifest)
            raise NotReady(
                names.REASON_KIND_NOT_ALLOWED, f"spec.trial.manifest: {message}", waits=False
            )
        await self._caches.kinds.await_listed(kind, key.namespace, _KIND_TIMEOUT)
        if why := self._caches.kinds.problem(kind, key.namespace):
            raise NotReady(names.REASON_KIND_NOT_SERVED, f"spec.trial.manifest: {why}")

    async def _await_kind(
        self, key: ObjectKey, entry: SweepEntry, spec: SweepSpec, error: errors.NotFound
    ) -> bool:
        """Note that the API server does not know the kind any more; check again soon."""
        if spec.trial.manifest is None:
            raise error
        self._queues.sweeps.add_after(key, _PENDING_RETRY)
        message = f"spec.trial.manifest: {spec.trial.manifest.kind} cannot be created: {error}"
        cause = Cause(names.REASON_KIND_NOT_SERVED, message)
        await self._status.write_not_accepted(key, entry, SweepPhase.PENDING, cause)
        return False

    async def _load(
        self,
        entry: SweepEntry,
        spec: SweepSpec,
        status: dict[str, Any],
        sources: tuple[Source, ...],
        code: str,
    ) -> SweepStore:
        """Rebuild a sweep's state from its records. Reports that are not recorded arrive again.

        Raises:
            InvalidSpec: the sampler cannot be built.
        """
        meta = entry.body["metadata"]
        identity = ObjectIdentity(meta["namespace"], meta["name"], meta["uid"])
        started = parse_time(status.get("startTime")) or self._clock()
        seed = seed_of(spec, identity.uid)
        while True:
            sweep = SweepStore(identity, spec, seed, started, status, sources, code, self._prices)
            records = self._records(identity)
            await run_in_turns(sweep.load_in_steps(records))
            if {r.uid for r in records} == {r.uid for r in self._records(identity)}:
                break  # none was deleted meanwhile
        for trial in sweep.state.live.values():
            self._reports.ingest_pods(sweep, trial)
        self._events.lost_sources(sweep.state)
        return sweep

    def _records(self, sweep: ObjectIdentity) -> list[TrialRecord]:
        return [r for r in self._caches.records_of(sweep.key) if r.sweep_uid == sweep.uid]

    def _publish_warnings(
        self, key: ObjectKey, entry: SweepEntry, sweep: SweepStore, warnings: Sequence[Problem]
    ) -> None:
        """Record an event about probably unintended settings, and keep the message for the conditions."""
        text = "; ".join(map(str, warnings))[:_CONDITION_LIMIT]
        if text:
            self._status.warn(key, entry, Cause(names.REASON_SPEC_WARNING, text))
        sweep.set_spec_warnings(text)

    async def _postpone(
        self, key: ObjectKey, entry: SweepEntry, error: errors.NotPermitted
    ) -> bool:
        """Note a missing permission, which is not the spec's fault; check again soon.

        Return whether an earlier generation is in force.
        """
        self._queues.sweeps.add_after(key, _PENDING_RETRY)
        if entry.sweep is not None:
            return True
        cause = Cause(names.REASON_NOT_PERMITTED, denied_access_message(error.denied))
        await self._status.write_not_accepted(key, entry, SweepPhase.PENDING, cause)
        return False

    async def _reject(self, key: ObjectKey, entry: SweepEntry, problems: str) -> bool:
        """Write what is wrong with the spec. Return whether an earlier generation is in force."""
        text = f"{problems}. Correct the spec and apply it again"[:_CONDITION_LIMIT]
        cause = Cause(names.REASON_INVALID, text)
        if entry.sweep is not None:
            self._status.warn(key, entry, cause)
            entry.sweep.reject_spec(text)
            return True
        await self._status.write_not_accepted(key, entry, SweepPhase.INVALID, cause)
        return False
