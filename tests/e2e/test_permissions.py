"""What the operator may do where it is told which namespaces to watch, and what users may do."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.cluster import target as clusters
from tests.cluster.console import ClusterError

from .permissions import permissions
from .sweeps import Sweeps, eventually


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


def kubeflow_role(name: str, *more: str) -> dict[str, Any]:
    """One of the roles that Kubeflow binds to the users of a profile."""
    prefix = "rbac.authorization.kubeflow.org/aggregate-to"
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {f"{prefix}-{role}": "true" for role in more}},
        "aggregationRule": {
            "clusterRoleSelectors": [{"matchLabels": {f"{prefix}-{name}": "true"}}]
        },
        "rules": [],
    }


def test_users_of_a_kubeflow_profile_can_run_sweeps(sweeps: Sweeps) -> None:
    roles = [kubeflow_role("kubeflow-edit"), kubeflow_role("kubeflow-view", "kubeflow-edit")]
    documents = yaml.safe_dump_all(roles)
    sweeps.target.kubectl("apply", "-f", "-", stdin=documents)
    for role in ("edit", "view"):
        sweeps.kubectl(
            "create", "rolebinding", role, f"--clusterrole=kubeflow-{role}", f"--user={role}"
        )

    def may(user: str, verb: str, kind: str) -> bool:
        try:
            return sweeps.kubectl("auth", "can-i", verb, kind, f"--as={user}").strip() == "yes"
        except ClusterError:
            return False

    try:
        eventually(lambda: may("edit", "create", "sweepjobs.sweepjob.dev"), 20, "it is aggregated")
        eventually(lambda: may("edit", "list", "sweeptrials.sweepjob.dev"), 20, "view, too")
        assert may("view", "get", "sweepjobs.sweepjob.dev")
        assert not may("view", "create", "sweepjobs.sweepjob.dev")
    finally:
        sweeps.target.kubectl("delete", "-f", "-", "--wait=false", stdin=documents)
