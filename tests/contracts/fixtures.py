"""Objects and fixtures of the contract of the API server."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sweepjob.api.resources import SWEEPTRIALS
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.kube.client import KubeClient

Body = dict[str, Any]
unique = itertools.count(1)


def record(namespace: str, index: int = 0, sweep: str = "") -> Body:
    """A SweepTrial without an owner, so that nothing collects it."""
    body = trial_manifest(
        namespace, sweep or f"c{next(unique)}", "", index, {"x": 1, "y": {"z": 2.5}}, "random"
    )
    del body["metadata"]["ownerReferences"]
    return body


def job(namespace: str, name: str) -> Body:
    """A Job whose pod is never started."""
    labels = {"sweepjob.dev/sweep": name, "sweepjob.dev/trial": name}
    spec = {**pod(namespace, name, node="nowhere")["spec"], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def pod(namespace: str, name: str, node: str = "") -> Body:
    """A pod of which nobody takes notice: it asks for another scheduler, or is bound to a node that
    there is not."""
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "trainer", "image": "none", "securityContext": security}
    spec: Body = {"containers": [container], "schedulerName": "nobody"}
    spec["terminationGracePeriodSeconds"] = 30
    if node:
        spec["nodeName"] = node
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


class ContractFixtures:
    """What a subclass gives: a client, one with few permissions, a namespace, and an old version."""

    @pytest.fixture
    def api(self) -> KubeClient:
        raise NotImplementedError

    @pytest.fixture
    def limited(self) -> KubeClient:
        """Of an account that may get sweeptrials of the namespace, and nothing else."""
        raise NotImplementedError

    @pytest.fixture
    def namespace(self) -> str:
        raise NotImplementedError

    async def make(self, api: KubeClient, namespace: str, **more: Any) -> Body:
        return await api.create(SWEEPTRIALS, namespace, record(namespace, **more))

    async def patch(self, api: KubeClient, body: Body, status: Body) -> Body:
        """Write to the status on condition that the object is as in ``body``."""
        meta = body["metadata"]
        key = (SWEEPTRIALS, meta["namespace"], meta["name"])
        return await api.patch_status(*key, meta["resourceVersion"], status)

    async def old_version(self, api: KubeClient, namespace: str) -> str:
        """A version that is too old for a watch."""
        raise NotImplementedError
