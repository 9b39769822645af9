"""What the operator may do, beside what it did in all other tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import target as clusters
from tests.cluster.target import Target

from . import conftest, distribution
from .permissions import OF_ALL, Permission, permissions

# Asked about by an admission plugin, which many clusters have, and never sent as a request.
_CHECKED = {
    ("sweepjob.dev", f"{kind}/finalizers", "update") for kind in ("sweepjobs", "sweeptrials")
}
# Only when a Job is there already that nobody has seen: after a crash in the moment of its creation.
_RARE = {("batch", "jobs", "get")}
# Of the chart with one operator; test_leader_election.py has two, and uses all of them.
_OF_LEASES = "coordination.k8s.io"
# Of the chart with trialKinds; test_trial_manifests.py compares what it grants with what is asked for.
_OF_TRIAL_KINDS = ("jobset.x-k8s.io", "trainer.kubeflow.org", "example.com")


def used(log: Path) -> Iterator[Permission]:
    """What the operator has asked for, by the API server's audit log."""
    user = f"system:serviceaccount:{clusters.SYSTEM}:{clusters.RELEASE}"
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if event["user"]["username"] == user and "objectRef" in event:
            about = event["objectRef"]
            parts = (about["resource"], about.get("subresource"))
            yield about.get("apiGroup", ""), "/".join(filter(None, parts)), event["verb"]


@pytest.mark.in_the_end
def test_the_operator_has_no_unused_permissions(
    target: Target, request: pytest.FixtureRequest
) -> None:
    run = {Path(str(item.fspath)) for item in request.session.items}
    here = Path(__file__).parent
    apart = {here / name for name in conftest.collect_ignore}
    if not set(here.glob("test_*.py")) - apart <= run:
        pytest.skip("looks back on the whole suite")
    if target.built_in is None:
        pytest.skip("reads the API server's audit log")
    logs = [
        log for cluster in distribution.all_clusters() for log in cluster.logs.glob("audit*.log")
    ]
    done = {permission for log in logs for permission in used(log) if permission[1] not in OF_ALL}
    granted = permissions(target, clusters.RELEASE, "default")
    assert granted - done - _RARE == _CHECKED
    # And it asks for nothing that it is refused.
    elsewhere = (_OF_LEASES, *_OF_TRIAL_KINDS)
    assert {asked for asked in done - granted if asked[0] not in elsewhere} == set()
