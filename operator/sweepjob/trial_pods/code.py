"""Adds the code of a sweep to a trial's pod, as the working directory.

A pod may write to the copy that it unpacks, which is its own. A claim or an image is mounted read-only.
"""

from __future__ import annotations

import copy
import posixpath
from typing import Any

from ..api import names
from ..api.spec.code import Code
from ..protocol.code import PART_KEY
from .sidecar import DROP_ALL, SidecarSettings

Manifest = dict[str, Any]
# Public images run as root, which the restricted Pod Security standard does not allow.
USER = 65532
# Of a user that the image does not know, the home folder would be /, which it cannot write to.
HOME = "/tmp"
_MODULE = "sweepjob.sidecar.unpack_code"


def default_user(pod: Manifest, trainer: Manifest) -> None:
    """Run the trainer as a user that is not root, with a home folder, unless the template has a user.

    Args:
        pod: the pod's spec; changed.
        trainer: its trainer; changed.
    """
    own = {**(pod.get("securityContext") or {}), **(trainer.get("securityContext") or {})}
    if "runAsUser" in own or own.get("runAsNonRoot") is False:
        return
    pod.setdefault("securityContext", {})["runAsUser"] = USER
    env = trainer.setdefault("env", [])
    if not any(entry.get("name") == "HOME" for entry in env):
        env.append({"name": "HOME", "value": HOME})


def add_code(
    pod: Manifest,
    trainer: Manifest,
    code: Code,
    code_hash: str,
    settings: SidecarSettings,
    resources: Manifest,
) -> None:
    """Add the code to a pod whose other mounts are complete.

    Args:
        pod: the pod's spec; changed.
        trainer: its trainer; changed.
        code: the code.
        code_hash: the hash that an unpacked copy must have.
        settings: those of sidecars, whose image unpacks the code.
        resources: requests and limits of the container that unpacks.
    """
    mounts: list[Manifest] = [*(trainer.get("volumeMounts") or [])]
    mount: Manifest = {"name": names.CODE, "mountPath": code.mount_path}
    if code.is_unpacked:
        volumes = [{"name": names.CODE, "emptyDir": {}}, _source(code)]
        # Created by the runtime, a mount point would belong to root.
        inside = [posixpath.normpath(m["mountPath"]) for m in mounts]
        folders = [
            posixpath.relpath(path, code.mount_path)
            for path in inside
            if path.startswith(f"{code.mount_path}/")
        ]
        _add_container(pod, _container(code, code_hash, folders, settings, resources))
    else:
        volumes = [{"name": names.CODE, **copy.deepcopy(dict(code.volume or {}))}]
        mount["readOnly"] = True
        if code.path:
            mount["subPath"] = code.path
    pod["volumes"] = [*pod.get("volumes", []), *volumes]
    trainer["volumeMounts"] = [mount, *mounts]
    trainer.setdefault("workingDir", code.mount_path)


def _source(code: Code) -> Manifest:
    """Return the volume with the ConfigMaps."""
    if code.hash:
        parts = [
            {"configMap": {"name": name, "items": [{"key": PART_KEY, "path": f"part-{n:02}"}]}}
            for n, name in enumerate(code.config_maps)
        ]
        return {"name": names.VOLUME_CODE_SOURCE, "projected": {"sources": parts}}
    source: Manifest = {"name": code.config_maps[0]}
    if code.items:
        source["items"] = [
            {"key": f.key, "path": f.path} | ({} if f.mode is None else {"mode": f.mode})
            for f in code.items
        ]
    return {"name": names.VOLUME_CODE_SOURCE, "configMap": source}


def _container(
    code: Code,
    code_hash: str,
    folders: list[str],
    settings: SidecarSettings,
    resources: Manifest,
) -> Manifest:
    """Return the init container that unpacks the code."""
    source, target = names.CODE_SOURCE_FOLDER, names.CODE_TARGET_FOLDER
    return {
        "name": names.CODE,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "command": [
            *("python3", "-S", "-m", _MODULE, source, target, code_hash),
            *([] if code.hash else ["--files"]),
            *(f"--folder={folder}" for folder in folders),
        ],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            **copy.deepcopy(DROP_ALL),
            "runAsNonRoot": True,
            "runAsUser": USER,
            "readOnlyRootFilesystem": True,
        },
        "resources": copy.deepcopy(resources),
        "volumeMounts": [
            {"name": names.VOLUME_CODE_SOURCE, "mountPath": source, "readOnly": True},
            {"name": names.CODE, "mountPath": target},
        ],
    }


def _add_container(pod: Manifest, container: Manifest) -> None:
    """Insert the init container behind the sidecar and before those of the user."""
    existing = pod.get("initContainers") or []
    place = 1 if existing and existing[0].get("name") == names.SIDECAR else 0
    pod["initContainers"] = [*existing[:place], container, *existing[place:]]
