"""What the operator may do where it is told which namespaces to watch."""

from __future__ import annotations

import json

import yaml

from tests.cluster import target as clusters

from .permissions import permissions
from .sweeps import Sweeps


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
