"""The state machine of one trial, situation by situation."""

from typing import Any

import pytest
from sweepjob.domain.plan import actions as act
from sweepjob.domain.plan.snapshot import Phase, Stop
from sweepjob.domain.plan.trial import plan_trial

from .builders import job, pod, trial

STOP = Stop(Phase.EARLY_STOPPED, "Bandit", "too low", policy="bandit", interval=3)
FAILURE = ("TrainerFailed", "exit code 1")
RUNNING = {"jobs": (job(),), "pods": (pod(started=1.0),)}

SITUATIONS: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("new: launch", {"phase": Phase.PENDING}, [act.LaunchJob(0, 1)]),
    (
        "new but decided: record only",
        {"phase": Phase.PENDING, "verdict": STOP},
        [act.RecordStop(0, STOP)],
    ),
    ("launched, pod not there yet: wait", {"phase": Phase.PENDING, "jobs": (job(),)}, []),
    (
        "pod runs: record that",
        {"phase": Phase.PENDING, **RUNNING},
        [act.RecordProgress(0, Phase.RUNNING)],
    ),
    ("runs, on record: wait", RUNNING, []),
    (
        "decided: record before anything else",
        {**RUNNING, "verdict": STOP},
        [act.RecordStop(0, STOP)],
    ),
    (
        "recorded: pods first, then the Job",
        {**RUNNING, "phase": Phase.STOPPING, "stop": STOP},
        [act.DeletePod(0, "sweep-0-x", "pod-0"), act.DeleteJob(0, "sweep-0", "job-0-1")],
    ),
    (
        "pods going: wait for the GPU",
        {"stop": STOP, "jobs": (job(deleting=True),), "pods": (pod(deleting=True),)},
        [],
    ),
    (
        "pods gone: early-stopped, whatever the trainer's exit code was",
        {"stop": STOP, "jobs": (job(deleting=True),), "pods": (pod(succeeded=True),)},
        [act.RecordEnd(0, Phase.EARLY_STOPPED, "Bandit", "too low")],
    ),
    (
        "succeeded",
        {"jobs": (job(),), "pods": (pod(succeeded=True, started=1.0),)},
        [act.RecordEnd(0, Phase.SUCCEEDED, "Completed", "the trainer ended with exit code 0")],
    ),
    (
        "succeeded before the decision was recorded",
        {"jobs": (job(),), "pods": (pod(succeeded=True),), "verdict": STOP},
        [act.RecordEnd(0, Phase.SUCCEEDED, "Completed", "the trainer ended with exit code 0")],
    ),
    (
        "failed: another attempt",
        {"jobs": (job(),), "pods": (pod(succeeded=False, failure=FAILURE),)},
        [act.RecordRetry(0, 2, 1, *FAILURE)],
    ),
    (
        "failed once too often",
        {"failures": 1, "jobs": (job(),), "pods": (pod(succeeded=False, failure=FAILURE),)},
        [act.RecordEnd(0, Phase.FAILED, *FAILURE)],
    ),
    (
        "disrupted: the Job starts another pod, nothing is counted",
        {"jobs": (job(),), "pods": (pod(succeeded=False, disrupted=True, failure=FAILURE),)},
        [],
    ),
    (
        "the Job gave up without a pod to show",
        {"failures": 1, "jobs": (job(failure=("BackoffLimitExceeded", "pod was deleted")),)},
        [act.RecordEnd(0, Phase.FAILED, "BackoffLimitExceeded", "pod was deleted")],
    ),
    (
        "the Job was deleted by a person",
        {"launched": True},
        [act.RecordRetry(0, 2, 1, "JobDeleted", "its Job was deleted by somebody else")],
    ),
]


@pytest.mark.parametrize(
    ("situation", "expected"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS]
)
def test_situation(situation: dict[str, Any], expected: list[Any]) -> None:
    assert list(plan_trial(trial(**situation), max_retries=1, now=10.0).actions) == expected


def test_progress_is_written_when_it_is_due_and_not_before() -> None:
    early = plan_trial(trial(**RUNNING, progress_due=12.0), 0, now=10.0)
    assert (early.actions, early.wake_at) == ((), 12.0)
    late = plan_trial(trial(**RUNNING, progress_due=12.0), 0, now=12.0)
    assert late.actions == (act.RecordProgress(0, Phase.RUNNING),)
