"""The plan for v1beta1: served beside v1alpha1, then stored, without a webhook, while sweeps run, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.cluster.console import ClusterError
from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually, values_on_record

KINDS = ("sweepjobs", "sweeptrials")
OLD, NEW = "v1alpha1", "v1beta1"


def serve(target: Target, stored: Mapping[str, bool], *flags: str) -> None:
    """Let the CRDs have these versions of one schema.

    Args:
        stored: names of the versions, and whether objects are stored in each.
        flags: of ``kubectl apply``.
    """
    found = [target.kubectl_get("crd", f"{kind}.sweepjob.dev") for kind in KINDS]
    for body in found:
        version = body["spec"]["versions"][0]
        body["spec"]["versions"] = [
            {**version, "name": name, "storage": storage} for name, storage in stored.items()
        ]
        del body["status"]
        body["metadata"] = {k: body["metadata"][k] for k in ("name", "labels", "annotations")}
    changed = json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
    # As Helm applies the CRDs of a release: with another owner of a field its next upgrade is a conflict.
    as_helm = ("--server-side", "--field-manager=helm")
    target.kubectl("apply", "-f", "-", *as_helm, *flags, stdin=changed)


def stored_versions(target: Target) -> list[list[str]]:
    return [
        target.kubectl_get("crd", f"{kind}.sweepjob.dev")["status"]["storedVersions"]
        for kind in KINDS
    ]


def migrate(target: Target, version: str) -> None:
    """Write all objects as they are, so that they are stored in a version, and forget the others.

    An object that changes meanwhile is in conflict, so it is written in the next round.
    """

    def rewritten() -> bool:
        for kind in KINDS:
            objects = target.kubectl("get", f"{kind}.{version}.sweepjob.dev", "-A", "-o", "json")
            target.kubectl("replace", "-f", "-", stdin=objects)
        return True

    eventually(rewritten, 60, f"all objects are stored as {version}")
    for kind in KINDS:
        patch = json.dumps({"status": {"storedVersions": [version]}})
        crd = ("crd", f"{kind}.sweepjob.dev")
        target.kubectl("patch", *crd, "--subresource=status", "--type=merge", "-p", patch)


@pytest.fixture
def versions(target: Target) -> Iterator[Target]:
    """Gives the CRDs back as they were."""
    yield target
    serve(target, {OLD: True, NEW: False})
    migrate(target, OLD)
    serve(target, {OLD: True})
    assert stored_versions(target) == [[OLD], [OLD]]


def test_sweeps_go_on_while_their_objects_move_to_another_version(
    sweeps: Sweeps, versions: Target
) -> None:
    target, reports = versions, 40
    space = {"level": choice(0.1, 0.2), "reports": choice(reports), "pause": choice(0.5)}
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    sweeps.apply("moved", sweeps.spec(space, limits=limits))
    sweeps.await_reports("moved", 2)
    # 1. Served beside the old one, which is stored: the objects are the same in both.
    serve(target, {OLD: True, NEW: False})

    def as_new() -> Any:
        return sweeps.target.kubectl_get(
            "-n", sweeps.namespace, f"sweepjobs.{NEW}.sweepjob.dev", "moved"
        )

    seen = eventually(as_new, 30, "the new version is served")
    assert seen["apiVersion"] == f"sweepjob.dev/{NEW}"
    assert seen["spec"] == sweeps.sweep("moved")["spec"]
    body = {
        "apiVersion": f"sweepjob.dev/{NEW}",
        "kind": "SweepJob",
        "metadata": {"name": "in-new", "namespace": sweeps.namespace},
        "spec": sweeps.spec({"level": choice(0.1)}, limits={"maxTotalTrials": 1}),
    }
    target.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    assert sweeps.await_end("in-new")["status"]["phase"] == "Complete"
    # 2. Stored. The old version cannot be removed before all objects are written again.
    serve(target, {OLD: False, NEW: True})
    assert stored_versions(target) == [[OLD, NEW]] * 2
    with pytest.raises(ClusterError, match=r"status\.storedVersions\[0\].*v1alpha1"):
        serve(target, {NEW: True}, "--dry-run=server")
    migrate(target, NEW)
    assert stored_versions(target) == [[NEW]] * 2
    # 3. Now it could be.
    serve(target, {NEW: True}, "--dry-run=server")
    assert sweeps.await_end("moved")["status"]["trials"]["succeeded"] == 2
    assert [len(values_on_record(t)) for t in sweeps.trials("moved")] == [reports] * 2
    assert sweeps.sweep("moved")["metadata"]["generation"] == 1
