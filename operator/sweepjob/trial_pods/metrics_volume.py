"""Shares the folder that the trainer writes its metrics to with the sidecar.

The folder is for one attempt only. On a volume that several trials mount, a sidecar would otherwise also
read what other trials and earlier attempts wrote.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..template import kubelet_expansion

Manifest = dict[str, Any]
_RANK = "JOB_COMPLETION_INDEX"
# Variables that have another value in each pod of an attempt.
_RANKS = {_RANK, "SWEEPJOB_RANK", "NODE_RANK", "PET_NODE_RANK", "RANK"}
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
# Volume sources that each pod has for itself, or that are read-only.
_UNSHARED_SOURCES = {
    *("emptyDir", "ephemeral"),
    *("configMap", "secret", "downwardAPI", "projected", "image"),
}


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """Where an attempt writes its metrics on a volume that several pods mount.

    Attributes:
        path: a folder of the volume, for this attempt only.
        by_rank: whether the attempt has several pods. Each pod then writes to a subfolder.
    """

    path: str
    by_rank: bool = False


def share_folder(pod: Manifest, trainer: Manifest, folder: str, own: AttemptFolder) -> Manifest:
    """Return the trainer's mount that contains a folder; add an emptyDir where there is none.

    Args:
        pod: the pod's spec; changed.
        trainer: its trainer; changed.
        folder: where the trainer writes its metrics.
        own: the attempt's folder on a volume that several pods mount; the mount is changed to it.
    """
    mounts: list[Manifest] = trainer.setdefault("volumeMounts", [])
    around = [m for m in mounts if _is_inside(folder, m.get("mountPath", ""))]
    if not around:
        made = {"name": names.VOLUME_METRICS, "mountPath": folder}
        mounts.append(dict(made))
        pod["volumes"] = [*pod.get("volumes", []), {"name": names.VOLUME_METRICS, "emptyDir": {}}]
        return made
    closest = max(around, key=lambda m: len(m["mountPath"]))
    if _is_shared(pod, closest):
        if "subPathExpr" not in closest:
            closest = _move(mounts, closest, folder, own)
        elif own.by_rank and not _RANKS.intersection(_REFERENCE.findall(closest["subPathExpr"])):
            closest = _move_by_rank(mounts, closest, folder)
    keys = ("name", "mountPath", "subPath", "subPathExpr")
    return {key: closest[key] for key in keys if key in closest}


def _is_shared(pod: Manifest, mount: Manifest) -> bool:
    """Return whether other pods may write to a mounted volume; outputs have a folder for each trial."""
    if mount["name"].startswith(names.VOLUME_OUTPUT):
        return False
    volumes: list[Manifest] = pod.get("volumes", [])
    volume: Manifest = next((v for v in volumes if v.get("name") == mount["name"]), {})
    return bool(volume.keys() - {"name"} - _UNSHARED_SOURCES)


def _move(mounts: list[Manifest], around: Manifest, folder: str, own: AttemptFolder) -> Manifest:
    """Mount the attempt's own folder of the same volume where the trainer writes its metrics."""
    inside = posixpath.relpath(folder, around["mountPath"])
    sub_path = posixpath.join(around.get("subPath", ""), inside, own.path)
    mount = {**around, "mountPath": folder, "subPath": posixpath.normpath(sub_path)}
    if own.by_rank:
        # The Job controller sets this variable in all containers.
        mount["subPathExpr"] = f"{kubelet_expansion.escape_text(mount.pop('subPath'))}/$({_RANK})"
    _add_mount(mounts, around, mount)
    return mount


def _move_by_rank(mounts: list[Manifest], around: Manifest, folder: str) -> Manifest:
    """Mount a folder for each rank where the user's ``subPathExpr`` separates only the trials."""
    inside = posixpath.relpath(folder, around["mountPath"])
    below = [] if inside == "." else [kubelet_expansion.escape_text(inside)]
    path = "/".join([around["subPathExpr"].rstrip("/"), *below, f"$({_RANK})"])
    own = {**around, "mountPath": folder, "subPathExpr": path}
    _add_mount(mounts, around, own)
    return own


def _add_mount(mounts: list[Manifest], around: Manifest, own: Manifest) -> None:
    """Add a mount, in place of the one around it where both have the same path."""
    if posixpath.normpath(own["mountPath"]) == posixpath.normpath(around["mountPath"]):
        mounts[mounts.index(around)] = own
    else:
        mounts.append(own)


def _is_inside(folder: str, mount_path: str) -> bool:
    mounted = posixpath.normpath(mount_path) if mount_path else ""
    return bool(mounted) and (folder == mounted or folder.startswith(f"{mounted.rstrip('/')}/"))


def share_variables(sidecar: Manifest, trainer: Mapping[str, Any]) -> None:
    """Copy the trainer's variables that the paths of the sidecar's mounts refer to.

    Args:
        sidecar: the container; changed.
        trainer: the container.
    """
    wanted = {
        n for m in sidecar["volumeMounts"] for n in _REFERENCE.findall(m.get("subPathExpr", ""))
    }
    found: list[Mapping[str, Any]] = []
    # A variable can only refer to earlier ones.
    for entry in reversed(trainer.get("env") or []):
        if entry.get("name") in wanted:
            wanted |= set(_REFERENCE.findall(str(entry.get("value") or "")))
            found.insert(0, dict(entry))
    sidecar["env"] = [*sidecar["env"], *found]
