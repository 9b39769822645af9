"""The ConfigMaps of a namespace through the Kubernetes API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .custom_objects import send
from .sweep_objects import Conflict, NotFound


@dataclass(frozen=True)
class ConfigMaps:
    """The ConfigMaps of one namespace.

    Attributes:
        custom_objects: the API of custom objects, whose client is used.
        namespace: the namespace.
    """

    custom_objects: Any
    namespace: str

    def create(self, body: Mapping[str, Any]) -> bool:
        """Create one; return False if there is one of its name."""
        try:
            self._send("create_namespaced_config_map", self.namespace, dict(body))
        except Conflict:
            return False
        return True

    def get(self, name: str) -> Mapping[str, Any] | None:
        """Return one; None if there is none of the name."""
        try:
            found = self._send("read_namespaced_config_map", name, self.namespace)
        except NotFound:
            return None
        body: Mapping[str, Any] = self.custom_objects.api_client.sanitize_for_serialization(found)
        return body

    def replace_metadata(self, name: str, metadata: Mapping[str, Any]) -> bool:
        """Merge into the metadata; return False if it has another version or is gone."""
        change = {"metadata": dict(metadata)}
        try:
            self._send("patch_namespaced_config_map", name, self.namespace, change)
        except (Conflict, NotFound):
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete one, if it exists."""
        try:
            self._send("delete_namespaced_config_map", name, self.namespace)
        except NotFound:
            return

    def _send(self, method: str, *arguments: Any) -> Any:
        from kubernetes.client import CoreV1Api

        api = CoreV1Api(self.custom_objects.api_client)
        return send(api, method, self.namespace, *arguments)
