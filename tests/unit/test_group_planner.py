"""Attempts of several pods: what settles them, and when a start is given up."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.planner import plan
from sweepjob.lifecycle.pod_failures import PodFailure
from sweepjob.lifecycle.workload import Pod, StartBlocker

from .builders import job, snapshot, trial

EXIT = Cause("TrainerFailed", "exit code 1")
NO_GPU = StartBlocker("Unschedulable", "rank 2: no node can take the pod", 0.0, waits=True)
NO_IMAGE = StartBlocker("ImageCannotBePulled", "rank 1: image 'x' cannot be pulled", 0.0)
TIMEOUT = 60.0  # of a lost node, in a snapshot


def rank(number: int, **values: Any) -> Pod:
    given = {"node": f"node-{number}", "started": 1.0, **values}
    return Pod(f"sweep-0-{number}-x", f"pod-{number}", rank=number, **given)


def planned(pods: tuple[Pod, ...], now: float, **values: Any) -> act.Plan:
    sweep = snapshot(instances=values.pop("instances", 3), start_timeout=values.pop("limit", None))
    given = {"job_created": True, "jobs": (job(started=0.0),), **values}
    return plan(trial(pods=pods, **given), sweep, now)


def test_a_pod_on_a_lost_node_whose_trainer_had_ended_settles_the_attempt() -> None:
    """Its outcome is never read: a person deleted it, and its kubelet is gone."""
    lost = rank(2, ended=50.0, deleting=True, finished=True, termination_due=90.0)
    pods = (rank(0), rank(1), lost)
    waiting = planned(pods, 100.0)
    assert not waiting.actions
    assert waiting.wake_at == 90.0 + TIMEOUT
    [action] = planned(pods, 90.0 + TIMEOUT).actions
    assert isinstance(action, act.RecordRetry)
    assert (action.reason, action.failures, action.rank) == ("NodeLost", 0, 2)
    assert action.message.startswith("rank 2: node node-2 has not terminated")


def test_but_the_success_of_rank_0_before_it_counts() -> None:
    lost = rank(2, ended=50.0, deleting=True, finished=True, termination_due=90.0)
    pods = (rank(0, ended=60.0, succeeded=True), rank(1, ended=61.0, succeeded=True), lost)
    assert not planned(pods, 100.0).actions
    [action] = planned(pods, 90.0 + TIMEOUT).actions
    assert isinstance(action, act.RecordEnd)
    assert action.phase is TrialPhase.SUCCEEDED


def test_other_ranks_that_hang_are_ended_where_the_job_knows_no_success_policy() -> None:
    """Kubernetes before 1.30 drops the field."""
    pods = (rank(0, ended=60.0, succeeded=True), rank(1), rank(2))
    first = planned(pods, 61.0)
    assert not first.actions, "the Job controller may do it"
    assert first.wake_at == 65.0
    assert [a.pod for a in planned(pods, 65.0).actions] == ["sweep-0-1-x", "sweep-0-2-x"]  # type: ignore[union-attr] # deletions


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("scheduled", [0, 1, 2])
def test_a_start_that_waits_for_capacity_is_given_up(scheduled: int, others: bool) -> None:
    pods = tuple(rank(n, started=None, node="node" if n < scheduled else "") for n in range(3))
    given = {"phase": TrialPhase.PENDING, "start_blocker": NO_GPU, "others_wait": others}
    due = planned(pods, 300.0, **given).actions
    retries = [a for a in due if isinstance(a, act.RecordRetry)]
    if not (scheduled or others):
        assert not retries, "it holds nothing, and nobody waits for it"
    else:
        assert [r.reason for r in retries] == ["PartlyScheduled"]
        assert retries[0].message.startswith(
            f"only {scheduled} of 3 pods were scheduled within 300 s"
        )
        assert retries[0].message.endswith(NO_GPU.message)
        early = planned(pods, 299.0, **given)
        assert not any(isinstance(a, act.RecordRetry) for a in early.actions)


def test_a_start_that_cannot_succeed_is_not_repeated_for_ever() -> None:
    """With each new attempt the ten minutes of a refused image would begin again."""
    pods = (rank(0, started=None), rank(1, started=None, node=""))
    given = {"phase": TrialPhase.PENDING, "start_blocker": NO_IMAGE, "others_wait": True}
    assert not any(isinstance(a, act.RecordRetry) for a in planned(pods, 500.0, **given).actions)
    [action] = planned(pods, 600.0, **given).actions
    assert isinstance(action, act.RecordStop)
    assert action.stop.outcome is TrialPhase.FAILED
    assert action.stop.reason == "ImageCannotBePulled"


def test_the_start_timeout_counts_over_attempts_that_were_given_up() -> None:
    pods = (rank(0, started=None), rank(1, started=None, node=""))
    since = StartBlocker("Unschedulable", "no node", 1000.0, waits=True)
    given = {"phase": TrialPhase.PENDING, "start_blocker": since, "attempt": 3}
    given["jobs"] = (job(attempt=3, started=1000.0),)
    [action] = planned(pods, 1020.0, limit=900, blocked_since=100.0, **given).actions
    assert isinstance(action, act.RecordStop)
    assert action.stop.message == "it has not started for 920 s: no node"
    alone = planned(pods, 1020.0, limit=900, **given).actions
    assert not any(isinstance(a, act.RecordStop) for a in alone)


def test_a_start_that_cannot_succeed_leaves_its_turn_to_others_where_the_timeout_is_long() -> None:
    pods = (rank(0, started=None, node=""), rank(1, started=None, node=""))
    given = {"phase": TrialPhase.PENDING, "start_blocker": NO_IMAGE, "others_wait": True}
    actions = planned(pods, 500.0, limit=3600, **given).actions
    assert [a.reason for a in actions if isinstance(a, act.RecordRetry)] == ["PartlyScheduled"]


def test_waiting_for_capacity_before_does_not_shorten_the_default_timeout() -> None:
    """An image that is refused once, just after nodes were found, does not end the trial."""
    pods = tuple(rank(n, started=None) for n in range(3))
    refused = StartBlocker("ImageCannotBePulled", "image 'x' cannot be pulled", 5000.0)
    given = {"phase": TrialPhase.PENDING, "start_blocker": refused, "blocked_since": 100.0}
    assert not any(isinstance(a, act.RecordStop) for a in planned(pods, 5010.0, **given).actions)
    [action] = planned(pods, 5600.0, **given).actions
    assert isinstance(action, act.RecordStop)


def test_a_stop_deletes_the_pods_that_are_there_and_awaits_those_to_come() -> None:
    """Half of the pods are pending, and the Job controller has not created the last one."""
    from sweepjob.api.sweeptrial.stop_decision import StopDecision

    stop = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "stopped")
    pods = (rank(0), rank(1, started=None, node=""))
    actions = planned(pods, 10.0, stop=stop, phase=TrialPhase.STOPPING).actions
    assert [type(a) for a in actions] == [act.DeletePod, act.DeletePod, act.DeleteJob]
    ended = tuple(rank(n, succeeded=False, deleting=True, not_replaced=True) for n in range(2))
    deleting = {"jobs": (job(started=0.0, deleting=True),), "stop": stop}
    assert not planned(ended, 11.0, phase=TrialPhase.STOPPING, **deleting).actions
    gone = {"jobs": (), "stop": stop, "phase": TrialPhase.STOPPING}
    [end] = planned((), 12.0, **gone).actions
    assert isinstance(end, act.RecordEnd)
    assert end.phase is TrialPhase.EARLY_STOPPED


def test_the_timeout_counts_from_the_last_start() -> None:
    sweep = snapshot(instances=2, trial_timeout=100.0)
    late = trial(jobs=(job(started=0.0),), job_created=True, pods=(rank(0), rank(1, started=50.0)))
    assert not any(isinstance(a, act.RecordStop) for a in plan(late, sweep, 149.0).actions)
    assert plan(late, sweep, 149.0).wake_at == 150.0
    [action] = plan(late, sweep, 150.0).actions
    assert isinstance(action, act.RecordStop)
    assert action.stop.reason == "TrialTimeout"
    half = trial(jobs=(job(started=0.0),), job_created=True, pods=(rank(0), rank(1, started=None)))
    assert not any(isinstance(a, act.RecordStop) for a in plan(half, sweep, 900.0).actions)


def test_a_success_before_an_eviction_counts_though_the_job_names_the_eviction() -> None:
    """The Job controller sees both at once, and its failure policy knows no order."""
    evicted = Cause("Evicted", "drained")
    lost = rank(
        2, succeeded=False, ended=62.0, disrupted=True, interrupted_at=61.0, failure=evicted
    )
    failed = job(started=0.0, failure=Cause("PodFailurePolicy", "DisruptionTarget"), ended=63.0)
    pods = (rank(0, ended=60.0, succeeded=True), rank(1, succeeded=False, ended=62.0), lost)
    [end] = planned(pods, 64.0, jobs=(failed,)).actions
    assert isinstance(end, act.RecordEnd)
    assert end.phase is TrialPhase.SUCCEEDED
    later = (rank(0, ended=62.0, succeeded=True), *pods[1:])
    [retry] = planned(later, 64.0, jobs=(failed,)).actions
    assert isinstance(retry, act.RecordRetry)
    assert (retry.reason, retry.failures) == ("Evicted", 0)


EVICTED = rank(
    1,
    succeeded=False,
    ended=63.0,
    disrupted=True,
    interrupted_at=61.0,
    failure=Cause("Evicted", "drained"),
)


@pytest.mark.parametrize("ended", [60.0, 61.0, 62.0])
@pytest.mark.parametrize("has_ended", [False, True])
def test_a_failure_does_not_count_where_the_job_names_an_eviction(
    ended: float, has_ended: bool
) -> None:
    """Rank 0 loses its connection to the evicted rank, and the clock of its node is behind."""
    broken = rank(0, succeeded=False, ended=ended, failure=EXIT)
    policy = Cause("PodFailurePolicy", "DisruptionTarget")
    failed = job(started=0.0, failing=policy)
    if has_ended:
        failed = job(started=0.0, failure=policy, ended=63.0)
    [retry] = planned((broken, EVICTED), 70.0, jobs=(failed,), instances=2).actions
    assert isinstance(retry, act.RecordRetry)
    assert (retry.reason, retry.failures, retry.rank) == ("Evicted", 0, 1)


@pytest.mark.parametrize("deleted_at", [60.0, 61.0])
def test_a_deletion_that_was_seen_after_a_failure_is_its_consequence(deleted_at: float) -> None:
    """The Job controller deletes the other pods, often in the second of the failure."""
    pods = (
        rank(0, deleting=True, succeeded=False, ended=61.0, interrupted_at=deleted_at),
        rank(1, succeeded=False, ended=60.0, failure=EXIT),
    )
    noted = (PodFailure("sweep-0-1-x", 1, 60.0, EXIT),)
    [end] = planned(pods, 70.0, pod_failures=noted, instances=2).actions
    assert isinstance(end, act.RecordEnd), "maxRetries is 0"
    assert (end.phase, end.reason) == (TrialPhase.FAILED, EXIT.reason)
    before = {"interruption": Cause("PodDeleted", "rank 0: deleted"), "interrupted_at": deleted_at}
    [action] = planned(pods, 70.0, pod_failures=noted, instances=2, **before).actions
    is_first = deleted_at == 60.0  # of two in one second, the one that was seen first
    assert isinstance(action, act.RecordRetry if is_first else act.RecordEnd)


def test_a_failure_counts_where_the_job_saw_it_before_the_eviction() -> None:
    failed = job(started=0.0, failure=Cause("BackoffLimitExceeded", "limit"), ended=63.0)
    broken = rank(0, succeeded=False, ended=60.0, failure=EXIT)
    [end] = planned((broken, EVICTED), 70.0, jobs=(failed,), instances=2).actions
    assert isinstance(end, act.RecordEnd)
    assert (end.phase, end.reason) == (TrialPhase.FAILED, "TrainerFailed")
