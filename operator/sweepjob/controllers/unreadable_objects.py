"""The objects of trials that cannot be read: which they are, and the message about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..api.meta.identity import ObjectKey
from ..api.names import LABEL_TRIAL_UID, SWEEPTRIALS, trial_of_object
from ..api.spec.trial_kind import TrialKind
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube.resources import PODS
from ..lifecycle.workload import Job
from ..trial_pods.cached_objects import CachedJob, CachedPod
from ..trial_pods.object_schemas import coerce_object
from ..trial_pods.pod_parsing import attempt_of, owner_of, trial_labels
from .trial_index import TrialIndex

_NAMED = 3  # objects, the others are counted
_LONGEST_REASON = 500  # characters
_IDENTITY = ("namespace", "name", "uid")


@dataclass(frozen=True, slots=True)
class UnreadableTrialObject:
    """An object of a trial that cannot be read, and its metadata as far as they can.

    Attributes:
        resource: its plural name.
        namespace, name, uid: as in its metadata.
        sweep, trial: the names that its labels, or the last readable version, say.
        attempt: the attempt that it belongs to; None if that is not known.
        owner: the uid of its owner; empty without one.
        trial_uid: the uid of its trial, by its label; empty without one.
        reason: why it cannot be read.
        view: a Job, or an object of another kind, for the planner: one of which no end is known; None for
            others, and where its attempt is not known.
    """

    resource: str
    namespace: str
    name: str
    uid: str
    sweep: str
    trial: str
    attempt: int | None
    owner: str
    trial_uid: str
    reason: str
    view: Job | None = None


_Changed = Callable[[UnreadableTrialObject | None, UnreadableTrialObject | None], None]


class UnreadableTrialObjects:
    """The objects that cannot be read of all trials; the caches say which they are.

    Args:
        kinds: kinds of objects other than Jobs that run as trials.
        changed: called with the old and the new one; None where there was, or is, none.
    """

    def __init__(self, kinds: Sequence[TrialKind], changed: _Changed) -> None:
        self._pod_labels = [kind.pod_label for kind in kinds if kind.pod_label]
        self._changed = changed
        self._by_trial = TrialIndex[UnreadableTrialObject]()
        self._by_uid: dict[str, UnreadableTrialObject] = {}

    def of(self, trial: ObjectKey) -> Collection[UnreadableTrialObject]:
        """Return those that name a trial."""
        return self._by_trial.of(trial)

    def on_skipped(
        self, resource: str, body: Mapping[str, Any], known: object, reason: str
    ) -> None:
        """See ``kube.unparseable_objects.SkippedObjectObserver``."""
        found = self._read(resource, body, known, reason)
        old = self._by_uid.get(found.uid)
        if old is not None and old.trial != found.trial:
            self.on_no_longer_skipped(old.uid)
            old = None
        if found.uid and found.trial:
            self._by_uid[found.uid] = found
            self._by_trial.update(old, found)
            self._changed(old, found)

    def on_no_longer_skipped(self, uid: str) -> None:
        """See ``kube.unparseable_objects.SkippedObjectObserver``."""
        old = self._by_uid.pop(uid, None)
        if old is not None:
            self._by_trial.update(old, None)
            self._changed(old, None)

    def _read(
        self, resource: str, body: Mapping[str, Any], known: object, reason: str
    ) -> UnreadableTrialObject:
        """Return what the metadata of an object say, or the version of it that could be read."""
        meta = (coerce_object(body) or {}).get("metadata") or {}
        namespace, name, uid, owner = *(meta.get(k, "") for k in _IDENTITY), owner_of(meta)
        sweep, trial, attempt = self._trial_of(resource, meta)
        if isinstance(known, CachedJob | CachedPod):
            namespace, name, uid, owner = known.namespace, known.name, known.uid, known.owner
            sweep, trial = known.sweep, known.trial
            attempt = known.attempt if isinstance(known, CachedPod) else known.view.attempt
        elif isinstance(known, TrialRecord):
            namespace, name, uid = known.namespace, known.name, known.uid
            sweep, trial, attempt = known.sweep, known.name, None
        view = None
        if attempt is not None and is_workload(resource):
            view = Job(name, uid, attempt, deleting="deletionTimestamp" in meta)
        trial_uid = (meta.get("labels") or {}).get(LABEL_TRIAL_UID, "")
        identity = (resource, namespace, name, uid, sweep, trial, attempt, owner, trial_uid)
        return UnreadableTrialObject(*identity, reason, view)

    def _trial_of(self, resource: str, meta: Mapping[str, Any]) -> tuple[str, str, int | None]:
        """Return the names of sweep and trial, and the attempt, that metadata say."""
        if resource == SWEEPTRIALS:
            name = meta.get("name", "")
            return name.rpartition("-")[0], name, None
        sweep, trial = trial_labels(meta)
        if trial:
            return sweep, trial, attempt_of(meta) or None
        labels = meta.get("labels") or {}
        names = (labels.get(label) for label in self._pod_labels)
        named = next((name for name in names if isinstance(name, str) and name), "")
        trial, attempt = trial_of_object(named)
        return trial.rpartition("-")[0], trial, attempt


def is_workload(resource: str) -> bool:
    """Return whether objects of a resource are attempts of trials: Jobs, or objects of other kinds."""
    return resource not in (PODS.plural, SWEEPTRIALS)


def unreadable_message(objects: Sequence[UnreadableTrialObject], namespace: str) -> str:
    """Name the objects of a trial that cannot be read, why, the consequence, and the remedy.

    Args:
        objects: the objects.
        namespace: their namespace.

    Returns:
        Empty where all can be read.
    """
    if not objects:
        return ""
    ordered = sorted(objects, key=lambda one: (one.resource, one.name))
    said = [f"{one.resource}/{one.name} {one.reason[:_LONGEST_REASON]}" for one in ordered[:_NAMED]]
    more = len(ordered) - len(said)
    others = f", and {more} more cannot be read" if more else ""
    return (
        f"{'; '.join(said)}{others}. What it has said since it could last be read does not count: "
        f"{_consequence(objects)}. Correct what wrote it{_deletion(ordered[0], namespace)}"
    )


def _consequence(objects: Sequence[UnreadableTrialObject]) -> str:
    """Return what is not seen of a trial whose objects cannot be read."""
    resources = {one.resource for one in objects}
    said = (
        (PODS.plural in resources, "reports may be missing"),
        (any(map(is_workload, resources)), "the end of the trial may not be seen"),
        (SWEEPTRIALS in resources, "what is asked of the trial in its spec is not done"),
    )
    return ", and ".join(text for is_true, text in said if is_true)


def _deletion(one: UnreadableTrialObject, namespace: str) -> str:
    """Return how to delete an object, and what follows; empty for a record: its Job would go, too."""
    if one.resource == SWEEPTRIALS:
        return ""
    follows = "cancels the trial" if is_workload(one.resource) else "repeats the attempt"
    return (
        f", or delete it, which {follows}: kubectl delete {one.resource} {one.name} -n {namespace}"
    )
