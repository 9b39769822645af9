"""What the operator may do, beside what it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster import target as clusters
from tests.cluster.target import Target

from .sweeps import Sweeps

Permission = tuple[str, str, str]  # API group, resource, verb

# Everybody's: what an account may ask about itself.
_OF_ALL = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
# Asked about by an admission plugin, which many clusters have, and never sent as a request.
_CHECKED = {
    ("sweepjob.dev", f"{kind}/finalizers", "update") for kind in ("sweepjobs", "sweeptrials")
}
# Only when a Job is there already that nobody has seen: after a crash in the moment of its creation.
_RARE = {("batch", "jobs", "get")}
# Of the chart with one operator; test_leader_election.py has two, and uses all of them.
_OF_LEASES = "coordination.k8s.io"


def permissions(target: Target, account: str, namespace: str) -> set[Permission]:
    """What ``kubectl auth can-i --list`` shows, but for what everybody has."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    user = f"system:serviceaccount:{clusters.SYSTEM}:{account}"
    said = target.kubectl(
        *("create", "-f", "-", "-o", "json", "--validate=false"),
        *(f"--as={user}", "--as-group=system:authenticated", "--as-group=system:serviceaccounts"),
        stdin=json.dumps(review),
    )
    return {
        (group, resource, verb)
        for rule in json.loads(said)["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if resource not in _OF_ALL
    }


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
    if not set(Path(__file__).parent.glob("test_*.py")) <= run:
        pytest.skip("looks back on the whole suite")
    if target.built_in is None:
        pytest.skip("reads the API server's audit log")
    logs = sorted(target.built_in.logs.glob("audit*.log"))
    done = {permission for log in logs for permission in used(log) if permission[1] not in _OF_ALL}
    granted = permissions(target, clusters.RELEASE, "default")
    assert granted - done - _RARE == _CHECKED
    # And it asks for nothing that it is refused.
    assert {permission for permission in done - granted if permission[0] != _OF_LEASES} == set()


def test_with_watch_namespaces_the_operator_has_no_permissions_elsewhere(sweeps: Sweeps) -> None:
    target = sweeps.target
    rendered = target.helm(
        *("template", "narrow-sweepjob", str(clusters.CHART), "--namespace", clusters.SYSTEM),
        *("--set", f"watchNamespaces={{{sweeps.namespace}}}"),
    )
    kinds = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    made = [d for d in yaml.safe_load_all(rendered) if d is not None and d["kind"] in kinds]
    documents = yaml.safe_dump_all(d for d in made if "hook" not in json.dumps(d))
    target.kubectl("apply", "-f", "-", stdin=documents)
    try:
        tokens = {("authentication.k8s.io", "tokenreviews", "create")}
        assert permissions(target, "narrow-sweepjob", "default") == tokens
        inside = permissions(target, "narrow-sweepjob", sweeps.namespace)
        assert inside == permissions(target, clusters.RELEASE, sweeps.namespace)
    finally:
        target.kubectl("delete", "-f", "-", "--wait=false", stdin=documents)
