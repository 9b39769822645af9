"""The watch caches of records, Jobs and pods, with indices by sweep and by trial."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from ..api import names
from ..api.meta.identity import ObjectKey
from ..api.resources import resource_of
from ..api.spec.trial_kind import TrialKind
from ..api.spec.trial_manifest import TrialManifest
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import resources
from ..kube.client import KubeClient
from ..kube.informer import Informer
from ..lifecycle.workload import Job
from ..trial_pods.cached_objects import JOB, CachedJob, CachedPod
from ..trial_pods.object_parsing import judge
from .informers import Informers
from .kind_caches import KindCaches
from .owner_index import OwnerIndex
from .trial_index import TrialIndex, has_moved, is_unchanged
from .unreadable_objects import UnreadableTrialObject, UnreadableTrialObjects, is_workload


class PodHandler(Protocol):
    """Handles a change of a pod."""

    def __call__(self, pod: CachedPod, *, gone: bool) -> None:
        """Handle it.

        Args:
            pod: the pod in its current or last known state.
            gone: it was deleted.
        """
        ...


class Caches:
    """Trials, Jobs and pods of the watched namespaces. ``connect`` has to be called before ``run``.

    Args:
        api: the API server.
        namespaces: those to watch; none for all.
        clock: seconds since the epoch.
        kinds: kinds of objects other than Jobs that run as trials.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: tuple[str, ...],
        clock: Callable[[], float],
        kinds: Sequence[TrialKind] = (),
    ) -> None:
        self._clock = clock
        self._jobs = TrialIndex[CachedJob]()
        self._pods = TrialIndex[CachedPod]()
        self._group_jobs: dict[ObjectKey, CachedJob] = {}  # those of several pods
        self._records: dict[ObjectKey, dict[str, TrialRecord]] = defaultdict(dict)
        self._pods_by_uid: dict[str, CachedPod] = {}
        # Uid of the owner by uid of the Job, or of another object between a trial and its pods; kept
        # until the last pod of the Job is gone.
        self._owners = OwnerIndex()
        every: tuple[str | None, ...] = namespaces or (None,)
        handlers = (self._on_record, self._on_job, self._on_pod)
        self._unreadable = UnreadableTrialObjects(kinds, self._on_unreadable)
        self._informers = Informers(api, every, *handlers, clock, self._unreadable)
        self._kinds = KindCaches(
            api, kinds, every, self._on_job, self._on_pod, clock, self._unreadable
        )

    def connect(
        self,
        trial_changed: Callable[[ObjectKey, str], None],
        pod_changed: PodHandler,
        record_deleted: Callable[[TrialRecord], None],
    ) -> None:
        """Set what handles changes.

        Args:
            trial_changed: called with the key of the sweep and the name of the trial when its Job or a
                pod changed, when its desired state changed, or when its record was deleted.
            pod_changed: called with a pod that changed, or whose trial became known.
            record_deleted: called with a SweepTrial that was deleted.
        """
        self._trial_changed = trial_changed
        self._pod_changed = pod_changed
        self._record_deleted = record_deleted

    async def run(self) -> None:
        """List and watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in (*self._informers.all(), *self._kinds.informers()):
                group.create_task(informer.run())

    async def synced(self, namespace: str | None = None) -> None:
        """Wait until everything was listed, of one namespace or of all."""
        await self._informers.synced(namespace)

    def is_synced(self, shut: frozenset[str]) -> bool:
        """Return whether everything was listed, except in namespaces that the operator may not read."""
        return self._informers.is_synced(shut)

    def problems(self, shut: frozenset[str]) -> list[str]:
        """Return why watches do not work, except in namespaces that the operator may not read."""
        return self._informers.problems(shut)

    @property
    def kinds(self) -> KindCaches:
        """The caches of the objects of other kinds than Jobs that run as trials."""
        return self._kinds

    def trials(self, namespace: str) -> Informer[TrialRecord]:
        """Return the cache of SweepTrials of a namespace."""
        return self._informers.trials(namespace)

    def jobs(self, namespace: str) -> Informer[CachedJob]:
        """Return the cache of Jobs of a namespace."""
        return self._informers.jobs(namespace)

    def workload_resource(self, manifest: TrialManifest | None) -> resources.Resource:
        """Return the resource type of the objects that are the attempts of trials.

        Args:
            manifest: the manifest of the sweep; None where trials are Jobs.

        Raises:
            Refused: the operator may not create objects of its kind.
        """
        return resources.JOBS if manifest is None else resource_of(self._kinds.require(manifest))

    def store_own_workload(
        self, manifest: TrialManifest | None, namespace: str, body: dict[str, Any]
    ) -> None:
        """Enter a Job, or an object of another kind, as the API server stored it.

        Args:
            manifest: the manifest of the sweep; None where trials are Jobs.
            namespace: the namespace of the sweep.
            body: the object.
        """
        if manifest is None:
            self.jobs(namespace).store_own_write(body)
        else:
            self._kinds.objects(self._kinds.require(manifest), namespace).store_own_write(body)

    def quarantined(self) -> Counter[str]:
        """Return how many objects cannot be read or handled, by kind."""
        counted: Counter[str] = Counter()
        for informer in (*self._informers.all(), *self._kinds.informers()):
            counted[informer.unparseable.resource] += len(informer.unparseable)
        return counted

    def unreadable_of(self, trial: ObjectKey, uid: str) -> list[UnreadableTrialObject]:
        """Return what cannot be read of the trial with this uid: its record, its objects and their pods.

        Labels alone decide nothing, but the owner of a pod that cannot be read may not be known.
        """
        return [one for one in self._unreadable.of(trial) if self._may_belong(one, uid)]

    def _may_belong(self, one: UnreadableTrialObject, trial_uid: str) -> bool:
        if one.resource != resources.PODS.plural:  # a record is its own trial
            return trial_uid in (one.uid, one.owner)
        top = self._owners.top_of(one.owner) if one.owner else ""
        return top == trial_uid or (top is None and one.trial_uid in ("", trial_uid))

    def has_running_pod(self, trial: ObjectKey, uid: str) -> bool:
        """Return whether the trial with this uid has a pod that has not ended."""
        return any(not pod.has_ended for pod in self.pods_of(trial, uid))

    def records_of(self, sweep: ObjectKey) -> list[TrialRecord]:
        """Return the SweepTrials that name the sweep, also those of an earlier sweep of this name."""
        return list(self._records.get(sweep, {}).values())

    def jobs_of(self, trial: ObjectKey) -> list[CachedJob]:
        """Return Jobs, and objects of other kinds, that name the trial in their label."""
        return list(self._jobs.of(trial))

    def views_of(self, trial: ObjectKey, uid: str, manifest: TrialManifest | None) -> Iterator[Job]:
        """Yield the Jobs of the trial with this uid, or its objects of another kind, for the planner.

        Args:
            trial: the key of the trial.
            uid: the uid of the trial, which owns them.
            manifest: the manifest of the sweep, which says what their status means; None for Jobs.
        """
        for job in self.jobs_of(trial):
            if job.owner != uid or job.kind != (JOB if manifest is None else manifest.kind):
                continue
            yield job.view if manifest is None else judge(job, manifest, self._clock())

    def pods_of(self, trial: ObjectKey, uid: str) -> list[CachedPod]:
        """Return pods of the Jobs of the trial with this uid, by owner references.

        Labels would also find pods, still terminating, of a deleted sweep of the same name.
        """
        return [p for p in self._pods.of(trial) if self.trial_uid_of(p) == uid]

    def pods_seen_since(self, namespace: str) -> float:
        """Return the time since which every event of a pod in a namespace has been seen, without a gap.

        Returns:
            Seconds since the epoch; now while the watch is interrupted.
        """
        since = self._informers.pods(namespace).watching_since
        return self._clock() if since is None else since

    def orphan_pods_of(self, trial: ObjectKey, uid: str) -> list[CachedPod]:
        """Return pods that name the trial with this uid, and whose Job was gone before it was seen."""
        pods = self._pods.of(trial)
        return [p for p in pods if p.trial_uid == uid and self.trial_uid_of(p) is None]

    def newest_pod(self, trial: ObjectKey, uid: str) -> CachedPod | None:
        """Return the pod whose reports are the trial's: the newest of the newest attempt, of rank 0.

        Of two pods created in the same second, it is the one that runs.
        """
        pods = (pod for pod in self.pods_of(trial, uid) if pod.view.rank == 0)
        return max(pods, key=lambda p: (p.attempt, p.created, not p.view.is_terminal), default=None)

    def starting_jobs(self, namespace: str) -> list[CachedJob]:
        """Return the running Jobs of several pods in a namespace of which a pod has no node yet."""
        return [
            job
            for key, job in self._group_jobs.items()
            if key.namespace == namespace and self._is_starting(job)
        ]

    def _is_starting(self, job: CachedJob) -> bool:
        view = job.view
        if view.suspended or view.deleting or view.ended is not None:
            return False
        pods = self._pods.of(ObjectKey(job.namespace, job.trial))
        own = {p.view.rank for p in pods if p.owner == job.uid and p.view.node}
        return len(own) < job.instances

    def trial_uid_of(self, pod: CachedPod) -> str | None:
        """Return the uid of the trial whose Job owns, or owned, the pod; None for an unknown Job.

        With other kinds than Jobs the owner of the Job may be an object that belongs to a trial. The uid
        is that of the last owner that is known: a trial's, if all of them are.
        """
        return self._owners.top_of(pod.owner)

    def pods_without_owner(self, trial: ObjectKey) -> list[CachedPod]:
        """Return pods that name the trial, and whose owner is not known."""
        pods = self._pods.of(trial)
        return [pod for pod in pods if pod.owner and pod.owner not in self._owners]

    def has_owner(self, uid: str) -> bool:
        """Return whether the owner of an object is known, as it is of those that are watched."""
        return uid in self._owners

    def note_owner(self, trial: ObjectKey, uid: str, owner: str) -> None:
        """Note the owner of an object that is not watched.

        Args:
            trial: the trial whose pods it may own.
            uid: the uid of the object.
            owner: the uid of its owner.
        """
        self._owners.enter(uid, owner)
        for pod in list(self._pods.of(trial)):
            self._pod_changed(pod, gone=False)

    def pod(self, uid: str) -> CachedPod | None:
        """Return the pod with that uid; None when it is not known."""
        return self._pods_by_uid.get(uid)

    def _on_unreadable(
        self, old: UnreadableTrialObject | None, new: UnreadableTrialObject | None
    ) -> None:
        found = new or old
        assert found is not None
        trial = ObjectKey(found.namespace, found.trial)
        if is_workload(found.resource) and found.owner:
            # Its pods belong to the trial although it was never read.
            if new is not None and found.uid not in self._owners:
                self.note_owner(trial, found.uid, found.owner)
            elif new is None and not any(job.uid == found.uid for job in self.jobs_of(trial)):
                self._forget_owner(found.uid, trial)
        self._trial_changed(ObjectKey(found.namespace, found.sweep), found.trial)

    def _on_record(self, old: TrialRecord | None, new: TrialRecord | None) -> None:
        if old is not None and new is not None and old.sweep != new.sweep:
            self._on_record(old, None)
            old = None
        record = new or old
        assert record is not None
        sweep = ObjectKey(record.namespace, record.sweep)
        if new is not None:
            self._records[sweep][record.name] = new
            if old is not None and old.desired != new.desired:
                self._trial_changed(sweep, record.name)
            return  # the operator wrote the rest
        self._records[sweep].pop(record.name, None)
        if not self._records[sweep]:
            del self._records[sweep]
        self._record_deleted(record)
        self._trial_changed(sweep, record.name)

    def _on_job(self, old: CachedJob | None, new: CachedJob | None) -> None:
        if has_moved(old, new):
            self._on_job(old, None)
            old = None
        self._enter_group_job(old, new)
        if is_unchanged(old, new):
            self._jobs.update(old, new)
            return
        if new is not None and new.uid not in self._owners:
            self._owners.enter(new.uid, new.owner)
            # Its pods may have been seen before it: now their trial is known.
            for pod in list(self._pods.of(ObjectKey(new.namespace, new.trial))):
                self._pod_changed(pod, gone=False)
        elif new is None and old is not None:
            self._forget_owner(old.uid, ObjectKey(old.namespace, old.trial))
        self._trial_changed(*self._jobs.update(old, new))

    def _enter_group_job(self, old: CachedJob | None, new: CachedJob | None) -> None:
        if new is not None and new.instances > 1 and new.owner_kind == names.SWEEPTRIAL:
            self._group_jobs[ObjectKey(new.namespace, new.name)] = new
        elif old is not None:
            self._group_jobs.pop(ObjectKey(old.namespace, old.name), None)

    def _forget_owner(self, uid: str, trial: ObjectKey) -> None:
        """Forget an object, and those above it, unless a pod belongs to the trial through it."""
        jobs = (job.uid for job in self.jobs_of(trial) if job.uid != uid)
        through = (o for pod in self._pods.of(trial) for o in self._owners.chain(pod.owner))
        self._owners.forget(uid, {*jobs, *through})

    def _on_pod(self, old: CachedPod | None, new: CachedPod | None) -> None:
        if has_moved(old, new):
            self._on_pod(old, None)
            old = None
        pod = new or old
        assert pod is not None
        if new is not None:
            self._pods_by_uid[new.uid] = new
        else:
            self._pods_by_uid.pop(pod.uid, None)
        sweep, name = self._pods.update(old, new)
        if is_unchanged(old, new):
            return
        self._pod_changed(pod, gone=new is None)
        trial = ObjectKey(pod.namespace, pod.trial)
        if new is None and not any(j.uid == pod.owner for j in self.jobs_of(trial)):
            self._forget_owner(pod.owner, trial)
        self._trial_changed(sweep, name)
