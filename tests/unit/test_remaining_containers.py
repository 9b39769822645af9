"""A trial ends with its trainer, though other containers of its pod go on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.planner import plan
from sweepjob.lifecycle.remaining_containers import OUTLIVED
from sweepjob.lifecycle.workload import EarlierAttempt, TrainerEnd
from sweepjob.trial_pods.cached_objects import carry_over_trainer_end
from sweepjob.trial_pods.pod_parsing import parse_pod

from .builders import job, pod, snapshot, trial
from .pods import RUNNING, ended
from .pods import pod as body_of

WELL = TrainerEnd(100.0, None, ("proxy",))
BADLY = TrainerEnd(
    100.0, Cause("TrainerFailed", "the trainer ended with exit code 1"), ("proxy", "mesh")
)
SWEEP = snapshot(max_retries=1, companion_grace=30.0)


def planned(end: TrainerEnd, now: float, **changes: Any) -> act.Plan:
    held = pod(started=1.0, trainer_end=end, **changes.pop("pod", {}))
    return plan(trial(jobs=(job(),), pods=(held,), **changes), changes.pop("sweep", SWEEP), now)


def test_other_containers_have_a_grace_period_that_the_record_names() -> None:
    assert planned(WELL, 102.0) == act.Plan((), 103.0), "no word about what is over in a moment"
    [action] = planned(WELL, 104.0).actions
    assert isinstance(action, act.RecordProgress)
    assert (action.phase, action.reason) == (TrialPhase.RUNNING, OUTLIVED)
    assert "Container 'proxy' still runs and is stopped 30 s after the trainer" in action.message
    assert "native sidecar" in action.message
    assert planned(WELL, 104.0, reason=OUTLIVED) == act.Plan((), 130.0)


@pytest.mark.parametrize(
    ("end", "failures", "outcome", "reason", "words"),
    [
        (
            WELL,
            0,
            TrialPhase.SUCCEEDED,
            OUTLIVED,
            "exit code 0. Container 'proxy' still ran 30 s later",
        ),
        (
            BADLY,
            1,
            TrialPhase.FAILED,
            "TrainerFailed",
            "exit code 1. Containers 'proxy', 'mesh' still ran",
        ),
    ],
)
def test_after_the_grace_period_the_trainers_end_is_recorded(
    end: TrainerEnd, failures: int, outcome: TrialPhase, reason: str, words: str
) -> None:
    [action] = planned(end, 130.0, failures=failures).actions
    assert isinstance(action, act.RecordStop)
    assert (action.stop.outcome, action.stop.reason) == (outcome, reason)
    assert words in action.stop.message


def test_a_failed_attempt_is_retried_after_its_pod_terminated() -> None:
    [retry] = planned(BADLY, 130.0).actions
    assert isinstance(retry, act.RecordRetry)
    assert (retry.attempt, retry.failures, retry.reason) == (2, 1, "TrainerFailed")
    held = pod(started=1.0, trainer_end=BADLY)
    second = trial(phase=TrialPhase.PENDING, attempt=2, earlier=(EarlierAttempt(job(), (held,)),))
    assert plan(second, SWEEP, 200.0).actions == (
        act.DeletePod(0, "sweep-0-x", "pod-0"),
        act.DeleteJob(0, "sweep-0", "job-0-1", pods=("pod-0",)),
    )
    going = EarlierAttempt(
        job(deleting=True), (replace(held, deleting=True, termination_due=205.0),)
    )
    assert plan(replace(second, earlier=(going,)), SWEEP, 201.0).actions == ()
    gone = replace(second, earlier=())
    assert plan(gone, SWEEP, 206.0).actions == (act.CreateJob(0, 2),)


def test_the_log_of_a_failed_attempt_is_kept() -> None:
    over = EarlierAttempt(job(), (pod(succeeded=False),))
    second = trial(phase=TrialPhase.PENDING, attempt=2, earlier=(over,))
    assert plan(second, SWEEP, 200.0).actions == (act.CreateJob(0, 2),)


def test_a_queued_job_does_not_restart_an_ended_attempt() -> None:
    queued = EarlierAttempt(job(suspended=True), ())
    second = trial(phase=TrialPhase.PENDING, attempt=2, earlier=(queued,))
    assert plan(second, SWEEP, 200.0).actions == (act.DeleteJob(0, "sweep-0", "job-0-1", pods=()),)


STOP = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "too low", policy="bandit", interval=3)


@pytest.mark.parametrize(
    "changes",
    [
        {"pending_stop": STOP},
        {"pod": {"deleting": True, "finished": True}},
    ],
)
def test_a_later_end_of_the_pod_does_not_change_the_outcome(changes: dict[str, Any]) -> None:
    [action] = planned(WELL, 101.0, **changes).actions
    assert isinstance(action, act.RecordStop)
    assert action.stop.outcome is TrialPhase.SUCCEEDED


def test_no_timeout_applies_after_the_trainers_end() -> None:
    sweep = snapshot(trial_timeout=50, companion_grace=1000.0)
    held = pod(started=60.0, trainer_end=WELL)
    seen = trial(jobs=(job(),), pods=(held,), reason=OUTLIVED)
    assert plan(seen, sweep, 500.0) == act.Plan((), 1100.0)


def beside(code: int, other: dict[str, Any], **spec: Any) -> dict[str, Any]:
    body = body_of(
        {"phase": "Running", "containerStatuses": [ended(code), {"name": "proxy", "state": other}]}
    )
    body["spec"]["containers"] = [{"name": "trainer", **spec}, {"name": "proxy"}]
    return body


def test_the_trainers_end_is_read_from_the_pod() -> None:
    end = parse_pod(beside(0, RUNNING)).view.trainer_end
    assert end is not None
    assert (end.failure, end.others) == (None, ("proxy",))
    failed = parse_pod(beside(3, {"waiting": {"reason": "ImagePullBackOff"}})).view.trainer_end
    assert failed is not None
    assert failed.failure == ("TrainerFailed", "the trainer ended with exit code 3")


@pytest.mark.parametrize(
    "body",
    [
        beside(0, {"terminated": {"exitCode": 0}}),
        beside(0, RUNNING, restartPolicy="OnFailure"),
        body_of({"phase": "Running", "containerStatuses": [{"name": "trainer", "state": RUNNING}]}),
        beside(0, RUNNING) | {"status": {"phase": "Failed", "containerStatuses": [ended(0)]}},
    ],
)
def test_no_grace_period_when_the_pod_ends_or_the_trainer_may_restart(
    body: dict[str, Any],
) -> None:
    assert parse_pod(body).view.trainer_end is None


def test_a_pod_deleted_after_the_trainers_end_ends_as_the_trainer_did() -> None:
    before = parse_pod(beside(0, RUNNING))
    going = beside(0, {"terminated": {"exitCode": 143}})
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z"
    going["status"]["phase"] = "Failed"
    now = carry_over_trainer_end(before, parse_pod(going))
    assert now.view.succeeded
    assert not now.view.is_interrupted
