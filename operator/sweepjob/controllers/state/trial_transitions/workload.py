"""What the Job of a trial, its pods and their events show."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from ....api.meta.cause import Cause
from ....api.sweeptrial.attempt_history import AttemptRecord
from ....api.sweeptrial.pod_states import PodState, merge_pod_states
from ....lifecycle.pod_failures import PodFailure
from ....lifecycle.workload import StartBlocker, TrainerEnd
from ....trial_pods.cached_objects import CachedPod
from ..pod_classification import pod_view
from ..trial_state import TrialState
from ..trial_usage import PodUsage, TrialUsage
from .status import StatusTransitions


class WorkloadTransitions(StatusTransitions):
    """Observations of a trial's Job, pods and events."""

    def note_creation_blocker(self, trial: TrialState, blocker: StartBlocker | None) -> None:
        """Note why the Job's pod cannot be created; None when it was."""
        if blocker != trial.blockers.creation:
            trial.blockers = replace(trial.blockers, creation=blocker)

    def note_pod_blocker(self, trial: TrialState, blocker: StartBlocker | None) -> None:
        """Note why the pod does not start, by its events; None when no event says so."""
        if blocker != trial.blockers.pod:
            trial.blockers = replace(trial.blockers, pod=blocker)

    def observe_workload(
        self,
        trial: TrialState,
        *,
        job_exists: bool,
        job_suspended: bool,
        blocker: StartBlocker | None,
        trainer_end: TrainerEnd | None,
        is_cut_off: bool,
        since: float,
        now: float,
        budget: int | None = None,
    ) -> None:
        """Update the state from the Job and the pods of the current attempt in the watch caches.

        Args:
            trial: a live trial.
            job_exists: the Job of the attempt exists.
            job_suspended: the Job is suspended: that ended its pods.
            blocker: what keeps the trial from starting; None when nothing does.
            trainer_end: how the trainer ended while other containers still run; None otherwise.
            is_cut_off: its sidecars cannot trust the operator's certificate.
            since: the time since which every event of a pod has been seen, in seconds since the epoch.
            now: seconds since the epoch.
            budget: the budget that the execution was given; None without one.
        """
        if budget is not None and trial.status.stop is None:
            trial.launched_budget = budget
        # Where its pods have to be gone first, none of them is still to be seen.
        pods_may_follow = not trial.requests.job_stays_until_pods_end
        absent = trial.status.job_created and not job_exists and pods_may_follow
        first = max(trial.workload.job_missing_since or now, since) if absent else None
        if blocker != trial.blockers.current:
            trial.blockers = replace(trial.blockers, current=blocker)
        known = trial.workload
        if (first, trainer_end, is_cut_off) != (
            known.job_missing_since,
            known.trainer_end,
            known.is_cut_off,
        ):
            trial.workload = replace(
                known, job_missing_since=first, trainer_end=trainer_end, is_cut_off=is_cut_off
            )
        if job_suspended and trial.workload.interrupted_at is not None:
            trial.workload = replace(trial.workload, interruption=None, interrupted_at=None)

    def observe_pod_states(self, trial: TrialState, pods: Iterable[PodState], now: float) -> None:
        """Update what is known of the pods of the current attempt of a trial of several.

        Args:
            trial: a live trial.
            pods: those that exist.
            now: seconds since the epoch.
        """
        merged = merge_pod_states(trial.workload.pods, pods)
        if merged != trial.workload.pods:
            trial.workload = replace(trial.workload, pods=merged)
            self.mark_pending(trial, now)

    def observe_pod(
        self,
        trial: TrialState,
        pod: CachedPod,
        now: float,
        *,
        gone: bool,
        instances: int = 1,
        held: float | None = None,
        rate: float = 0.0,
    ) -> None:
        """Update when a pod started and how long it has held its GPUs.

        Args:
            trial: a live trial.
            pod: a pod of the current attempt.
            now: seconds since the epoch.
            gone: the pod was deleted.
            instances: pods of a trial.
            held: GPUs of all pods where the controller of another kind makes them; otherwise None.
            rate: what the pod costs a second.
        """
        view = pod_view(trial, pod)
        if view.started is not None and trial.status.started is None:
            trial.status = replace(trial.status, started=view.started)
        if view.started is not None and not gone:
            trial.workload = replace(trial.workload, training_since=view.started)
        is_replaced = instances == 1 and held is None
        if view.started is not None and not view.is_interrupted and is_replaced:
            trial.workload = replace(trial.workload, interruption=None)
        count = instances * sum(pod.gpus.values()) if held is None else held
        self._set_usage(trial, _with_pod(trial.usage, pod, rate, now, gone=gone, held=count))

    def observe_earlier_pod(
        self, trial: TrialState, pod: CachedPod, now: float, *, gone: bool, rate: float = 0.0
    ) -> None:
        """Update how long a pod of the attempt before has held its GPUs.

        One of several pods ends an attempt, and the others end a little later.

        Args:
            trial: a live trial.
            pod: a pod of an earlier attempt.
            now: seconds since the epoch.
            gone: the pod was deleted.
            rate: what the pod costs a second.
        """
        if pod.uid not in trial.usage.by_pod:
            # This operator did not see it hold its GPUs. The record has what ended before it.
            ends = [e.ended for e in trial.status.executions if e.attempt == pod.attempt]
            is_recorded = pod.ended is not None and any(pod.ended <= end for end in ends)
            if pod.attempt != trial.status.attempt - 1 or is_recorded or not ends:
                return
        self._set_usage(trial, _with_pod(trial.usage, pod, rate, now, gone=gone))

    def note_pod_failure(self, trial: TrialState, failure: PodFailure) -> None:
        """Note that one of several pods failed: it may be gone before the attempt's end is recorded.

        Args:
            trial: a live trial.
            failure: of a pod of the current attempt.
        """
        others = (f for f in trial.workload.pod_failures if f.pod != failure.pod)
        trial.workload = replace(trial.workload, pod_failures=(*others, failure))

    def note_interruption(
        self, trial: TrialState, pod: CachedPod, cause: Cause, now: float
    ) -> None:
        """Somebody ends one of several pods. The first one counts, also when it is gone.

        Args:
            trial: a live trial.
            pod: the pod.
            cause: why it ends.
            now: seconds since the epoch.
        """
        at = now if pod.view.interrupted_at is None else pod.view.interrupted_at
        first = trial.workload.interrupted_at
        failed = min((f.at for f in trial.workload.pod_failures), default=math.inf)
        if first is None and failed <= at and not pod.view.disrupted:
            return  # the Job controller deletes the other pods of an attempt that has failed
        if first is None or at < first:
            trial.workload = replace(trial.workload, interruption=cause, interrupted_at=at)

    def record_interruption(
        self, trial: TrialState, pod: CachedPod, cause: Cause, now: float
    ) -> bool:
        """Record that somebody else ended a pod.

        Args:
            trial: a live trial.
            pod: the pod.
            cause: why it ended.
            now: seconds since the epoch.

        Returns:
            Whether this is new for the pod.
        """
        trial.workload = replace(trial.workload, interruption=cause)
        if any(execution.pod == pod.name for execution in trial.status.executions):
            return False
        trial.status = replace(trial.status, disruptions=trial.status.disruptions + 1)
        execution = AttemptRecord(pod.attempt, pod.name, pod.view.node, *cause, now)
        self.add_execution(trial, execution)
        self.mark_pending(trial, now)
        return True


def _with_pod(
    usage: TrialUsage,
    pod: CachedPod,
    rate: float,
    now: float,
    *,
    gone: bool,
    held: float | None = None,
) -> TrialUsage:
    """Return the usage with a pod's, whose GPU-seconds count once the pod releases its GPUs."""
    count = max(usage.gpu_count, sum(pod.gpus.values()) if held is None else held)
    if pod.gpus_held_since is None:
        return replace(usage, gpu_count=count)
    until = pod.ended if pod.ended is not None or not gone else float(round(now))
    known = usage.by_pod.get(pod.uid)
    if until is None and known is not None and known.until is not None:
        return replace(usage, gpu_count=count)
    observed = PodUsage(pod.gpus, rate, pod.gpus_held_since, until)
    by_pod = {**usage.by_pod, pod.uid: observed}
    return replace(usage, gpu_count=count, by_pod=by_pod)
