"""The chart's admission policy: who may have the operator create Jobs, and with what in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cluster import target as clusters
from tests.cluster.console import ClusterError

from .sweeps import Sweeps, choice, eventually

IMAGE = {"name": "trainer", "image": "x"}
Review = Callable[..., str]


@pytest.fixture(scope="module")
def review(sweeps: Sweeps) -> Iterator[Review]:
    """What admission says about a SweepJob of a user with permissions on SweepJobs; empty when it is taken."""
    target, namespace = sweeps.target, sweeps.namespace
    selector = f"tenancy.namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name={namespace}"
    policy = target.helm(
        *("template", "strict-sweepjob", str(clusters.CHART), "-s", "templates/tenancy.yaml"),
        *("--set", f"tenancy.enabled=true,{selector},tenancy.serviceAccounts={{default,trainer}}"),
    )
    target.kubectl("apply", "-f", "-", stdin=policy)
    for user in ("tenant", "owner"):
        _grant(sweeps, user, "sweepjobs.sweepjob.dev", "create", "get", "patch", "update")
    _grant(sweeps, "owner", "jobs.batch", "create")
    _grant(sweeps, "owner", "pods", "create")
    _grant(sweeps, "owner", "serviceaccounts", "use", only="special")

    def ask(user: str, **trial: Any) -> str:
        spec = sweeps.spec({"x": choice(1)})
        spec["outputs"] = trial.pop("outputs", {})
        spec["trial"] = {"image": "x"} if not trial else {"template": {"spec": trial}}
        kind = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
        body = {**kind, "metadata": {"name": "asked", "namespace": namespace}, "spec": spec}
        try:
            target.kubectl(
                *("create", "-f", "-", "--dry-run=server", f"--as={user}"), stdin=json.dumps(body)
            )
        except ClusterError as error:
            return str(error)
        return ""

    eventually(lambda: "may not create jobs" in ask("tenant"), 60, "the policy is in force")
    yield ask
    target.kubectl("delete", "-f", "-", stdin=policy)


def _grant(sweeps: Sweeps, user: str, resource: str, *verbs: str, only: str = "") -> None:
    plural, _, group = resource.partition(".")
    rule = {"apiGroups": [group], "resources": [plural], "verbs": [*verbs]}
    if only:
        rule["resourceNames"] = [only]
    name = f"{user}-{plural}"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [rule]}
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps({**role, "metadata": {"name": name}}))
    sweeps.kubectl("create", "rolebinding", name, f"--role={name}", f"--user={user}")


def test_permissions_on_sweepjobs_alone_are_not_sufficient(review: Review) -> None:
    said = review("tenant")
    assert "user 'tenant' may not create jobs.batch in namespace 'test-tenancy'" in said
    assert review("owner") == ""


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        ({"serviceAccountName": "admin"}, "service account 'admin' is not among those"),
        ({"serviceAccount": "admin"}, "service account 'admin' is not among those"),
        ({"serviceAccountName": "${{inputs.x}}"}, "must be a name, not a reference"),
        ({"hostPID": True}, "no trial may use the node's network"),
        ({"hostNetwork": True}, "no trial may use the node's network"),
        ({"hostIPC": "${{inputs.x}}"}, "no trial may use the node's network"),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "volumes of sweeps may be"),
        (
            {"outputs": {"o": {"volume": {"hostPath": {"path": "/"}}}}, "containers": [IMAGE]},
            "volumes of sweeps may be",
        ),
        (
            {"containers": [{**IMAGE, "securityContext": {"privileged": True}}]},
            "no container of a sweep may be privileged",
        ),
        (
            {"initContainers": [{**IMAGE, "securityContext": {"privileged": "${{inputs.x}}"}}]},
            "no container of a sweep may be privileged",
        ),
        (
            {
                "containers": [
                    {**IMAGE, "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}
                ]
            },
            "no container of a sweep may be privileged",
        ),
        (
            {"containers": [{**IMAGE, "ports": [{"containerPort": 1, "hostPort": 80}]}]},
            "no trial may use the node's network",
        ),
    ],
)
def test_the_tenancy_policy_refuses(review: Review, trial: dict[str, Any], words: str) -> None:
    assert words in review("owner", **{"containers": [IMAGE], **trial})


@pytest.mark.parametrize(
    "trial",
    [
        {},
        {"containers": [IMAGE], "serviceAccountName": "trainer"},
        {"containers": [IMAGE], "serviceAccountName": "special"},
        {
            "containers": [{**IMAGE, "securityContext": {"capabilities": {"drop": ["ALL"]}}}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
            "hostNetwork": False,
        },
    ],
)
def test_the_tenancy_policy_allows(review: Review, trial: dict[str, Any]) -> None:
    assert review("owner", **trial) == ""
