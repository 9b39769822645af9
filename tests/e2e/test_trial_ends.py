"""Every way in which a trial ends or is held up: what was done to it, and what its record then says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .sweeps import Sweeps, choice, eventually, seed_with_first

LONG = {"level": choice(0.5), "reports": choice(600), "pause": choice(0.2)}
SHORT = {"level": choice(0.5), "reports": choice(3), "pause": choice(0.1)}
ONE = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
# Says what it is told, and obeys.
OBEDIENT = [{"name": "ON_TERM", "value": "exit 0"}]


def apply(sweeps: Sweeps, name: str, space: dict[str, Any] = SHORT, **changes: Any) -> None:
    """A sweep of one trial without GPUs, so that many go side by side."""
    changes["limits"] = {**ONE, **changes.get("limits", {})}
    spec = sweeps.spec(space, **changes)
    if "resources" not in changes.get("trial", {}):
        spec["trial"].pop("resources", None)
    if "template" in spec["trial"]:
        spec["trial"] = {k: v for k, v in spec["trial"].items() if k not in ("image", "command")}
    sweeps.apply(name, spec)


def trial(sweeps: Sweeps, name: str) -> Any:
    return sweeps.trials(name)[0]


def ended(sweeps: Sweeps, name: str, seconds: float = 120) -> tuple[Any, Any]:
    """Status of the sweep and of its trial, once it is over."""
    status = sweeps.await_end(name, seconds)["status"]
    return status, trial(sweeps, name)["status"]


def await_event(sweeps: Sweeps, name: str, words: str) -> None:
    """Events are posted beside the record, not before it."""
    about = f"sweeptrial/{name}-0"
    eventually(lambda: words in sweeps.kubectl("events", "--for", about), 10, f"an event: {words}")


def runs(sweeps: Sweeps, name: str) -> Any:
    """The trial, once its trainer has reported."""

    def reported() -> Any:
        found = trial(sweeps, name)
        status = found.get("status", {})
        return found if status.get("phase") == "Running" and "curve" in status else None

    return eventually(reported, 60, f"the trial of {name} reports")


def pod_of(sweeps: Sweeps, name: str) -> str:
    return str(sweeps.running_pods(name)[0]["metadata"]["name"])


def evict(sweeps: Sweeps, pod: str) -> None:
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": sweeps.namespace},
    }
    path = f"/api/v1/namespaces/{sweeps.namespace}/pods/{pod}/eviction"
    sweeps.target.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(body))


def executions(status: Any) -> list[tuple[int, str]]:
    return [(e["attempt"], e["reason"]) for e in status.get("executions", [])]


HELD_UP: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "image",
        {"image": "registry.invalid/nothing:1"},
        "ImageCannotBePulled",
        "Correct trial.image",
    ),
    (
        "config",
        {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "no", "key": "x"}}}]},
        "ConfigMapNotFound",
        "ConfigMap 'no' does not exist",
    ),
    (
        "gpus",
        {"resources": {"limits": {"nvidia.com/gpu": 1000}}},
        "Unschedulable",
        "Insufficient nvidia.com/gpu",
    ),
    (
        "security",
        {
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "trainer",
                            "image": "x",
                            "securityContext": {"privileged": True},
                        }
                    ]
                }
            }
        },
        "PodSecurityViolated",
        "must not set securityContext.privileged=true",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def passive(sweeps: Sweeps) -> None:
    """Sweeps that nobody touches until they are over go side by side with the others."""
    for name, change, _, _ in HELD_UP:
        apply(sweeps, f"held-{name}", trial=change, limits={"startTimeout": 12})
    apply(sweeps, "slow", LONG, limits={"trialTimeout": 8})
    apply(sweeps, "over", LONG, limits={"timeout": 10, "maxTotalTrials": 5})


def test_a_failed_attempt_is_retried_after_a_back_off(sweeps: Sweeps) -> None:
    space = {"level": choice(0.1), "reports": choice(1), "fail": choice(True)}
    apply(sweeps, "fails", space, trial={"maxRetries": 1})
    waiting = eventually(
        lambda: (t := trial(sweeps, "fails")["status"]).get("retryAt") and t, 60, "it is to wait"
    )
    assert waiting["phase"] == "Pending"
    await_event(sweeps, "fails", "attempt 2 starts in 10 s")
    sweep, status = ended(sweeps, "fails")
    assert (status["phase"], status["reason"]) == ("Failed", "TrainerFailed")
    assert (status["attempt"], status["failures"]) == (2, 1)
    assert "exit code 3" in status["message"]
    assert executions(status) == [(1, "TrainerFailed")]
    assert status["curve"]["best"] == "0.101"
    assert sweep["trials"]["failed"] == 1


def test_a_job_refused_for_some_parameters(sweeps: Sweeps) -> None:
    """The sweep is accepted: the Job that was tried beforehand had other parameters."""
    space = {"gpus": choice("1", "many")}
    container = {
        "name": "trainer",
        "image": sweeps.target.images["trainer"],
        "command": ["true"],
        "resources": {"limits": {"nvidia.com/gpu": "${{search_space.gpus}}"}},
    }
    spec = sweeps.spec(
        space,
        samplingAlgorithm={"seed": seed_with_first(space, "gpus", "1")},
        limits={"maxTotalTrials": 2, "maxConcurrentTrials": 2, "startTimeout": 5},
    )
    spec["trial"] = {"template": {"spec": {"containers": [container]}}}
    sweeps.apply("spoilt", spec)
    sweeps.await_end("spoilt")
    status = sweeps.trials("spoilt")[1]["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "JobRefused")
    assert "quantities must match" in status["message"]


def test_out_of_memory(sweeps: Sweeps) -> None:
    command = ["python", "-c", "x = bytearray(300 * 2**20); print(len(x))"]
    limits = {"resources": {"limits": {"memory": "64Mi"}}}
    apply(sweeps, "memory", trial={"command": command, **limits})
    _, status = ended(sweeps, "memory")
    assert (status["phase"], status["reason"]) == ("Failed", "OutOfMemory")
    assert "raise resources.limits" in status["message"]


@pytest.mark.parametrize("obeys", [False, True], ids=["ignores", "obeys"])
def test_evicted(sweeps: Sweeps, obeys: bool) -> None:
    """As by ``kubectl drain``: the trial starts again, and nothing is counted, even when the script
    exits with 0 on SIGTERM and Kubernetes calls its Job complete."""
    name = "evicted-obeys" if obeys else "evicted"
    space = {**LONG, "reports": choice(40)}
    apply(sweeps, name, space, trial={"env": OBEDIENT if obeys else []})
    runs(sweeps, name)
    evict(sweeps, pod_of(sweeps, name))
    sweep, status = ended(sweeps, name)
    assert (status["phase"], sweep["trials"]["failed"]) == ("Succeeded", 0)
    assert status["disruptions"] == 1
    assert executions(status) == [(1, "Evicted")]
    assert status.get("failures", 0) == 0
    assert status["curve"]["reports"] == 40
    await_event(sweeps, name, "Evicted")


def test_a_pod_deleted_by_a_user(sweeps: Sweeps) -> None:
    apply(sweeps, "pod", {**LONG, "reports": choice(40)})
    runs(sweeps, "pod")
    sweeps.kubectl("delete", "pod", pod_of(sweeps, "pod"), "--wait=false")
    sweep, status = ended(sweeps, "pod")
    assert (status["phase"], sweep["trials"]["failed"]) == ("Succeeded", 0)
    assert (status["attempt"], status.get("failures", 0), status["disruptions"]) == (2, 0, 1)
    assert executions(status) == [(1, "PodDeleted")]


def test_a_job_deleted_by_a_user_cancels_the_trial(sweeps: Sweeps) -> None:
    apply(sweeps, "job", LONG)
    runs(sweeps, "job")
    sweeps.kubectl("delete", "job", "job-0", "--wait=false")
    sweep, status = ended(sweeps, "job")
    assert (status["phase"], status["reason"]) == ("Canceled", "JobDeleted")
    assert sweep["trials"]["canceled"] == 1
    await_event(sweeps, "job", "Canceled")


def test_a_job_deleted_without_its_pod(sweeps: Sweeps) -> None:
    """A person wants the pod to run on: it holds the trial's slot until it has ended."""
    apply(sweeps, "orphan", {**LONG, "reports": choice(30)})
    runs(sweeps, "orphan")
    pod = pod_of(sweeps, "orphan")
    sweeps.kubectl("delete", "job", "orphan-0", "--cascade=orphan", "--wait=false")
    _, status = ended(sweeps, "orphan")
    assert (status["phase"], status["reason"]) == ("Canceled", "JobDeleted")
    assert sweeps.get("pods", pod)["status"]["phase"] == "Succeeded"


def test_trial_timeout(sweeps: Sweeps) -> None:
    _, status = ended(sweeps, "slow")
    assert (status["phase"], status["reason"]) == ("Canceled", "TrialTimeout")
    assert "longer than trialTimeout, 8 s" in status["message"]


def test_sweep_timeout(sweeps: Sweeps) -> None:
    sweep, status = ended(sweeps, "over")
    assert (status["phase"], status["reason"]) == ("Canceled", "SweepTimeout")
    assert sweeps.condition("over", "Failed")["reason"] == "SweepTimeout"
    assert sweep["trials"]["created"] == 1


def test_a_sweep_that_is_stopped_keeps_its_best(sweeps: Sweeps) -> None:
    apply(sweeps, "stopped", LONG, limits={"maxTotalTrials": 5})
    runs(sweeps, "stopped")
    sweeps.kubectl("patch", "swj", "stopped", "--type=merge", "-p", '{"spec":{"stop":true}}')
    sweep, status = ended(sweeps, "stopped")
    assert (status["phase"], status["reason"]) == ("Canceled", "Stopped")
    assert sweeps.condition("stopped", "Complete")["reason"] == "Stopped"
    assert float(sweep["best"]["value"]) > 0.5
    assert not sweeps.running_pods("stopped")


def test_a_suspended_sweep_starts_no_trials_until_resumed(sweeps: Sweeps) -> None:
    space = {**SHORT, "level": choice(0.1, 0.2), "reports": choice(80)}
    apply(sweeps, "paused", space, limits={"maxTotalTrials": 2})
    runs(sweeps, "paused")
    sweeps.kubectl("patch", "swj", "paused", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    eventually(
        lambda: trial(sweeps, "paused")["status"]["phase"] == "Succeeded", 60, "the first one ends"
    )
    assert len(sweeps.trials("paused")) == 1
    eventually(
        lambda: sweeps.condition("paused", "Suspended")["status"] == "True", 10, "it says so"
    )
    sweeps.kubectl("patch", "swj", "paused", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    sweep, _ = ended(sweeps, "paused")
    assert sweep["trials"]["succeeded"] == 2


@pytest.mark.parametrize(
    ("name", "reason", "words"), [(h[0], *h[2:]) for h in HELD_UP], ids=[h[0] for h in HELD_UP]
)
def test_a_start_blocker_that_lasts_fails_the_trial(
    sweeps: Sweeps, name: str, reason: str, words: str
) -> None:
    _, status = ended(sweeps, f"held-{name}")
    assert (status["phase"], status["reason"]) == ("Failed", reason)
    assert "it has not started for" in status["message"]
    assert words in status["message"]
    await_event(sweeps, f"held-{name}", reason)


def test_a_start_blocker_is_recorded_while_it_lasts(sweeps: Sweeps) -> None:
    apply(sweeps, "waits", trial={"resources": {"limits": {"nvidia.com/gpu": 1000}}})
    held = eventually(
        lambda: (s := trial(sweeps, "waits")["status"]).get("reason") == "Unschedulable" and s,
        30,
        "the record says so",
    )
    assert held["phase"] == "Pending"
    assert "Insufficient nvidia.com/gpu" in held["message"]
    condition = eventually(
        lambda: (c := sweeps.condition("waits", "Degraded"))["status"] == "True" and c,
        10,
        "the sweep says so, too",
    )
    assert condition["reason"] == "Unschedulable"
    sweeps.kubectl("delete", "swj", "waits")


def test_a_trial_waits_for_a_quota(sweeps: Sweeps) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "gpus", "namespace": sweeps.namespace},
        "spec": {"hard": {"requests.nvidia.com/gpu": "0"}},
    }
    sweeps.target.kubectl("apply", "-f", "-", stdin=json.dumps(quota))
    apply(sweeps, "quota", trial={"resources": {"limits": {"nvidia.com/gpu": 1}}})
    held = eventually(
        lambda: (s := trial(sweeps, "quota")["status"]).get("reason") == "QuotaExceeded" and s,
        30,
        "the record says so",
    )
    assert "exceeded quota: gpus" in held["message"]
    sweeps.kubectl("delete", "resourcequota", "gpus")
    _, status = ended(sweeps, "quota")
    assert status["phase"] == "Succeeded"


def test_preempted_by_the_scheduler(sweeps: Sweeps) -> None:
    priority = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "sweepjob-test-high"},
        "value": 1000,
    }
    sweeps.target.kubectl("apply", "-f", "-", stdin=json.dumps(priority))
    space = {**LONG, "reports": choice(40)}
    apply(sweeps, "preempted", space, trial={"resources": {"limits": {"nvidia.com/gpu": 4}}})
    runs(sweeps, "preempted")
    node = sweeps.running_pods("preempted")[0]["spec"]["nodeName"]  # there may be others
    secured = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "urgent", "namespace": sweeps.namespace},
        "spec": {
            "priorityClassName": "sweepjob-test-high",
            "nodeSelector": {"kubernetes.io/hostname": node},
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "urgent",
                    "image": sweeps.target.images["trainer"],
                    "command": ["python", "-c", "pass"],
                    "resources": {"limits": {"nvidia.com/gpu": 1}},
                    "securityContext": secured,
                }
            ],
        },
    }
    sweeps.target.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    sweep, status = ended(sweeps, "preempted")
    assert (status["phase"], sweep["trials"]["failed"]) == ("Succeeded", 0)
    assert executions(status) == [(1, "Preempted")]
    assert status["disruptions"] == 1


def test_a_trial_waits_for_a_job_name_in_use(sweeps: Sweeps) -> None:
    spec = {"sweep": "other", "index": 0, "parameters": {}, "assignment": "{}"}
    record = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepTrial",
        "metadata": {"name": "taken-0", "namespace": sweeps.namespace},
        "spec": spec,
    }
    sweeps.target.kubectl("apply", "-f", "-", stdin=json.dumps(record))
    apply(sweeps, "taken")
    condition = eventually(
        lambda: (c := sweeps.condition("taken", "Degraded")).get("status") == "True" and c,
        30,
        "the sweep says so",
    )
    assert condition["reason"] == "RecordRefused"
    assert "sweeptrials 'taken-0' already exists" in condition["message"]
    assert "delete it" not in condition["message"], "it is somebody else's"
    sweeps.kubectl("delete", "swt", "taken-0")
    status, _ = ended(sweeps, "taken")
    assert status["trials"]["succeeded"] == 1
