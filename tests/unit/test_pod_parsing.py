"""What is read off pods and Jobs."""

from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api import names
from sweepjob.api.parsing.quantity import is_quantity, parse_quantity
from sweepjob.timestamps import parse_time
from sweepjob.trial_pods import accelerators, start_blockers
from sweepjob.trial_pods.cached_objects import CachedPod, carry_over_trainer_end
from sweepjob.trial_pods.pod_parsing import parse_job, parse_pod

from .pods import RUNNING, ended, pod


def test_identity() -> None:
    record = parse_pod(pod({"phase": "Pending"}))
    assert (record.sweep, record.trial, record.attempt, record.owner) == ("s", "s-1", 2, "job-uid")
    assert (record.view.succeeded, record.view.started) == (None, None)
    assert record.gpus == {"nvidia.com/gpu": 2}


def test_end_and_times() -> None:
    status = {
        "phase": "Failed",
        "startTime": "2026-01-01T00:00:00Z",
        "containerStatuses": [ended(3, message="boom")],
    }
    record = parse_pod(pod(status))
    assert record.view.succeeded is False
    assert record.view.failure == ("TrainerFailed", "the trainer ended with exit code 3: boom")
    assert record.gpus_held_since is not None
    assert record.ended is not None
    assert record.ended - record.gpus_held_since == 25


def test_a_trainer_whose_program_does_not_exist_has_never_started() -> None:
    """A kubelet says 1970 for what never happened. The pod has held its GPUs all the same."""
    never = ended(128, "StartError", startedAt="1970-01-01T00:00:00Z", message="no such file")
    status = {
        "phase": "Failed",
        "startTime": "2026-01-01T00:00:00Z",
        "containerStatuses": [never],
    }
    record = parse_pod(pod(status))
    assert record.view.started is None
    assert record.view.failure == (
        "TrainerFailed",
        "the trainer ended with exit code 128: no such file",
    )
    assert (record.ended or 0) - (record.gpus_held_since or 0) == 25


@pytest.mark.parametrize(
    ("started", "read"),
    [("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"), ("2026-01-01T01:00:00Z", None)],
)
def test_a_trainer_does_not_start_before_its_pod(started: str, read: str | None) -> None:
    """The node's clock may be behind that of the API server; a timeout counts from the start."""
    running = {"name": names.TRAINER, "state": {"running": {"startedAt": started}}}
    body = pod({"phase": "Running", "containerStatuses": [running]})
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    assert parse_pod(body).view.started == parse_time(read or started)


@pytest.mark.parametrize("amount", ["1e999", "-1", "many", "Ki", "", True, None, [2], 1e300])
def test_invalid_gpu_amounts_are_ignored(amount: Any) -> None:
    body = pod({"phase": "Pending"})
    body["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = amount
    assert parse_pod(body).gpus == {}


def over(*changes: dict[str, Any]) -> dict[str, Any]:
    """A pod whose containers have ended, which the kubelet has not put away yet."""
    sidecar = {**ended(0), "name": names.SIDECAR}
    body = pod(
        {
            "phase": "Running",
            "containerStatuses": [ended(0)],
            "initContainerStatuses": [sidecar],
        }
    )
    for change in changes:
        for part, values in change.items():
            body[part] |= values
    return body


def test_a_pod_has_succeeded_when_all_containers_have() -> None:
    record = parse_pod(over())
    assert record.containers_succeeded
    assert record.has_ended
    assert not record.view.is_terminal
    assert record.ended == parse_time("2026-01-01T00:00:25Z")
    done = parse_pod(over({"status": {"phase": "Succeeded"}}))
    assert (done.containers_succeeded, done.has_ended, done.view.succeeded) == (False, True, True)


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"containerStatuses": [ended(1)]}},
        {"status": {"containerStatuses": []}},
        {"status": {"containerStatuses": [{"name": "trainer", "state": RUNNING}]}},
        {"status": {"initContainerStatuses": [{"name": names.SIDECAR, "state": RUNNING}]}},
        {"status": {"initContainerStatuses": []}},
        {"status": {"conditions": [{"type": "DisruptionTarget", "status": "True"}]}},
        {"spec": {"containers": [{"name": "trainer"}, {"name": "another"}]}},
        {"spec": {"containers": [{"name": "trainer", "restartPolicy": "OnFailure"}]}},
        {"spec": {"priority": 100}},
        {"metadata": {"deletionTimestamp": "2026-01-01T00:00:30Z"}},
    ],
)
def test_a_pod_with_a_running_container_has_not_succeeded(change: dict[str, Any]) -> None:
    record = parse_pod(over(change))
    assert not record.has_ended
    assert record.ended is None


def summary_lost(message: str = "", code: int = 137) -> dict[str, Any]:
    """A pod that has ended well, with a sidecar that was killed and started again, and killed."""
    before = {"terminated": {"exitCode": code, "message": message}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    sidecar = {"name": names.SIDECAR, "state": waiting, "lastState": before}
    return over({"status": {"phase": "Succeeded", "initContainerStatuses": [sidecar]}})


def test_a_summary_is_lost_when_the_sidecar_was_killed_without_one() -> None:
    assert parse_pod(summary_lost()).summary_lost
    assert not parse_pod(
        summary_lost(protocol.Summary(3, 0.1, 0.2, (0.2,), ("a",)).dump())
    ).summary_lost
    assert not parse_pod(summary_lost(code=0)).summary_lost
    assert not parse_pod(over()).summary_lost


def test_out_of_memory_and_eviction_have_their_own_reasons() -> None:
    oom = parse_pod(pod({"phase": "Failed", "containerStatuses": [ended(137, "OOMKilled")]}))
    assert oom.view.failure[0] == "OutOfMemory"
    evicted = parse_pod(pod({"phase": "Failed", "reason": "Evicted", "message": "disk"}))
    assert evicted.view.failure == ("Evicted", "disk")


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (
            {
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/1 nodes: Insufficient nvidia.com/gpu.",
                    }
                ]
            },
            names.REASON_UNSCHEDULABLE,
            "Lower trial.resources",
        ),
        (
            {
                "containerStatuses": [
                    {
                        "name": "trainer",
                        "image": "a/b",
                        "state": {"waiting": {"reason": "ErrImagePull"}},
                    }
                ]
            },
            names.REASON_IMAGE,
            "Correct trial.image",
        ),
        (
            {
                "containerStatuses": [
                    {
                        "name": "trainer",
                        "state": {
                            "waiting": {
                                "reason": "CreateContainerConfigError",
                                "message": "container has runAsNonRoot and image will run as root",
                            }
                        },
                    }
                ]
            },
            names.REASON_CONTAINER,
            "non-root",
        ),
    ],
)
def test_a_start_blocker_names_cause_and_remedy(
    status: dict[str, Any], reason: str, words: str
) -> None:
    start_blocker = parse_pod(pod({"phase": "Pending", **status})).start_blocker
    assert start_blocker is not None
    assert start_blocker.reason == reason
    assert words in start_blocker.message


def test_the_summary_of_a_restarted_sidecar_is_read() -> None:
    words = protocol.Summary(1, 2.0, 2.0, (2.0,), ("score",))
    sidecar = {
        "name": names.SIDECAR,
        "state": {"running": {}},
        "lastState": {"terminated": {"message": words.dump()}},
    }
    record = parse_pod(pod({"phase": "Running", "initContainerStatuses": [sidecar]}))
    assert record.summary == words


def test_gpus_of_every_kind_are_counted() -> None:
    def container(**limits: Any) -> dict[str, Any]:
        return {"resources": {"limits": limits}}

    containers = [
        container(**{"nvidia.com/gpu": "1", "cpu": "4"}),
        container(**{"amd.com/gpu": 2}),
        container(**{"nvidia.com/mig-1g.5gb": "3"}),
    ]
    claims = [{"name": "a", "resourceClaimTemplateName": "h200"}, {"name": "b"}]
    found = accelerators.requested({"containers": containers, "resourceClaims": claims})
    assert found == {
        "nvidia.com/gpu": 1,
        "amd.com/gpu": 2,
        "nvidia.com/mig-1g.5gb": 3,
        "claim/h200": 1,
        "claim/b": 1,
    }


@pytest.mark.parametrize(
    ("kubernetes", "ours"),
    [
        ("PreemptionByScheduler", "Preempted"),
        ("EvictionByEvictionAPI", "Evicted"),
        ("TerminationByKubelet", "EvictedByNode"),
        ("DeletionByTaintManager", "NodeTainted"),
        ("DeletionByPodGC", "NodeGone"),
        ("SomethingNew", "Disrupted"),
    ],
)
def test_disruptions_have_reasons(kubernetes: str, ours: str) -> None:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": kubernetes}
    status = {"phase": "Failed", "conditions": [condition], "containerStatuses": [ended(143)]}
    view = parse_pod(pod(status)).view
    assert view.is_interrupted
    assert view.failure[0] == ours


def restarted(phase: str, *, ready: str, ended_first: bool) -> dict[str, Any]:
    """What a kubelet says of a pod after its node was restarted."""
    when = "2026-01-01T00:00:30Z"
    terminated = {"terminated": {"exitCode": 255, "reason": "Unknown"}}
    condition = {
        "type": "PodReadyToStartContainers",
        "status": ready,
        "lastTransitionTime": when,
    }
    first = {"name": names.SIDECAR, "state": terminated if ended_first else {"waiting": {}}}
    trainer = {"name": "trainer", "state": {"waiting": {"reason": "PodInitializing"}}}
    return {
        "phase": phase,
        "conditions": [condition],
        "initContainerStatuses": [first],
        "containerStatuses": [trainer],
    }


def test_a_pod_whose_node_restarted_before_the_trainer_never_starts() -> None:
    record = parse_pod(pod(restarted("Pending", ready="False", ended_first=True)))
    assert record.view.never_started_since == parse_time("2026-01-01T00:00:30Z")
    assert record.view.is_interrupted
    assert record.view.failure[0] == names.REASON_NODE_RESTARTED
    assert record.start_blocker is not None
    assert record.start_blocker.waits


@pytest.mark.parametrize(
    ("phase", "ready", "ended_first"),
    [
        ("Pending", "False", False),  # it has no sandbox yet
        ("Pending", "True", True),  # the first container has crashed, and is started again
        ("Running", "False", True),
        ("Failed", "False", True),
    ],
)
def test_a_starting_or_started_pod_is_not_stuck(phase: str, ready: str, ended_first: bool) -> None:
    record = parse_pod(pod(restarted(phase, ready=ready, ended_first=ended_first)))
    assert record.view.never_started_since is None
    assert not record.view.is_interrupted
    assert record.start_blocker is None


def test_a_trainer_that_ended_with_its_node_did_not_fail() -> None:
    view = parse_pod(pod({"phase": "Failed", "containerStatuses": [ended(255, "Unknown")]})).view
    assert view.is_interrupted
    assert view.failure[0] == names.REASON_NODE_RESTARTED


def test_the_deadline_of_the_users_pod_is_named() -> None:
    status = {"phase": "Failed", "reason": "DeadlineExceeded", "message": "too long"}
    failure = parse_pod(pod({**status, "containerStatuses": [ended(137)]})).view.failure
    assert failure == ("DeadlineExceeded", "too long")


def test_a_job_that_waits_in_a_queue() -> None:
    meta = pod({})["metadata"]
    body = {"metadata": meta, "spec": {"suspend": True}, "status": {}}
    assert parse_job(body).view.suspended
    complete = {"conditions": [{"type": "Complete", "status": "True"}]}
    assert parse_job({"metadata": meta, "spec": {}, "status": complete}).view.succeeded


@pytest.mark.parametrize(
    ("message", "reason", "waits"),
    [
        ('pods "x" is forbidden: exceeded quota: gpus, requested: 1', "QuotaExceeded", True),
        (
            'pods "x" is forbidden: violates PodSecurity "restricted": a',
            "PodSecurityViolated",
            False,
        ),
        ('admission webhook "w" denied the request: no', "PodRefused", False),
    ],
)
def test_the_reason_of_a_refused_pod(message: str, reason: str, waits: bool) -> None:
    start_blocker = start_blockers.of_refused_pod(message, since=5.0)
    assert (start_blocker.reason, start_blocker.waits, start_blocker.since) == (reason, waits, 5.0)
    assert message in start_blocker.message


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        (3, 3),
        ("1k", 1000),
        ("500m", 0.5),
        ("4Gi", 4 * 2**30),
        ("1e3", 1000),
        ("2E", 2e18),
    ],
)
def test_quantities(text: str | int, number: float) -> None:
    assert parse_quantity(text) == pytest.approx(number)


def going(status: dict[str, Any], grace: int) -> CachedPod:
    body = pod(status)
    body["metadata"] |= {
        "deletionTimestamp": "2026-01-01T00:00:30Z",
        "deletionGracePeriodSeconds": grace,
    }
    return parse_pod(body)


def test_a_terminating_pod_stays_interrupted() -> None:
    runs = parse_pod(pod({"phase": "Running"}))
    told = carry_over_trainer_end(runs, going({"phase": "Running"}, grace=5))
    assert told.view.is_interrupted
    # The kubelet deletes it for good: grace 0, and a time behind the trainer's end.
    gone = carry_over_trainer_end(
        told, going({"phase": "Failed", "containerStatuses": [ended(137)]}, grace=0)
    )
    assert gone.view.is_interrupted


def test_a_pod_that_ended_before_its_deletion_was_not_interrupted() -> None:
    over = {"phase": "Succeeded", "containerStatuses": [ended(0)]}
    deleted = carry_over_trainer_end(parse_pod(pod(over)), going(over, grace=0))
    assert deleted.view.deleting
    assert not deleted.view.is_interrupted
    assert not carry_over_trainer_end(deleted, going(over, grace=0)).view.is_interrupted


@pytest.mark.parametrize("value", [1, 0.5, "1", "1.5", ".5", "500m", "4Gi", "1e3", "2E", "+1"])
def test_quantities_and_other_texts(value: object) -> None:
    assert is_quantity(value)


@pytest.mark.parametrize(
    "value", ["", "many", "-1", -1, True, None, [], "1 Gi", "1_0", "nan", "1gi", "${{x}}"]
)
def test_invalid_quantities(value: object) -> None:
    assert not is_quantity(value)
