"""Creates what a trial needs: its record, then the Job of each attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..api import names
from ..api.outputs import trial_folder
from ..api.owner_description import describe_owner
from ..api.reserved_names import ReservedName
from ..api.sweeptrial import trial_manifest
from ..api.trial_record import TrialRecord
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..lifecycle import actions as act
from ..lifecycle.observed import StartBlocker
from ..search.samplers.registry import make_sampler
from ..search.space import Assignment
from ..trial_pods.identity import TrialIdentity
from ..trial_pods.job import job_manifest
from ..trial_pods.sidecar import SidecarSettings
from ..trial_pods.start_blockers import of_missing_right, of_refused_job, of_refused_record
from .caches import Caches
from .event_recorder import EventRecorder
from .namespace_constraint_reader import NamespaceConstraintReader
from .rights import message_for_denied
from .sweep_store import SweepState
from .trial_store import TrialState

_NO_TEMPLATE = "something in it is of another type than in a pod; compare kubectl explain pod.spec"
_NO_TRIAL = "00000000-0000-0000-0000-000000000000"
_LONGEST_PAUSE = 30.0  # seconds between two tries to create a Job that is refused


class JobCreator:
    """Names are deterministic: what is there already and ours was created by an answer that never came.

    Args:
        limits: reads what a namespace demands of containers.
        sidecar: what the pods' sidecars are told.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        announcer: EventRecorder,
        limits: NamespaceConstraintReader,
        sidecar: SidecarSettings,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._caches = caches
        self._announcer = announcer
        self._limits = limits
        self._sidecar = sidecar
        self._clock = clock

    async def create(self, state: SweepState, action: act.CreateTrial) -> None:
        source = " ".join(dict.fromkeys(state.spec.sampler)) + f" seed {state.seed}"
        body = trial_manifest(
            state.namespace, state.name, state.uid, action.trial, action.assignment, source
        )
        try:
            made = await self._create_or_adopt(
                resources.SWEEPTRIALS, state.namespace, body, owner=state.uid
            )
            record = self._enter(state, made)
        except (errors.Refused, errors.Conflict) as error:
            since = self._clock() if state.refused is None else state.refused.since
            start_blocker = of_refused_record(action.trial, str(error), since)
            state.refused = _missing_right(error, since) or start_blocker
            raise
        state.refused = None
        if record.index not in state.live:
            state.admit(record)

    def _enter(self, state: SweepState, made: dict[str, Any]) -> TrialRecord:
        """Put the record of a new trial into the cache.

        Raises:
            Conflict: what has its name is no record of it.
        """
        try:
            return self._caches.trials(state.namespace).put(made)
        except ValueError as error:
            name = made["metadata"]["name"]
            raise errors.Conflict(f"sweeptrials '{name}' {error}; delete it") from error

    async def launch(self, state: SweepState, trial: TrialState, action: act.LaunchJob) -> None:
        identity = TrialIdentity(
            state.namespace,
            state.name,
            trial.name,
            trial.uid,
            action.attempt,
            trial_folder(state.name, state.uid, trial.name),
        )
        try:
            body = await self._job(identity, state, trial.assignment)
            trial.unanswered = self._clock()
            made = await self._create_or_adopt(
                resources.JOBS, state.namespace, body, owner=trial.uid
            )
        except (errors.Refused, errors.Conflict) as error:
            now, trial.unanswered = self._clock(), None
            since = now if trial.refused is None else trial.refused.since
            trial.refused = _missing_right(error, since) or of_refused_job(str(error), since)
            # Asked again after a pause that grows with the time that it has lasted.
            trial.launch_at = now + min(_LONGEST_PAUSE, max(1.0, now - since))
            return
        # From here on a Job that is missing was deleted by somebody; a start of the operator forgets
        # that until the trial has run, and would create it again.
        trial.refused, trial.unanswered, trial.launched = None, None, True
        self._caches.jobs(state.namespace).put(made)

    async def try_job(self, state: SweepState) -> str:
        """What the API server, or admission, would have against the sweep's Jobs; empty when nothing.
        What only time can show, such as a quota, is no reason to refuse a sweep.

        Raises:
            NotPermitted: the operator may not create Jobs.
        """
        sampler = make_sampler("random", "random", state.spec.space, state.seed)
        assignment = sampler.propose(0, [])
        assert assignment is not None, "a space has at least one point"
        name = names.trial_name(state.name, 0)
        folder = trial_folder(state.name, state.uid, name)
        identity = TrialIdentity(state.namespace, state.name, name, _NO_TRIAL, 1, folder)
        try:
            body = await self._job(identity, state, assignment)
            # A trial of an earlier sweep may still have the name.
            body["metadata"]["name"] = f"{body['metadata']['name'][:50]}-check"
            await self._api.would_create(resources.JOBS, state.namespace, body)
        except errors.NotPermitted:
            raise
        except errors.Refused as error:
            start_blocker = of_refused_job(str(error), self._clock())
            return "" if start_blocker.waits else f"spec.trial: {start_blocker.message}"
        except errors.Conflict:
            pass
        return ""

    async def _job(
        self, identity: TrialIdentity, state: SweepState, assignment: Assignment
    ) -> dict[str, Any]:
        """The Job of an attempt.

        Raises:
            Refused: the user's template is none.
        """
        try:
            limits = await self._limits.read(identity.namespace)
            body = job_manifest(identity, state.spec, assignment, self._sidecar, limits)
        except ReservedName as error:
            raise errors.Refused(f"trial.template.spec.{error}") from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise errors.Refused(f"{error}: {_NO_TEMPLATE}") from error
        fitted = (body["metadata"].get("annotations") or {}).get(names.ANNOTATION_FITTED, "")
        if fitted and fitted != state.fitted:
            self._announcer.sidecar_fitted(state, fitted)
        state.fitted = fitted
        return body

    async def _create_or_adopt(
        self, resource: resources.Resource, namespace: str, body: dict[str, Any], owner: str
    ) -> dict[str, Any]:
        """Create, or take what is there by that name if it is ours.

        Raises:
            Conflict: it belongs to somebody else.
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
                f"{resource.plural} '{name}' exists already. It belongs to {describe_owner(found)} and "
                "is left alone. Give this sweep another name, or wait until that one is gone"
            ) from None


def _missing_right(error: errors.ApiError, since: float) -> StartBlocker | None:
    """What a refusal says that is not about the object, but about the operator's own rights."""
    if not isinstance(error, errors.NotPermitted):
        return None
    return of_missing_right(message_for_denied(error.denied), since)
