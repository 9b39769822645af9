"""Uploads code or results to a cluster, and lets them be collected with the sweeps that use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ...api import names
from ..errors import LoadError

_MAX_CONFLICTS = 10  # of an update with those of others, before it is given up


class ConfigMapClient(Protocol):
    """Access to the ConfigMaps of one namespace."""

    def create(self, body: Mapping[str, Any]) -> bool:
        """Create one; return False if there is one of its name."""

    def get(self, name: str) -> Mapping[str, Any] | None:
        """Return one; None if there is none of the name."""

    def replace_metadata(self, name: str, metadata: Mapping[str, Any]) -> bool:
        """Merge into the metadata; return False if it has another version or is gone."""

    def delete(self, name: str) -> None:
        """Delete one, if it exists."""


class Upload(Protocol):
    """Code or results of this machine that a sweep needs."""

    @property
    def directory(self) -> str:
        """What it was read from, for messages."""

    def config_maps(self, namespace: str | None = None) -> list[dict[str, Any]]:
        """Return its ConfigMaps, which are named after their contents."""


def upload(client: ConfigMapClient, code: Upload) -> list[str]:
    """Create the ConfigMaps of code or results that do not exist yet.

    Args:
        client: the ConfigMaps of the sweep's namespace.
        code: the code or the results.

    Returns:
        The names of those that were created.

    Raises:
        LoadError: one exists with other content, or the API server refuses one.
    """
    made = []
    for body in code.config_maps():
        name = body["metadata"]["name"]
        if client.create(body):
            made.append(name)
        elif (found := client.get(name)) and _contents(found) != _contents(body):
            raise LoadError(
                f"ConfigMap {name} exists, but with other content than {code.directory}: somebody "
                f"replaced it. Delete it: kubectl delete configmap {name}"
            )
    return made


def _contents(config_map: Mapping[str, Any]) -> tuple[Any, Any]:
    return config_map.get("data"), config_map.get("binaryData")


def remove(client: ConfigMapClient, created: list[str]) -> None:
    """Delete what was created for a sweep that could not be submitted."""
    for name in created:
        client.delete(name)


def set_owner(client: ConfigMapClient, code: Upload, sweep: Mapping[str, Any]) -> None:
    """Make a sweep an owner of its code or results: they are deleted with the last sweep that uses it.

    Args:
        client: the ConfigMaps of the sweep's namespace.
        code: the code or the results.
        sweep: the SweepJob as the API server stored it.

    Raises:
        LoadError: the API server refuses it.
    """
    owner = {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEPJOB,
        "name": sweep["metadata"]["name"],
        "uid": sweep["metadata"]["uid"],
    }
    for body in code.config_maps():
        _add_owner(client, body, owner)


def _add_owner(client: ConfigMapClient, body: Mapping[str, Any], owner: Mapping[str, Any]) -> None:
    name = body["metadata"]["name"]
    for _ in range(_MAX_CONFLICTS):
        found = client.get(name)
        if found is None:
            # Another sweep owned it, and was deleted meanwhile.
            owned = {**body, "metadata": {**body["metadata"], "ownerReferences": [owner]}}
            if client.create(owned):
                return
            continue
        meta = found["metadata"]
        owners = meta.get("ownerReferences") or []
        if any(other["uid"] == owner["uid"] for other in owners):
            return
        change = {
            "resourceVersion": meta["resourceVersion"],
            "ownerReferences": [*owners, owner],
        }
        if client.replace_metadata(name, change):
            return
    raise LoadError(
        f"the owner of ConfigMap {name} could not be set, because other clients keep changing it. Delete "
        f"it after the sweep: kubectl delete configmap {name}"
    )
