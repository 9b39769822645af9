"""What a pod names and does not exist is said by its name, with the remedy that fits."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.lifecycle.workload import StartBlocker
from sweepjob.trial_pods import start_blockers
from sweepjob.trial_pods.missing_objects import find_missing_object

from tests.processor_time import assert_within

# As kubelet, scheduler, admission and controllers of Kubernetes 1.29 to 1.35 say it.
SAID = [
    ('secret "hf-token" not found', "SecretNotFound", "Secret 'hf-token' does not exist"),
    ('configmap "cfg" not found', "ConfigMapNotFound", "ConfigMap 'cfg' does not exist"),
    (
        "couldn't find key token in Secret team/hf",
        "SecretKeyNotFound",
        "Secret 'hf' has no key 'token'. Add the key",
    ),
    (
        "couldn't find key a.yaml in ConfigMap team/cfg",
        "ConfigMapKeyNotFound",
        "ConfigMap 'cfg' has no key 'a.yaml'",
    ),
    (
        'MountVolume.SetUp failed for volume "data" : configmap "nope" not found',
        "ConfigMapNotFound",
        "ConfigMap 'nope' does not exist",
    ),
    (
        'MountVolume.SetUp failed for volume "keys" : references non-existent secret key: b',
        "SecretKeyNotFound",
        "the Secret of volume 'keys' has no key 'b'",
    ),
    (
        '0/3 nodes are available: persistentvolumeclaim "models" not found. preemption: 0/3 nodes',
        "PersistentVolumeClaimNotFound",
        "PersistentVolumeClaim 'models' does not exist in the namespace",
    ),
    (
        'error looking up service account team/robot: serviceaccount "robot" not found',
        "ServiceAccountNotFound",
        "ServiceAccount 'robot' does not exist",
    ),
    (
        'pods "x-" is forbidden: no PriorityClass with name urgent was found',
        "PriorityClassNotFound",
        "PriorityClass 'urgent' does not exist in the cluster",
    ),
    (
        'pods "x-" is forbidden: pod rejected: RuntimeClass "kata" not found',
        "RuntimeClassNotFound",
        "RuntimeClass 'kata' does not exist in the cluster",
    ),
    (
        "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not "
        "succeed.",
        "SecretNotFound",
        "Secret 'regcred' does not exist",
    ),
    (
        'resourceclaimtemplates.resource.k8s.io "one-gpu" not found',
        "ResourceClaimTemplateNotFound",
        "ResourceClaimTemplate 'one-gpu' does not exist",
    ),
]


@pytest.mark.parametrize(("message", "reason", "words"), SAID)
def test_the_missing_object_is_named(message: str, reason: str, words: str) -> None:
    missing = find_missing_object(message)
    assert missing is not None
    assert missing.reason == reason
    assert missing.sentence.startswith(words)


@pytest.mark.parametrize(
    "message",
    ["Back-off pulling image", 'nodes "n1" not found', "exec: train.py: not found", ""],
)
def test_other_messages_name_no_object(message: str) -> None:
    assert find_missing_object(message) is None


@pytest.mark.parametrize(
    "unit", ["a", "a.", "secret ", 'secret "', "x" * 50 + " max limit ", "couldn't find key "]
)
def test_a_long_message_is_parsed_quickly(unit: str) -> None:
    message = (unit * 1_000_000)[:1_000_000]

    def parse() -> StartBlocker:
        start_blockers.of_pod_event("FailedMount", message, 0.0)
        return start_blockers.of_refused_pod(f"{message} maximum cpu usage per", 0.0, POD)

    assert_within(0.5, parse, "quadratic would be minutes")
    assert len(parse().message) < 2000


def waiting(reason: str, message: str) -> StartBlocker:
    state = {"waiting": {"reason": reason, "message": message}}
    found = start_blockers.of_pod({"containerStatuses": [{"name": "trainer", "state": state}]}, 0.0)
    assert found is not None
    return found


def test_the_remedy_for_root_is_for_root_only() -> None:
    secret = waiting("CreateContainerConfigError", 'secret "x" not found')
    assert secret.reason == "SecretNotFound"
    assert "root" not in secret.message
    assert "Secret 'x' does not exist in the namespace. Create it" in secret.message
    root = waiting(
        "CreateContainerConfigError", "container has runAsNonRoot and image will run as root"
    )
    assert root.reason == "ContainerCannotStart"
    assert "non-root unless trial.template" in root.message
    other = waiting("CreateContainerConfigError", "failed to prepare subPath for volumeMount")
    assert "root" not in other.message


def unscheduled(message: str) -> StartBlocker:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    found = start_blockers.of_pod({"conditions": [{**condition, "message": message}]}, 0.0)
    assert found is not None
    return found


def test_a_missing_claim_is_not_insufficient_capacity() -> None:
    claim = unscheduled('0/1 nodes are available: persistentvolumeclaim "m" not found.')
    assert (claim.reason, claim.waits) == ("PersistentVolumeClaimNotFound", False)
    assert "Lower trial.resources" not in claim.message
    ports = unscheduled("0/1 nodes are available: 1 node(s) didn't have free ports for the pod.")
    assert ports.waits
    assert "omit metrics.port" in ports.message


@pytest.mark.parametrize(
    ("reason", "message", "kind", "waits"),
    [
        ("FailedMount", 'volume "v" : secret "s" not found', "SecretNotFound", False),
        (
            "FailedMount",
            "Unable to attach or mount volumes: timed out",
            "VolumeCannotBeMounted",
            True,
        ),
        ("FailedAttachVolume", "Multi-Attach error for volume", "VolumeCannotBeMounted", True),
        ("FailedCreatePodSandBox", 'no runtime for "kata"', "SandboxCannotStart", False),
        ("FailedToRetrieveImagePullSecret", SAID[10][0], "SecretNotFound", False),
    ],
)
def test_events_of_a_pod(reason: str, message: str, kind: str, waits: bool) -> None:
    found = start_blockers.of_pod_event(reason, message, 5.0)
    assert found is not None
    assert (found.reason, found.waits, found.since) == (kind, waits, 5.0)


def test_other_events_are_no_blocker() -> None:
    assert start_blockers.of_pod_event("Unhealthy", "probe failed", 0.0) is None


POD: dict[str, Any] = {
    "containers": [
        {"name": "trainer", "resources": {"limits": {"cpu": "8", "memory": "1Gi"}}},
        {"name": "proxy", "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "100m"}}},
    ],
    "initContainers": [{"name": "sweepjob-sidecar", "resources": {"requests": {"cpu": "20m"}}}],
}


@pytest.mark.parametrize(
    ("message", "reason", "words"),
    [
        (
            'pods "x" is forbidden: maximum cpu usage per Container is 4, but limit is 8',
            "LimitRangeViolated",
            "set resources.limits.cpu of container 'trainer' to at most 4",
        ),
        (
            'pods "x" is forbidden: [minimum memory usage per Container is 2Gi, but request is 1Gi, '
            "maximum cpu usage per Container is 500m, but limit is 1]",
            "LimitRangeViolated",
            "resources.requests.memory of container 'trainer' to at least 2Gi; set "
            "resources.limits.cpu of container 'proxy' to at most 500m",
        ),
        (
            'pods "x" is forbidden: minimum cpu usage per Container is 100m, but request is 20m',
            "LimitRangeViolated",
            "delete the SweepTrial, which starts again",
        ),
        (
            'pods "x" is forbidden: cpu max limit to request ratio per Container is 4, but provided '
            "ratio is 10.000000",
            "LimitRangeViolated",
            "resources.limits.cpu of container 'proxy' to at most 4 times its request",
        ),
        (
            'pods "x" is forbidden: maximum cpu usage per Pod is 2, but limit is 9',
            "LimitRangeViolated",
            "all containers together may have at most 2 cpu, the sidecar's included",
        ),
        (
            'pods "x" is forbidden: failed quota: q: must specify limits.memory for: proxy,trainer; '
            "memory for: proxy",
            "ResourcesNotSpecified",
            "set resources.limits.memory of container 'proxy'; set resources.limits.memory of container "
            "'trainer'; set resources.requests.memory of container 'proxy'",
        ),
    ],
)
def test_a_refusal_for_resources_names_the_container_and_what_to_set(
    message: str, reason: str, words: str
) -> None:
    start_blocker = start_blockers.of_refused_pod(message, 0.0, POD)
    assert start_blocker.reason == reason
    assert not start_blocker.waits
    assert words in start_blocker.message


@pytest.mark.parametrize(
    "message",
    [
        "maximum cpu usage per Container is 4, but limit is c",
        "minimum memory usage per Container is x, but request is 1e999",
        "cpu max limit to request ratio per Container is 4, but provided ratio is 1.2.3",
        "cpu max limit to request ratio per Container is 4, but provided ratio is ...",
        "failed quota: q: must specify ; for: ,",
    ],
)
def test_an_event_that_somebody_made_up_is_a_reason_like_any_other(message: str) -> None:
    """Whoever may write events may write one about a Job: the trial's reconciliation must not fail."""
    pod = {"containers": [{"name": "a", "resources": {"limits": {"cpu": "8", "memory": "1"}}}]}
    for may_refit in (False, True):
        blocker = start_blockers.of_refused_pod(message, 0.0, pod, may_refit=may_refit)
        assert message in blocker.message
