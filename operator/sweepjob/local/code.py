"""The code of a local trial: a copy for each attempt, unpacked as a pod of a cluster does."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api import names
from ..protocol.code import PART_KEY, CodeError
from ..sidecar.unpack_code import unpack
from ..trial_pods.user_pod import trainer_of
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


def remove_tree(folder: Path) -> None:
    """Remove what an attempt that has ended leaves: its code, or all folders of a sweep.

    A script may have made folders that nobody may write to, or thousands in each other.
    """
    if not folder.is_dir():
        return
    _make_writable(folder)
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # rmtree goes into each folder by a call
        subprocess.run(["rm", "-rf", str(folder)], capture_output=True, check=False)


def _make_writable(folder: Path) -> None:
    waiting = [str(folder)]
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(OSError):  # not ours, or a path that is too long
            Path(current).chmod(Path(current).stat().st_mode | stat.S_IRWXU)
            with os.scandir(current) as entries:
                waiting += [e.path for e in entries if e.is_dir(follow_symlinks=False)]
