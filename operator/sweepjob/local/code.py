"""The code of a local trial: a copy for each attempt, unpacked as a pod of a cluster does."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api import names
from ..protocol.code import PART_KEY, CodeError
from ..sidecar.unpack_code import unpack
from ..trial_pods.job_manifest import trainer_of
from .store import Body, Store


@dataclass(frozen=True)
class LocalCode:
    """The code of a pod.

    Attributes:
        mount_path: where the trainer finds it in a pod.
        hash: its hash.
        config_maps: names of the ConfigMaps with the parts of its archive.
        mounts: folders of this machine by the path, below the code, at which a pod mounts a volume.
    """

    mount_path: str
    hash: str
    config_maps: tuple[str, ...]
    mounts: Mapping[str, str]


class UnpackError(Exception):
    """The code cannot be unpacked."""


def code_of(spec: Mapping[str, Any], mounts: Mapping[str, str]) -> LocalCode | None:
    """Return the code of a pod; None without any.

    Args:
        spec: the spec of the pod.
        mounts: folders of this machine by mount path.
    """
    containers = spec.get("initContainers") or []
    container = next((c for c in containers if c["name"] == names.CODE), None)
    if container is None:
        return None
    mount = next(m for m in trainer_of(spec)["volumeMounts"] if m["name"] == names.CODE)
    volume = next(v for v in spec["volumes"] if v["name"] == names.VOLUME_CODE_SOURCE)
    parts = tuple(source["configMap"]["name"] for source in volume["projected"]["sources"])
    inside = f"{mount['mountPath']}/"
    below = {p.removeprefix(inside): f for p, f in mounts.items() if p.startswith(inside)}
    # As the init container gets it: module, source, target, hash.
    return LocalCode(mount["mountPath"], container["command"][6], parts, below)


def read_parts(store: Store, code: LocalCode) -> list[bytes]:
    """Return the parts of the archive of a pod's code.

    Args:
        store: the objects of the sweep.
        code: the code.

    Raises:
        UnpackError: a ConfigMap is missing.
    """
    parts = []
    for name in code.config_maps:
        found: Body | None = next(
            (b for key, b in store.all("configmaps").items() if key[1] == name), None
        )
        if found is None:
            raise UnpackError(f"there is no ConfigMap {name} in the folder of the sweep")
        parts.append(base64.b64decode(found["binaryData"][PART_KEY]))
    return parts


def unpack_local(parts: list[bytes], code: LocalCode, folder: Path) -> None:
    """Unpack code for one attempt.

    Args:
        parts: the parts of the archive.
        code: the code.
        folder: where to; it must not exist.

    Raises:
        UnpackError: the code cannot be unpacked.
    """
    source = folder.with_name(f"{folder.name}-parts")
    try:
        source.mkdir(parents=True)
        folder.mkdir()
        for number, part in enumerate(parts):
            (source / f"part-{number:02}").write_bytes(part)
        unpack(source, folder, code.hash, are_files=False)
        for inside, target in code.mounts.items():
            link = folder / inside
            link.parent.mkdir(parents=True, exist_ok=True)
            if link.is_dir():
                shutil.rmtree(link)
            link.symlink_to(target)
    except (CodeError, OSError, tarfile.TarError) as error:
        raise UnpackError(str(error)) from error
    finally:
        shutil.rmtree(source, ignore_errors=True)


def remove_local(folder: Path) -> None:
    """Remove the code of an attempt that has ended."""
    if folder.is_dir():
        make_removable(folder)
        shutil.rmtree(folder, ignore_errors=True)


def make_removable(folder: Path) -> None:
    """Make the folders in a folder writable, where a script or an earlier version took that away."""
    for root, _, _ in os.walk(folder):
        Path(root).chmod(Path(root).stat().st_mode | stat.S_IRWXU)
