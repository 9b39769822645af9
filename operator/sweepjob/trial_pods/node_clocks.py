"""Keeps times of Jobs and pods from lying in the future.

The kubelet writes the times of containers by the clock of its node. A node whose clock is ahead would
delay whatever is counted from them, such as a trial's timeout, by the difference. What an object says
has happened when it arrives, so the time of its arrival is the latest possible one.
"""

from __future__ import annotations

from dataclasses import replace

from .cached_objects import CachedJob, CachedPod, carry_over_trainer_end


def pod_until(pod: CachedPod, now: float) -> CachedPod:
    """Return a pod without times after its arrival.

    Args:
        pod: the pod as it has just arrived.
        now: seconds since the epoch.
    """
    view, blocker, end = pod.view, pod.start_blocker, pod.view.trainer_end
    times = (
        *(pod.gpus_held_since, None if blocker is None else blocker.since),
        *(pod.ended, None if end is None else end.ended),
        *(view.started, view.ended, view.interrupted_at, view.never_started_since),
    )
    if all(time is None or time <= now for time in times):
        return pod
    return replace(
        pod,
        gpus_held_since=_until(pod.gpus_held_since, now),
        ended=_until(pod.ended, now),
        start_blocker=blocker and replace(blocker, since=min(blocker.since, now)),
        view=replace(
            view,
            started=_until(view.started, now),
            ended=_until(view.ended, now),
            interrupted_at=_until(view.interrupted_at, now),
            never_started_since=_until(view.never_started_since, now),
            trainer_end=end and replace(end, ended=min(end.ended, now)),
        ),
    )


def job_until(job: CachedJob, now: float) -> CachedJob:
    """Return a Job without an end after its arrival.

    Args:
        job: the Job as it has just arrived.
        now: seconds since the epoch.
    """
    if job.view.ended is None or job.view.ended <= now:
        return job
    return replace(job, view=replace(job.view, ended=now))


def merge_pods(before: CachedPod, now: CachedPod) -> CachedPod:
    """Return a pod with what only its earlier versions show.

    Args:
        before: the previous version of the pod.
        now: the new one.
    """
    merged = carry_over_trainer_end(before, now)
    old, new = before.view, merged.view
    end = new.trainer_end
    if end is not None and old.trainer_end is not None:
        end = replace(end, ended=min(end.ended, old.trainer_end.ended))
    return replace(
        merged,
        gpus_held_since=_first(before.gpus_held_since, merged.gpus_held_since),
        ended=_first(before.ended, merged.ended),
        view=replace(
            new,
            started=_first(old.started, new.started),
            ended=_first(old.ended, new.ended),
            trainer_end=end,
        ),
    )


def merge_jobs(before: CachedJob, now: CachedJob) -> CachedJob:
    """Return a Job with the end that its earlier version had, if that was before.

    Args:
        before: the previous version of the Job.
        now: the new one.
    """
    return replace(now, view=replace(now.view, ended=_first(before.view.ended, now.view.ended)))


def _until(time: float | None, now: float) -> float | None:
    return None if time is None else min(time, now)


def _first(before: float | None, now: float | None) -> float | None:
    """Return the earlier of two times; None where the newer version of the object has none."""
    return now if before is None or now is None else min(before, now)
