"""A pod and a Job with all fields that are read."""

from __future__ import annotations

from typing import Any

from sweepjob import protocol
from sweepjob.api import names

WHEN = "2026-01-01T00:00:05Z"

ENDED = {"exitCode": 1, "reason": "Error", "message": "boom", "startedAt": WHEN, "finishedAt": WHEN}

SUMMARY = protocol.Summary(3, 0.1, 0.9, (0.1, 0.9, 0.5), ("score",)).dump()

LABELS = {
    names.LABEL_SWEEP: "s",
    names.LABEL_TRIAL: "s-1",
    names.LABEL_ATTEMPT: "2",
    names.LABEL_TRIAL_UID: "u",
}

META: dict[str, Any] = {
    "name": "s-1-x",
    "namespace": "n",
    "uid": "u",
    "resourceVersion": "5",
    "creationTimestamp": WHEN,
    "deletionTimestamp": WHEN,
    "labels": LABELS,
    "ownerReferences": [{"uid": "job-uid"}],
}

POD: dict[str, Any] = {
    "metadata": META,
    "spec": {
        "nodeName": "node",
        "priority": 0,
        "containers": [
            {
                "name": "trainer",
                "resources": {"limits": {"nvidia.com/gpu": "2"}, "requests": {"a/mig-1g": "1"}},
            }
        ],
        "initContainers": [{"name": names.SIDECAR}],
        "resourceClaims": [{"name": "c", "resourceClaimTemplateName": "t"}],
    },
    "status": {
        "phase": "Running",
        "startTime": WHEN,
        "reason": "",
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": "r",
                "message": "m",
                "lastTransitionTime": WHEN,
            }
            for kind, status in (
                ("PodScheduled", "True"),
                ("DisruptionTarget", "False"),
                ("PodReadyToStartContainers", "False"),
            )
        ],
        "containerStatuses": [
            {"name": "trainer", "image": "i", "state": {"terminated": ENDED}, "lastState": {}}
        ],
        "initContainerStatuses": [
            {
                "name": names.SIDECAR,
                "state": {"terminated": {**ENDED, "exitCode": 0, "message": SUMMARY}},
                "lastState": {"terminated": {**ENDED, "exitCode": 137}},
            }
        ],
    },
}


def small_pod(message: str) -> dict[str, Any]:
    """A pod of anybody with the label of a sweep, whose init container is called like the sidecar."""
    status = {"name": names.SIDECAR, "state": {"terminated": {"exitCode": 0, "message": message}}}
    return {
        "metadata": {"name": "x", "namespace": "n", "uid": "u", "labels": {names.LABEL_SWEEP: "x"}},
        "spec": {"containers": [{"name": "a"}]},
        "status": {"phase": "Succeeded", "initContainerStatuses": [status]},
    }


JOB: dict[str, Any] = {
    "metadata": META,
    "spec": {"suspend": False},
    "status": {
        "startTime": WHEN,
        "conditions": [
            {
                "type": "Failed",
                "status": "True",
                "reason": "r",
                "message": "m",
                "lastTransitionTime": WHEN,
            }
        ],
    },
}
