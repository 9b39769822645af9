"""Creates the SweepTrial of a trial, then the Job of each attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..api import names
from ..api.messages.owner_description import describe_owner
from ..api.resources import SWEEPTRIALS
from ..api.spec.sampler_builder import proposal_source
from ..api.sweeptrial.serialization import trial_manifest
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..lifecycle import actions as act
from ..lifecycle.workload import StartBlocker
from ..search.samplers.random import RandomSampler
from ..timestamps import parse_time
from ..trial_pods.pod_group import service_manifest
from ..trial_pods.sidecar import SidecarSettings, operator_of
from ..trial_pods.start_blockers import (
    of_missing_right,
    of_refused_job,
    of_refused_record,
    of_untrusted_ingest_server,
)
from . import sweep_log
from .caches import Caches
from .event_recorder import EventRecorder
from .ingest_authority import IngestAuthority
from .job_builder import JobBuilder
from .namespace_constraint_reader import NamespaceConstraintReader
from .permissions import denied_access_message
from .schema_reader import SchemaReader
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState

_NO_TRIAL = "00000000-0000-0000-0000-000000000000"
_NO_DRY_RUN = "does not support dry run"
_CLOCK_DIFFERENCE = 10.0  # seconds, between the API server and this operator
_LONGEST_PAUSE = 30.0  # seconds between two tries to create a Job that is refused


class JobCreator:
    """Creates records and Jobs.

    Names are deterministic: an existing object with the same name and owner was created by a request
    whose answer was lost.

    Args:
        api: the API server.
        caches: the caches of records and Jobs.
        events: records events.
        limits: reads the LimitRanges and quotas of a namespace.
        sidecar: configuration of the sidecars, without the authority.
        authority: the authority by which sidecars trust the ingest server.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        events: EventRecorder,
        limits: NamespaceConstraintReader,
        sidecar: SidecarSettings,
        authority: IngestAuthority,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._caches = caches
        self._builder = JobBuilder(events, limits, sidecar, authority, SchemaReader(api, clock))
        self._url = sidecar.url
        self._authority = authority
        self._clock = clock
        self._started = clock()

    async def create_trial(self, sweep: SweepStore, action: act.CreateTrial) -> None:
        """Create the record of a new trial.

        Args:
            sweep: the trial's sweep.
            action: index and assignment.

        Raises:
            Refused, Conflict: the record cannot be created; the sweep's state says why.
        """
        state = sweep.state
        identity = state.identity
        source = proposal_source(state.spec, state.seed, action.trial)
        body = trial_manifest(
            identity.namespace,
            identity.name,
            identity.uid,
            action.trial,
            action.assignment,
            source,
            state.spec.policy.name if state.spec.policy_pauses else "",
        )
        try:
            made = await self._create_or_adopt(
                SWEEPTRIALS, identity.namespace, body, owner=identity.uid
            )
            record = self._cache_record(state, made)
        except (errors.Refused, errors.Conflict) as error:
            before = state.slots.record_blocker
            since = self._clock() if before is None else before.since
            refused = of_refused_record(action.trial, str(error), since)
            sweep.block_records(_missing_permission(error, since) or refused)
            raise
        sweep.unblock_records()
        if record.index not in state.live:
            sweep.admit(record)

    def _cache_record(self, state: SweepState, made: dict[str, Any]) -> TrialRecord:
        """Enter the record of a new trial into the cache.

        Raises:
            Conflict: the object with its name is not a record of the sweep.
        """
        try:
            return self._caches.trials(state.namespace).store_own_write(made)
        except ValueError as error:
            name = made["metadata"]["name"]
            raise errors.Conflict(f"sweeptrials '{name}' {error}; delete it") from error

    async def create_job(self, sweep: SweepStore, trial: TrialState, action: act.CreateJob) -> None:
        """Create the Job of an attempt.

        A refusal is kept in the trial's state, and the Job is requested again after a pause that grows
        with the time that it has been refused.

        Args:
            sweep: the trial's sweep.
            trial: a live trial without a Job.
            action: the attempt.

        Raises:
            ApiError: the API server did not answer.
        """
        state = sweep.state
        problem = self._authority.problem_of(state.spec.metrics.source)
        if problem:
            self._refuse(sweep, trial, lambda since: of_untrusted_ingest_server(problem, since))
            return
        manifest = state.spec.trial.manifest
        try:
            body = await self._builder.build(
                *(sweep, trial.name, trial.uid, action.attempt),
                state.launched_assignment(trial),
            )
            if state.spec.trial.instance_count > 1:
                await self._create_service(state)
            resource = self._caches.workload_resource(manifest)
            sweep.trials.mark_job_requested(trial, self._clock())
            made = await self._create_or_adopt(resource, state.namespace, body, owner=trial.uid)
            self._compare_operators(sweep, made)
        except (errors.Refused, errors.Conflict) as error:
            refused = error
            self._refuse(
                sweep,
                trial,
                lambda since: (
                    _missing_permission(refused, since) or of_refused_job(str(refused), since)
                ),
            )
            return
        except errors.NotFound as error:
            if manifest is None:
                raise
            gone = f"its {manifest.kind} cannot be created, since its kind is not served: {error}"
            self._refuse(
                sweep, trial, lambda since: StartBlocker(names.REASON_KIND_NOT_SERVED, gone, since)
            )
            return
        sweep.trials.mark_job_created(trial)
        self._caches.store_own_workload(manifest, state.namespace, made)

    def _refuse(
        self, sweep: SweepStore, trial: TrialState, blocker: Callable[[float], StartBlocker]
    ) -> None:
        """Keep why a Job is not created, and when to try again."""
        now, before = self._clock(), trial.blockers.creation
        since = now if before is None else before.since
        pause = min(_LONGEST_PAUSE, max(1.0, now - since))
        sweep.trials.mark_job_refused(trial, blocker(since), now + pause)

    def _compare_operators(self, sweep: SweepStore, job: dict[str, Any]) -> None:
        """Note it if another operator created the Job of an attempt while this one runs.

        One from before may be of a release that this operator replaces.
        """
        url, created = operator_of(job), parse_time(job["metadata"].get("creationTimestamp"))
        if url in ("", self._url) or created is None:
            return
        if created > self._started + _CLOCK_DIFFERENCE and not sweep.state.findings.other_operator:
            sweep.note_other_operator(url)
            sweep_log.log_other_operator(sweep.state, url)

    async def _create_service(self, state: SweepState) -> None:
        """Create the Service by which the pods of a trial find each other, unless it exists.

        Raises:
            Refused, Conflict: it cannot be created.
        """
        sweep = state.identity
        body = service_manifest(sweep.namespace, sweep.name, sweep.uid)
        await self._create_or_adopt(resources.SERVICES, sweep.namespace, body, owner=sweep.uid)

    async def dry_run_job(self, sweep: SweepStore) -> str:
        """Have the API server check a Job of the sweep, without creating it.

        Args:
            sweep: a sweep without trials yet.

        Returns:
            Why the API server, or an admission webhook, refuses it; empty when it does not. A refusal
            that waiting may resolve, such as an exhausted quota, does not count.

        Raises:
            NotPermitted: the operator may not create Jobs.
        """
        state = sweep.state
        sampler = RandomSampler(state.spec.space, state.seed)
        assignment = sampler.propose(0, [])
        assert assignment is not None, "a space has at least one point"
        name = names.trial_name(state.name, 0)
        try:
            body = await self._builder.build(
                *(sweep, name, _NO_TRIAL, 1), state.spec.with_first_budget(assignment)
            )
            # A trial of an earlier sweep may still have the name.
            body["metadata"]["name"] = f"{body['metadata']['name'][:50]}-check"
            resource = self._caches.workload_resource(state.spec.trial.manifest)
            await self._api.create_dry_run(resource, state.namespace, body)
        except errors.NotPermitted:
            raise
        except errors.Refused as error:
            if _NO_DRY_RUN in str(error):  # a webhook of the kind's controller
                return ""
            blocker = of_refused_job(str(error), self._clock())
            return "" if blocker.waits else f"spec.trial: {blocker.message}"
        except errors.Conflict:
            pass
        return ""

    async def _create_or_adopt(
        self, resource: resources.Resource, namespace: str, body: dict[str, Any], owner: str
    ) -> dict[str, Any]:
        """Create an object, or adopt the one with its name if it has the same owner.

        Raises:
            Conflict: the one with its name has another owner.
        """
        try:
            return await self._api.create(resource, namespace, body)
        except errors.AlreadyExists:
            name = body["metadata"]["name"]
            found = await self._api.get(resource, namespace, name)
            owners = found["metadata"].get("ownerReferences") or [{}]
            if owners[0].get("uid") == owner:
                return found
            raise errors.Conflict(
                f"{resource.plural} '{name}' already exists. It belongs to {describe_owner(found)} and "
                "is not changed. Use another name for this sweep, or wait until that object is gone"
            ) from None


def _missing_permission(error: errors.ApiError, since: float) -> StartBlocker | None:
    """Return the blocker for a refusal due to the operator's permissions; None for any other refusal."""
    if not isinstance(error, errors.NotPermitted):
        return None
    return of_missing_right(denied_access_message(error.denied), since)
