"""Trials on simulated nodes, and who reports for them."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

from tests.cluster import target as clusters
from tests.cluster.target import Target

from .simulated_sidecars import DONE


def start_sidecars(
    target: Target,
    namespace: str,
    trials: int,
    reports: int,
    rate: float,
    pause: float,
    *,
    patient: bool,
    binding: str = "sweepjob-test-sidecars",
) -> None:
    """A pod that plays the sidecars of all pods on simulated nodes in a namespace.

    Args:
        trials: pods that there will be.
        reports, rate, pause: of each: how many, how many a second, and the shortest seconds from push to
            push.
        patient: whether they stay until all is on record.
        binding: name of the ClusterRoleBinding of its service account.
    """
    account = {"name": "sidecars", "namespace": namespace}
    source = Path(__file__).with_name("simulated_sidecars.py").read_text()
    container = {
        "name": "sidecars",
        "image": target.images["operator"],
        "command": ["python", "-c", source, namespace],
        "args": [str(number) for number in (trials, reports, rate, pause, int(patient))],
        "env": intake_address(target),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "serviceAccountName": "sidecars",
        "restartPolicy": "Never",
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": account, "spec": spec}
    listed = {"apiVersion": "v1", "kind": "List", "items": [*_administrator(account, binding), pod]}
    target.kubectl("apply", "-f", "-", stdin=json.dumps(listed))


def intake_address(target: Target) -> list[dict[str, str]]:
    """Where the operator takes reports, and the authority that its certificate is of."""
    deployed = target.get("-n", clusters.SYSTEM, "deployment", "sweepjob")
    env = deployed["spec"]["template"]["spec"]["containers"][0]["env"]
    url = next(e["value"] for e in env if e["name"] == "SWEEPJOB_INTAKE_URL")
    secret = target.get("-n", clusters.SYSTEM, "secret", "sweepjob-intake")
    authority = b64decode(secret["data"]["ca.crt"]).decode()
    return [{"name": "INTAKE_URL", "value": url}, {"name": "INTAKE_CA", "value": authority}]


def _administrator(account: dict[str, str], name: str) -> list[dict[str, Any]]:
    """A service account that may do everything: it asks for other pods' tokens."""
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", **account}],
    }
    return [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}, binding]


def simulated_trial() -> dict[str, Any]:
    """A template that only a simulated node takes, and that ends when it is told to."""
    return {
        "template": {
            "metadata": {"annotations": {DONE: "runs"}},
            "spec": {
                "nodeSelector": {"type": "kwok"},
                "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
                "containers": [{"name": "trainer", "image": "simulated"}],
            },
        }
    }
