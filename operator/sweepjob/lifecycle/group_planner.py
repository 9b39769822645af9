"""Plans the next steps of an attempt of several pods, which start, end and are retried together.

The first event that settles an attempt decides it: the success of rank 0, the failure of any rank, or an
interruption of any rank. What it leads to, such as failures of ranks whose connections broke, does not
count; where the Job says that an interruption ended it, no failure does. No pod is replaced: the others
would wait for it in a collective operation for ever.

A failure is recorded when the ends of all pods are known, or a few seconds later, since the cause may
become visible after what it led to. The pause before the next attempt counts from the failure, so this
delays nothing.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from ..api.meta.cause import Cause
from ..api.names import REASON_PARTLY_SCHEDULED, REASON_TURN
from ..api.phases import TrialPhase
from .actions import DeletePod, Plan, RecordEnd, RecordProgress, RecordRetry, TrialAction
from .attempt_end import POD_DELETED, after_attempt, next_attempt, success
from .job_end import DISRUPTED
from .node_loss import (
    NODE_LOST,
    awaited_pods,
    is_node_lost,
    node_loss_due,
    node_loss_message,
)
from .pod_failures import failures_by_time, merged_cause
from .snapshot import SweepSnapshot, TrialSnapshot
from .termination import WATCH_LAG
from .workload import Job, Pod

# Seconds that an attempt may hold nodes for some of its pods while it waits for the others; then seconds
# until it tries again, doubled for each attempt, and at most.
PARTIAL_START_TIMEOUT = 300.0
_BACKOFF = (30.0, 600.0)
_TURN_INTERVAL = 2.0  # seconds until a trial that waits for its turn is planned again
_TURN_REPORT_DELAY = 10.0  # seconds that a trial waits for its turn before it says so
# Reasons of a Job that failed because of a pod, which says more if it is there.
_BY_POD = ("BackoffLimitExceeded", DISRUPTED)
TURN = Cause(
    REASON_TURN,
    "another trial with several pods in this namespace is starting; such trials start one at a time, so "
    "that none holds some nodes while it waits for others",
)


class Kind(IntEnum):
    """What an end of a pod means. Of two at the same second the first counts."""

    UNREAD = 0  # its outcome, or its reports, will be known in a moment
    SUCCESS = 1
    INTERRUPTION = 2
    FAILURE = 3


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """An end of one pod that settles the attempt.

    Attributes:
        at: seconds since the epoch; infinite where that is not known.
        kind: what it means.
        cause: reason and message.
        rank: the rank of the pod.
        is_certain: nothing that is seen later can explain it.
        incomplete: why the reports of rank 0 may be incomplete; empty when they are complete.
    """

    at: float
    kind: Kind
    cause: Cause
    rank: int = 0
    is_certain: bool = True
    incomplete: str = ""


def plan_group(trial: TrialSnapshot, job: Job, sweep: SweepSnapshot, now: float) -> Plan | None:
    """Plan what follows from the end of an attempt of several pods.

    Args:
        trial: a live trial without a decision to stop it.
        job: its Job.
        sweep: its sweep.
        now: seconds since the epoch.

    Returns:
        None while the attempt goes on.
    """
    end = _first_end(trial, job, sweep.node_loss_timeout, now)
    if end is None:
        return _after_job(trial, job, sweep, now)
    if end.kind is Kind.UNREAD or now < end.at < math.inf:
        return None
    is_explained = end.is_certain or job.suspended
    explained = end.at + (0.0 if is_explained else WATCH_LAG)
    if now < explained < math.inf:
        return Plan((), explained)
    end, since = _named(trial, end), max(now - WATCH_LAG, min(end.at, now))
    actions = after_attempt(trial, sweep.max_retries, since, *_outcome(end, sweep))
    first = actions[0]
    if isinstance(first, RecordRetry):
        due = end.at + WATCH_LAG
        if end.kind is Kind.FAILURE and now < due < math.inf and _may_learn_more(trial):
            return Plan((), due)
        return Plan((replace(first, rank=end.rank),))
    if isinstance(first, RecordEnd):
        return _end_others(trial, actions, end, sweep.node_loss_timeout, now)
    return Plan(actions)


def _named(trial: TrialSnapshot, end: GroupEnd) -> GroupEnd:
    """Return the end with all ranks that failed, where a failure is what ended the attempt."""
    failures = failures_by_time(trial.pods, trial.pod_failures)
    if end.kind is not Kind.FAILURE or not failures:
        return end
    return replace(end, cause=merged_cause(failures, "rank"), rank=failures[0].rank)


def _may_learn_more(trial: TrialSnapshot) -> bool:
    """Return whether an earlier failure may become visible, since not all pods have ended."""
    return any(not pod.is_terminal for pod in trial.pods)


def _outcome(end: GroupEnd, sweep: SweepSnapshot) -> tuple[bool | None, str, str]:
    """Return whether the attempt succeeded (None: it was interrupted), with reason and message."""
    if end.kind is Kind.SUCCESS:
        return success(end.incomplete, retry_incomplete=sweep.retry_incomplete)
    return None if end.kind is Kind.INTERRUPTION else False, *end.cause


def _first_end(
    trial: TrialSnapshot, job: Job, node_loss_timeout: float, now: float
) -> GroupEnd | None:
    ends = [end for pod in trial.pods for end in _ends(pod, node_loss_timeout, now)]
    if trial.interruption is not None and trial.interrupted_at is not None:
        # Of a pod that is gone, or whose deletion was requested anew.
        ends.append(
            GroupEnd(trial.interrupted_at, Kind.INTERRUPTION, trial.interruption, is_certain=False)
        )
    ends = [end for end in ends if not _is_after_failure(end, trial)]
    counted = [end for end in ends if not _is_before_resumption(end, job)]
    failing = job.failure or job.failing
    if failing is not None and failing.reason == DISRUPTED:
        counted = _without_consequences(counted, failing)
    first = min(counted, key=lambda end: (end.at, end.kind), default=None)
    if first is None or first.kind is not Kind.INTERRUPTION:
        return first
    # The deletion of the Job ends the trial, and a suspension its pods, which start again when it is
    # resumed; unless one of them has failed, which the Job remembers.
    is_waiting = job.suspended and not any(end.kind is Kind.FAILURE for end in counted)
    return None if job.deleting or is_waiting else first


def _is_after_failure(end: GroupEnd, trial: TrialSnapshot) -> bool:
    """Return whether a pod was deleted after a failure of another rank was seen.

    The Job controller deletes the other pods of an attempt that has failed, often in the same second. A
    deletion that was seen before any failure is by somebody else.
    """
    is_deletion = end.kind is Kind.INTERRUPTION and not end.is_certain
    seen_before = (
        trial.interruption is None
        and min((f.at for f in trial.pod_failures), default=math.inf) <= end.at
    )
    return is_deletion and seen_before


def _without_consequences(ends: list[GroupEnd], disrupted: Cause) -> list[GroupEnd]:
    """Return the ends of an attempt that the Job says was interrupted, without the failures.

    Their times do not tell which came first: that of a failure is of the node's clock, and that of an
    eviction of the API server's. A failure a while before the eviction had ended the Job before it. A
    success counts by its time, since the failure policy of a Job takes no notice of it.
    """
    left = [end for end in ends if end.kind is not Kind.FAILURE]
    if not any(end.kind is Kind.INTERRUPTION and end.is_certain for end in left):
        # The pod may be gone, and an operator that was restarted has not seen it.
        cause = Cause("Disrupted", disrupted.message)
        left.append(GroupEnd(-math.inf, Kind.INTERRUPTION, cause))
    return left


def _is_before_resumption(end: GroupEnd, job: Job) -> bool:
    """Return whether a pod was deleted by a suspension, and the Job was resumed."""
    resumed = job.started is not None and -math.inf < end.at < job.started
    return end.kind is Kind.INTERRUPTION and resumed


def _ends(pod: Pod, node_loss_timeout: float, now: float) -> Iterator[GroupEnd]:
    if pod.is_interrupted:
        cause = pod.failure if pod.disrupted else POD_DELETED
        at = _known(pod.interrupted_at, pod.ended)
        if pod.never_started_since is not None and not pod.deleting:
            at = pod.never_started_since + node_loss_timeout
        yield GroupEnd(
            at, Kind.INTERRUPTION, _of_rank(pod, cause), pod.rank, is_certain=pod.disrupted
        )
    elif is_node_lost(pod, now, node_loss_timeout):
        # Its trainer had ended before, and nobody will say how.
        lost = Cause(NODE_LOST, node_loss_message(pod, node_loss_timeout))
        at = (pod.termination_due or 0.0) + node_loss_timeout
        yield GroupEnd(at, Kind.INTERRUPTION, _of_rank(pod, lost), pod.rank)
    elif not pod.is_terminal:
        # A helper container that outlives the trainer of another rank says nothing about the attempt.
        if pod.ended is not None and (pod.rank == 0 or pod.trainer_end is None):
            yield GroupEnd(pod.ended, Kind.UNREAD, POD_DELETED)
    elif not pod.succeeded:
        yield GroupEnd(_known(pod.ended), Kind.FAILURE, _of_rank(pod, pod.failure), pod.rank)
    elif pod.rank == 0:
        yield GroupEnd(_known(pod.ended), Kind.SUCCESS, POD_DELETED, incomplete=pod.incomplete)


def _known(*times: float | None) -> float:
    return next((time for time in times if time is not None), math.inf)


def _of_rank(pod: Pod, cause: Cause) -> Cause:
    return Cause(cause.reason, f"rank {pod.rank}: {cause.message}")


def _after_job(trial: TrialSnapshot, job: Job, sweep: SweepSnapshot, now: float) -> Plan | None:
    """Return the end of an attempt whose Job has ended, and none of whose pods says why."""
    if job.ended is None or job.deleting:
        return None
    if any(not pod.is_terminal for pod in trial.pods):
        return None
    if now < job.ended + WATCH_LAG:
        return Plan((), job.ended + WATCH_LAG)
    if job.failure is not None and job.failure.reason not in _BY_POD:
        return Plan(after_attempt(trial, sweep.max_retries, now, False, *job.failure))
    return Plan(after_attempt(trial, sweep.max_retries, now, None, *POD_DELETED))


def _end_others(
    trial: TrialSnapshot,
    end: tuple[TrialAction, ...],
    first: GroupEnd,
    node_loss_timeout: float,
    now: float,
) -> Plan:
    """Record the end of the trial when all of its pods have ended.

    The Job controller ends the other pods. Where it does not, because its version does not know success
    policies, the operator does.
    """
    left = awaited_pods(trial, node_loss_timeout, now)
    if not left:
        return Plan(end)
    due = now if first.at == math.inf else first.at + WATCH_LAG
    lost = node_loss_due(left, node_loss_timeout)
    if now < due:
        return Plan((), min(time for time in (due, lost) if time is not None))
    # One whose trainer has ended ends by itself, and its log may not have been read.
    running = (p for p in left if p.ended is None or p.trainer_end is not None)
    going = (DeletePod(trial.index, p.name, p.uid) for p in running if not p.deleting)
    return Plan(tuple(going), lost)


def give_up_start(
    trial: TrialSnapshot, job: Job, sweep: SweepSnapshot, now: float
) -> tuple[RecordRetry | None, float | None]:
    """Give up an attempt that holds nodes for some of its pods and waits for the others.

    Two such attempts can wait for each other for ever. After a pause of its own length each tries again,
    and a queue that admits all pods of a Job at once makes this unnecessary.

    Args:
        trial: a live trial.
        job: its Job.
        sweep: its sweep.
        now: seconds since the epoch.

    Returns:
        The record of the next attempt, and when to plan again; either may be None.
    """
    if job.started is None or not _holds_others_up(trial, job, sweep):
        return None, None
    scheduled, blocker = scheduled_ranks(trial), trial.start_blocker
    due = job.started + PARTIAL_START_TIMEOUT
    if now < due:
        return None, due
    first, most = _BACKOFF
    share = zlib.crc32(f"{trial.uid}/{trial.attempt}".encode()) / 2**32
    pause = min(most, first * 2.0 ** min(trial.attempt - 1, 10)) * (0.5 + share / 2)
    why = "" if blocker is None else f": {blocker.message}"
    message = (
        f"only {scheduled} of {sweep.instances} pods were scheduled within "
        f"{PARTIAL_START_TIMEOUT:g} s: all pods are deleted to free their nodes, and start again "
        f"later{why}"
    )
    retry = next_attempt(trial, trial.failures, REASON_PARTLY_SCHEDULED, message, now + pause)
    return retry, None


def _holds_others_up(trial: TrialSnapshot, job: Job, sweep: SweepSnapshot) -> bool:
    """Return whether the start of an attempt holds nodes, or a turn, that others wait for."""
    if sweep.queued or job.suspended or job.deleting or job.ended is not None:
        return False
    blocker = trial.start_blocker
    if blocker is not None and not blocker.waits and sweep.limits.start_timeout is None:
        return False  # the default timeout ends the trial; with a new attempt it would begin anew
    scheduled = scheduled_ranks(trial)
    return scheduled < sweep.instances and (scheduled > 0 or trial.others_wait)


def scheduled_ranks(trial: TrialSnapshot) -> int:
    """Return how many pods of the current attempt have a node."""
    return len({pod.rank for pod in trial.pods if pod.node})


def wait_for_turn(trial: TrialSnapshot, now: float) -> Plan:
    """Wait until no other trial of several pods is being started.

    Args:
        trial: a live trial without a Job.
        now: seconds since the epoch.
    """
    since = now if trial.waits_since is None else trial.waits_since
    if trial.reason != TURN.reason and now >= since + _TURN_REPORT_DELAY:
        return Plan((RecordProgress(trial.index, TrialPhase.PENDING, *TURN),))
    return Plan((), now + _TURN_INTERVAL)
