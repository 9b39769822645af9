"""Names in a trial's pod that are reserved for the containers and volumes that the operator adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import names

REMEDY = f"names that begin with {names.RESERVED} are the operator's; choose another"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
# The operator's volumes that contain the trial's own data.
_MOUNTABLE = (names.VOLUME_METRICS, names.VOLUME_OUTPUT)


class ReservedName(ValueError):
    """A pod has a reserved name, or mounts a volume that is only for the sidecar."""


def reject_reserved_names(pod: Mapping[str, Any]) -> None:
    """Check a pod after its references were replaced, and before the operator adds anything.

    Raises:
        ReservedName: with the path, the name and the remedy.
    """
    for path, name, remedy in find_reserved_names(pod):
        raise ReservedName(f"{path} is '{name}': {remedy}")


def find_reserved_names(pod: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the path below the pod's spec, the name and the remedy of each use of a reserved name."""
    for key in (*_CONTAINERS, "volumes"):
        for position, named in enumerate(mappings_in(pod.get(key))):
            name = named.get("name")
            if isinstance(name, str) and name.startswith(names.RESERVED):
                yield f"{key}[{position}].name", name, REMEDY
    for key in _CONTAINERS:
        for position, container in enumerate(mappings_in(pod.get(key))):
            for kind in ("volumeMounts", "volumeDevices"):
                yield from _mounts(f"{key}[{position}].{kind}", container.get(kind))


def _mounts(path: str, mounts: Any) -> Iterator[tuple[str, str, str]]:
    for position, mount in enumerate(mappings_in(mounts)):
        name = mount.get("name")
        if not isinstance(name, str) or name.startswith(_MOUNTABLE):
            continue
        if name.startswith(names.RESERVED):
            remedy = (
                "this volume is for the sidecar alone, which reports with what is in it; remove it"
            )
            yield f"{path}[{position}].name", name, remedy


def mappings_in(listed: Any) -> Sequence[Mapping[str, Any]]:
    """Return the mappings in a list; none if it is no list."""
    return [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []
