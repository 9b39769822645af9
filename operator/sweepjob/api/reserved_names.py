"""Names in a trial's pod that are the operator's: containers and volumes that it adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import names

REMEDY = f"names that begin with {names.RESERVED} are the operator's; choose another"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
# Of the operator's volumes, those that hold the trial's own data.
_FOR_ALL = (names.VOLUME_METRICS, names.VOLUME_OUTPUT)


class ReservedName(ValueError):
    """Something in a pod has a name of the operator's, or mounts what only the sidecar may see."""


def check_names(pod: Mapping[str, Any]) -> None:
    """Look at a pod after references were filled in, and before anything of the operator's is added.

    Raises:
        ReservedName: with the path, the name and what to do.
    """
    for path, name, remedy in reserved_names(pod):
        raise ReservedName(f"{path} is '{name}': {remedy}")


def reserved_names(pod: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Path below the pod's spec, name and remedy of everything that has a reserved name."""
    for key in (*_CONTAINERS, "volumes"):
        for position, named in enumerate(_mappings(pod.get(key))):
            name = named.get("name")
            if isinstance(name, str) and name.startswith(names.RESERVED):
                yield f"{key}[{position}].name", name, REMEDY
    for key in _CONTAINERS:
        for position, container in enumerate(_mappings(pod.get(key))):
            for kind in ("volumeMounts", "volumeDevices"):
                yield from _mounts(f"{key}[{position}].{kind}", container.get(kind))


def _mounts(path: str, mounts: Any) -> Iterator[tuple[str, str, str]]:
    for position, mount in enumerate(_mappings(mounts)):
        name = mount.get("name")
        if not isinstance(name, str) or name.startswith(_FOR_ALL):
            continue
        if name.startswith(names.RESERVED):
            remedy = (
                "this volume is for the sidecar alone, which reports with what is in it; remove it"
            )
            yield f"{path}[{position}].name", name, remedy


def _mappings(listed: Any) -> Sequence[Mapping[str, Any]]:
    return [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []
