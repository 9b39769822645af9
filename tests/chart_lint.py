"""The charts' lint: helm lint, every variant rendered and looked through, the manifests up to date."""

from __future__ import annotations

import sys

import yaml

from tests.cluster import build, layout
from tests.cluster.console import ClusterError, run, say
from tests.generated import manifests

CHART = layout.PROJECT / "helm" / "sweepjob"
CRDS = layout.PROJECT / "helm" / "sweepjob-crds"
# The values that switch parts of the templates on and off.
VARIANTS: tuple[tuple[str, ...], ...] = (
    (),
    ("--set", "watchNamespaces={team-a,team-b}"),
    ("--set", "replicas=2"),
    ("--set", "tenancy.enabled=true,sidecar.resources.limits.memory=96Mi"),
    (
        "--set",
        "tenancy.enabled=true,tenancy.allowPrivileged=true,tenancy.allowHostNamespaces=true,"
        "tenancy.serviceAccounts={a,b},tenancy.namespaceSelector.matchLabels.tenant=yes",
    ),
    ("--set", "crds.enabled=false,intake.existingSecret=certificate"),
    ("--set", "intake.certManager.enabled=true"),
    ("--set", "intake.certManager.enabled=true,intake.certManager.issuerRef.name=company"),
    (
        "--set",
        "monitoring.serviceMonitor.enabled=true,monitoring.rules.enabled=true,"
        "monitoring.dashboard.enabled=true,networkPolicy.enabled=true",
    ),
    (
        "--set",
        "dashboard.enabled=true,dashboard.logs=true,dashboard.tags=true,dashboard.ingress.enabled=true,dashboard.ingress.host=x.test",
    ),
    (
        "--set",
        "dashboard.enabled=true,watchNamespaces={a,b},dashboard.trustedProxy.userHeader=X-User,"
        "dashboard.trustedProxy.from[0].podSelector.matchLabels.app=proxy",
    ),
)


def main() -> int:
    try:
        helm = str(build.kubernetes() / "helm")
        run([helm, "lint", "--strict", "--quiet", str(CHART), str(CRDS)])
        check(run([helm, "template", "lint", str(CRDS)]))
        for variant in VARIANTS:
            rendered = run([helm, "template", "lint", str(CHART), *variant])
            check(rendered)
        for file in manifests.outdated():
            raise ClusterError(f"{file} is out of date: make generated")
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    print(f"chart: {len(VARIANTS)} variants rendered and checked")
    return 0


def check(rendered: str) -> None:
    """Every document has a kind and a name, and none is there twice.

    Raises:
        ClusterError: with the document that is wrong.
    """

    seen = set()
    for document in yaml.safe_load_all(rendered):
        if document is None:
            continue
        meta = document.get("metadata", {})
        identity = (document.get("kind"), meta.get("namespace"), meta.get("name"))
        if None in (identity[0], identity[2]) or identity in seen:
            raise ClusterError(f"bad or repeated object in the chart: {identity}")
        seen.add(identity)


if __name__ == "__main__":
    sys.exit(main())
