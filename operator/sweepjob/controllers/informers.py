"""The informers of records, Jobs and pods: one of each for a namespace that is watched, or for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..api import names
from ..api.messages.missing_crd import missing_crd
from ..api.resources import SWEEPTRIALS
from ..api.sweeptrial.serialization import parse_record
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import resources
from ..kube.client import KubeClient
from ..kube.decoding import FieldSelection
from ..kube.informer import Informer
from ..kube.unparseable_objects import SkippedObjectObserver
from ..trial_pods.cached_objects import CachedJob, CachedPod
from ..trial_pods.node_clocks import job_until, merge_jobs, merge_pods, pod_until
from ..trial_pods.object_schemas import JOB_SCHEMA, POD_SCHEMA, schema_fields
from ..trial_pods.pod_parsing import parse_job, parse_pod

# Only what is needed of them is read: anybody may create some, as large as the API server allows.
_JOBS = replace(resources.JOBS, fields=FieldSelection(schema_fields(JOB_SCHEMA)))
_PODS = replace(resources.PODS, fields=FieldSelection(schema_fields(POD_SCHEMA)))
AnyInformer = Informer[TrialRecord] | Informer[CachedJob] | Informer[CachedPod]


class Informers:
    """The informers of SweepTrials, and of the Jobs and pods with the operator's label.

    Args:
        api: the API server.
        namespaces: those to watch; None for all.
        on_record: called with the old and the new record.
        on_job: called with the old and the new Job.
        on_pod: called with the old and the new pod.
        clock: seconds since the epoch.
        skipped: learns which objects cannot be read.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: Sequence[str | None],
        on_record: Callable[[TrialRecord | None, TrialRecord | None], None],
        on_job: Callable[[CachedJob | None, CachedJob | None], None],
        on_pod: Callable[[CachedPod | None, CachedPod | None], None],
        clock: Callable[[], float],
        skipped: SkippedObjectObserver,
    ) -> None:
        self._clock = clock
        label, not_served = names.LABEL_SWEEP, missing_crd(names.SWEEPTRIALS, {})
        records = partial(Informer, api, SWEEPTRIALS, parse_record, on_record, skipped=skipped)
        jobs = partial(Informer, api, _JOBS, self._parse_job, on_job, skipped=skipped)
        pods = partial(Informer, api, _PODS, self._parse_pod, on_pod, skipped=skipped)
        self._trials = {n: records(n, not_served_message=not_served) for n in namespaces}
        self._jobs = {n: jobs(n, label, merge_jobs) for n in namespaces}
        self._pods = {n: pods(n, label, merge_pods, clock) for n in namespaces}

    def _parse_job(self, body: Mapping[str, Any]) -> CachedJob:
        return job_until(parse_job(body), self._clock())

    def _parse_pod(self, body: Mapping[str, Any]) -> CachedPod:
        return pod_until(parse_pod(body), self._clock())

    def trials(self, namespace: str) -> Informer[TrialRecord]:
        """Return the informer of SweepTrials of a namespace."""
        return self._trials.get(namespace) or self._trials[None]

    def jobs(self, namespace: str) -> Informer[CachedJob]:
        """Return the informer of Jobs of a namespace."""
        return self._jobs.get(namespace) or self._jobs[None]

    def pods(self, namespace: str) -> Informer[CachedPod]:
        """Return the informer of pods of a namespace."""
        return self._pods.get(namespace) or self._pods[None]

    def all(self) -> Iterator[AnyInformer]:
        """Yield all informers."""
        yield from self._trials.values()
        yield from self._jobs.values()
        yield from self._pods.values()

    async def synced(self, namespace: str | None) -> None:
        """Wait until everything was listed, of one namespace or of all."""
        chosen = self.all() if namespace is None else self._of(namespace)
        for informer in chosen:
            await informer.synced.wait()

    def is_synced(self, shut: frozenset[str]) -> bool:
        """Return whether everything was listed, except in namespaces that the operator may not read."""
        return all(informer.synced.is_set() for informer in self._open(shut))

    def problems(self, shut: frozenset[str]) -> list[str]:
        """Return why watches do not work, except in namespaces that the operator may not read."""
        return [
            informer.not_ready_reason for informer in self._open(shut) if informer.not_ready_reason
        ]

    def _of(self, namespace: str | None) -> Iterator[AnyInformer]:
        """Yield the informers of a namespace."""
        key = namespace if namespace in self._trials else None
        for informers in (self._trials, self._jobs, self._pods):
            yield informers[key]

    def _open(self, shut: frozenset[str]) -> Iterator[AnyInformer]:
        for namespace in self._trials:
            if namespace not in shut:
                yield from self._of(namespace)
