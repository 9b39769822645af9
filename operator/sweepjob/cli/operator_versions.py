"""The operators that are installed on a cluster, and how their versions differ from the client's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..version import __version__
from .kubectl import Kubectl

CHART = (
    "helm upgrade --install sweepjob helm/sweepjob --namespace sweepjob-system --create-namespace"
)
LABEL = "app.kubernetes.io/name=sweepjob"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class InstalledOperator:
    """An operator's Deployment.

    Attributes:
        namespace: its namespace.
        name: its name.
        version: version of the chart that installed it; ``unknown`` without the label.
        deployment: the object.
    """

    namespace: str
    name: str
    version: str
    deployment: Mapping[str, Any]

    @property
    def where(self) -> str:
        """Return the namespace and the name."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Skew:
    """A difference between the versions of an operator and of the client, and its remedy."""

    text: str
    remedy: str


def installed_operators(cluster: Kubectl) -> list[InstalledOperator]:
    """Return the operators of a cluster, without Deployments of the dashboard.

    Args:
        cluster: the cluster.

    Raises:
        CommandError: they cannot be listed.
    """
    items = cluster.get("deployments", "--all-namespaces", "-l", LABEL)["items"]
    return [_operator(item) for item in items if "dashboard" not in item["metadata"]["name"]]


def skew(operator: InstalledOperator) -> Skew | None:
    """Return the difference between an operator and this client; None if there is none."""
    if operator.version in (__version__, UNKNOWN):
        return None
    text = f"{operator.where} has version {operator.version}, this client {__version__}"
    return Skew(text, f"upgrade the older one: pip install -U sweepjob, or {CHART}")


def _operator(deployment: Mapping[str, Any]) -> InstalledOperator:
    meta = deployment["metadata"]
    version = (meta.get("labels") or {}).get("app.kubernetes.io/version") or UNKNOWN
    return InstalledOperator(meta["namespace"], meta["name"], version, deployment)
