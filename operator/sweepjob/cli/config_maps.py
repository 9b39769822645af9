"""The ConfigMaps of a namespace through kubectl."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .kubectl import Kubectl
from .kubectl_errors import AlreadyExists, Conflict, NotFound


@dataclass(frozen=True)
class KubectlConfigMaps:
    """The ConfigMaps of one namespace.

    Attributes:
        cluster: the cluster.
        namespace: the namespace.
    """

    cluster: Kubectl
    namespace: str

    def create(self, body: Mapping[str, Any]) -> bool:
        """Create one; return False if there is one of its name."""
        try:
            self.cluster.create(
                {**body, "metadata": {**body["metadata"], "namespace": self.namespace}}
            )
        except AlreadyExists:
            return False
        return True

    def get(self, name: str) -> Mapping[str, Any] | None:
        """Return one; None if there is none of the name."""
        try:
            return self.cluster.get("configmap", name, *self._scope)
        except NotFound:
            return None

    def replace_metadata(self, name: str, metadata: Mapping[str, Any]) -> bool:
        """Merge into the metadata; return False if it has another version or is gone."""
        change = json.dumps({"metadata": dict(metadata)})
        try:
            self.cluster.run("patch", "configmap", name, *self._scope, "--type=merge", "-p", change)
        except (Conflict, NotFound):
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete one, if it exists."""
        self.cluster.run("delete", "configmap", name, *self._scope, "--ignore-not-found")

    @property
    def _scope(self) -> tuple[str, ...]:
        return ("--namespace", self.namespace)
