"""Pods as the API server has them."""

from __future__ import annotations

from typing import Any

from sweepjob.api import names


def pod(status: dict[str, Any]) -> dict[str, Any]:
    labels = {names.LABEL_SWEEP: "s", names.LABEL_TRIAL: "s-1", names.LABEL_ATTEMPT: "2"}
    trainer = {"name": "trainer", "resources": {"limits": {"nvidia.com/gpu": 2}}}
    return {
        "metadata": {
            "name": "s-1-x",
            "namespace": "n",
            "uid": "u",
            "resourceVersion": "5",
            "labels": labels,
            "ownerReferences": [{"uid": "job-uid"}],
        },
        "spec": {"containers": [trainer], "initContainers": [{"name": names.SIDECAR}]},
        "status": status,
    }


def ended(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    terminated = {
        "exitCode": code,
        "reason": reason,
        "startedAt": "2026-01-01T00:00:05Z",
        "finishedAt": "2026-01-01T00:00:25Z",
        **more,
    }
    return {"name": "trainer", "state": {"terminated": terminated}}


RUNNING = {"running": {"startedAt": "2026-01-01T00:00:05Z"}}
