"""All watch caches, and who has to look again when something in them changes."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from ..api import names
from ..api.sweeptrial import parse_record
from ..api.trial_record import TrialRecord
from ..kube import resources
from ..kube.client import KubeClient
from ..kube.informer import Informer
from ..trial_pods.pod_parsing import parse_job, parse_pod
from ..trial_pods.pod_records import JobRecord, PodRecord, carry_over_trainer_end

Key = tuple[str, str]  # namespace, name


class _OfTrial(Protocol):
    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def trial(self) -> str: ...
    @property
    def sweep(self) -> str: ...


_AnyReflector = Informer[TrialRecord] | Informer[JobRecord] | Informer[PodRecord]
T = TypeVar("T", bound=_OfTrial)
V = TypeVar("V")


class Caches:
    """Trials, Jobs and pods of the namespaces that are watched.

    Args:
        wake: called with the key of a sweep, and the name of the trial about which something changed.
        pod_changed: called with every pod as it is now, and whether it is gone.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: tuple[str, ...],
        wake: Callable[[Key, str], None],
        pod_changed: Callable[[PodRecord, bool], None],
        record_gone: Callable[[TrialRecord], None],
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._wake = wake
        self._pod_changed = pod_changed
        self._record_gone = record_gone
        self._jobs: dict[Key, dict[str, JobRecord]] = defaultdict(dict)
        self._pods: dict[Key, dict[str, PodRecord]] = defaultdict(dict)
        self._records: dict[Key, dict[str, TrialRecord]] = defaultdict(dict)
        self._pods_by_uid: dict[str, PodRecord] = {}
        # Kept until the last pod of a Job is gone, which may be after the Job.
        self._trial_of_job: dict[str, str] = {}
        every: tuple[str | None, ...] = namespaces or (None,)
        label = names.LABEL_SWEEP
        self._trials = {
            n: Informer(api, resources.SWEEPTRIALS, parse_record, self._on_record, n) for n in every
        }
        self._job_caches = {
            n: Informer(api, resources.JOBS, parse_job, self._on_job, n, label) for n in every
        }
        self._pod_caches = {
            n: Informer(
                api,
                resources.PODS,
                parse_pod,
                self._on_pod,
                n,
                label,
                carry_over_trainer_end,
                clock,
            )
            for n in every
        }

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for reflector in self._all():
                group.create_task(reflector.run())

    async def synced(self, namespace: str | None = None) -> None:
        """Wait until all there is has been listed, of one namespace or of all."""
        chosen = self._all() if namespace is None else self._of(namespace)
        for reflector in chosen:
            await reflector.synced.wait()

    def is_synced(self, shut: frozenset[str]) -> bool:
        """Whether all there is has been listed, outside of namespaces that are shut to us."""
        return all(r.synced.is_set() for r in self._open(shut))

    def problems(self, shut: frozenset[str]) -> list[str]:
        """Why not all that happens is seen, outside of namespaces that are shut to us."""
        return [reflector.problem for reflector in self._open(shut) if reflector.problem]

    def trials(self, namespace: str) -> Informer[TrialRecord]:
        return self._trials.get(namespace) or self._trials[None]

    def jobs(self, namespace: str) -> Informer[JobRecord]:
        return self._job_caches.get(namespace) or self._job_caches[None]

    def passed_over(self) -> Counter[str]:
        """How many objects cannot be read or handled at the moment, by kind."""
        counted: Counter[str] = Counter()
        for reflector in self._all():
            counted[reflector.quarantine.resource] += len(reflector.quarantine)
        return counted

    def runs(self, trial: Key, uid: str) -> bool:
        """Whether a pod of the trial with this uid is there that has not ended."""
        return any(not pod.has_ended for pod in self.pods_of(trial, uid))

    def records_of(self, sweep: Key) -> list[TrialRecord]:
        return list(self._records.get(sweep, {}).values())

    def jobs_of(self, trial: Key) -> list[JobRecord]:
        return list(self._jobs.get(trial, {}).values())

    def pods_of(self, trial: Key, uid: str) -> list[PodRecord]:
        """Pods of Jobs of the trial with this uid. Labels would also find the pods, still ending, of
        a deleted sweep that had the same name.
        """
        return [p for p in self._pods.get(trial, {}).values() if self.trial_uid_of(p) == uid]

    def pods_seen_since(self, namespace: str) -> float:
        """Seconds since the epoch since when all that happens to pods has been seen, without a break;
        now, while it is not.
        """
        cache = self._pod_caches.get(namespace) or self._pod_caches[None]
        return self._clock() if cache.since is None else cache.since

    def orphan_pods_of(self, trial: Key, uid: str) -> list[PodRecord]:
        """Pods that say they are of the trial with this uid, whose Job was gone before it was seen."""
        pods = self._pods.get(trial, {}).values()
        return [p for p in pods if p.trial_uid == uid and self.trial_uid_of(p) is None]

    def newest_pod(self, trial: Key, uid: str) -> PodRecord | None:
        """The one whose reports are the trial's: the last that was created, and of two in the same
        second the one that runs.
        """
        pods = self.pods_of(trial, uid)
        return max(pods, key=lambda p: (p.attempt, p.created, not p.view.is_terminal), default=None)

    def trial_uid_of(self, pod: PodRecord) -> str | None:
        """The uid of the trial whose Job the pod belongs, or belonged, to."""
        return self._trial_of_job.get(pod.owner)

    def pod(self, uid: str) -> PodRecord | None:
        return self._pods_by_uid.get(uid)

    def _all(self) -> Iterator[_AnyReflector]:
        yield from self._trials.values()
        yield from self._job_caches.values()
        yield from self._pod_caches.values()

    def _of(self, namespace: str | None) -> Iterator[_AnyReflector]:
        """Those that see a namespace."""
        key = namespace if namespace in self._trials else None
        for reflectors in (self._trials, self._job_caches, self._pod_caches):
            yield reflectors[key]

    def _open(self, shut: frozenset[str]) -> Iterator[_AnyReflector]:
        for namespace in self._trials:
            if namespace not in shut:
                yield from self._of(namespace)

    def _on_record(self, old: TrialRecord | None, new: TrialRecord | None) -> None:
        record = new or old
        assert record is not None
        sweep = (record.namespace, record.sweep)
        if new is not None:
            self._records[sweep][record.name] = new
            return  # written by us; nothing to look at
        _discard(self._records, sweep, record.name)
        self._record_gone(record)
        self._wake(sweep, record.name)

    def _on_job(self, old: JobRecord | None, new: JobRecord | None) -> None:
        if _is_no_news(old, new):
            _enter(self._jobs, old, new)
            return
        if new is not None and new.uid not in self._trial_of_job:
            self._trial_of_job[new.uid] = new.owner
            # Its pods may have been seen before it: now it is known whose they are.
            for pod in list(self._pods.get((new.namespace, new.trial), {}).values()):
                self._pod_changed(pod, False)
        elif new is None and old is not None:
            self._forget_job(old.uid, (old.namespace, old.trial))
        self._wake(*_enter(self._jobs, old, new))

    def _forget_job(self, uid: str, trial: Key) -> None:
        if not any(p.owner == uid for p in self._pods.get(trial, {}).values()):
            self._trial_of_job.pop(uid, None)

    def _on_pod(self, old: PodRecord | None, new: PodRecord | None) -> None:
        pod = new or old
        assert pod is not None
        if new is not None:
            self._pods_by_uid[new.uid] = new
        else:
            self._pods_by_uid.pop(pod.uid, None)
        sweep, name = _enter(self._pods, old, new)
        if _is_no_news(old, new):
            return
        self._pod_changed(pod, new is None)
        trial = (pod.namespace, pod.trial)
        if new is None and not any(j.uid == pod.owner for j in self.jobs_of(trial)):
            self._forget_job(pod.owner, trial)
        self._wake(sweep, name)


def _enter(index: dict[Key, dict[str, T]], old: T | None, new: T | None) -> tuple[Key, str]:
    """Keep an index by trial; returns the key of the sweep, and the trial's name."""
    item = new or old
    assert item is not None
    trial = (item.namespace, item.trial)
    if new is not None:
        index[trial][item.name] = new
    else:
        _discard(index, trial, item.name)
    return (item.namespace, item.sweep), item.trial


def _is_no_news(old: PodRecord | JobRecord | None, new: PodRecord | JobRecord | None) -> bool:
    """Whether nothing has changed that anybody decides by: of a dozen events of a Job and its pod, half
    are such.
    """
    return old is not None and new is not None and replace(old, version=new.version) == new


def _discard(index: dict[Key, dict[str, V]], key: Key, name: str) -> None:
    index[key].pop(name, None)
    if not index[key]:
        del index[key]
