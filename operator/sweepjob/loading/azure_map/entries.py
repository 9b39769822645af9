"""The entries of an Azure map, and how each is read."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...api.parsing.quantity import check_amounts
from ...api.parsing.reader import Reader

# Words of the skeleton that have to be replaced.
WORDS = ("NAMESPACE", "QUEUE", "CLAIM", "PATH", "REGISTRY/IMAGE:TAG", "/FOLDER", "FILE.yml")
_REPLACE = "is a word of the skeleton; replace it, or remove the entry"
_PLACES = ("claim", "volume", "url", "path")


@dataclass(frozen=True, slots=True)
class WorkspaceEntry:
    """What a workspace is: a namespace of a cluster, or this machine.

    Attributes:
        namespace: namespace of the sweeps; empty for that of the context.
        context: context of the kubeconfig; empty for the current one.
        kubeconfig: kubeconfig file; empty for the default one.
        local: True to run sweeps on this machine.
        dashboard: address of the dashboard that the cluster serves.
    """

    namespace: str = ""
    context: str = ""
    kubeconfig: str = ""
    local: bool = False
    dashboard: str = ""


@dataclass(frozen=True, slots=True)
class ComputeEntry:
    """What a compute target or an instance type is: settings of a trial's pod.

    Attributes:
        queue: Kueue's queue.
        gpus: GPUs of a trial (``nvidia.com/gpu``); None if the entry has none.
        resources: resources of the container, with ``limits`` and ``requests``.
        node_selector: node selector of the pod.
        tolerations: tolerations of the pod.
        service_account_name: service account of the pod.
        priority_class_name: priority class of the pod.
    """

    queue: str = ""
    gpus: int | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    service_account_name: str = ""
    priority_class_name: str = ""

    def amounts(self) -> dict[str, Any]:
        """Return the resources of the container, GPUs included."""
        amounts: dict[str, Any] = {key: dict(value) for key, value in self.resources.items()}
        if self.gpus:
            amounts.setdefault("limits", {})["nvidia.com/gpu"] = self.gpus
        return amounts


@dataclass(frozen=True, slots=True)
class EnvironmentEntry:
    """What an environment is: a container image.

    Attributes:
        image: the image.
    """

    image: str


@dataclass(frozen=True, slots=True)
class DataEntry:
    """Where data is: on a volume, in the image, or at an address.

    Attributes:
        value: what the script gets on the cluster: a path in the container, or a URL.
        volume: volume source of the pod that has the data; empty without a volume.
        mount_path: where the volume is mounted; empty without a volume.
        path: path on the volume; empty for its root.
        local: path on this machine, for local sweeps; empty if the map has none.
    """

    value: str
    volume: Mapping[str, Any] = field(default_factory=dict)
    mount_path: str = ""
    path: str = ""
    local: str = ""

    def below(self, rest: str) -> DataEntry:
        """Return the entry of a path below this one."""
        if not rest:
            return self
        path = posixpath.join(self.path, rest) if self.volume else ""
        local = posixpath.join(self.local, rest) if self.local else ""
        value = f"{self.value.rstrip('/')}/{rest}"
        return DataEntry(value, self.volume, self.mount_path, path, local)


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """Where a folder of code is in a trial.

    Attributes:
        path: folder in the image; empty for a snapshot of the folder.
    """

    path: str = ""


def read_workspace(reader: Reader) -> WorkspaceEntry:
    """Read ``workspace``; problems are added to the reader's."""
    reader.known(("namespace", "context", "kubeconfig", "local", "dashboard"))
    texts = {key: _text(reader, key) for key in ("namespace", "context", "kubeconfig")}
    local = reader.flag("local")
    if local and any(texts.values()):
        reader.note("local", True, "is this machine, which has no namespace; remove one of them")
    return WorkspaceEntry(**texts, local=local, dashboard=_text(reader, "dashboard"))


def read_compute(reader: Reader) -> ComputeEntry:
    """Read an entry of ``compute`` or ``instance_type``; problems are added to the reader's."""
    names = ("queue", "serviceAccountName", "priorityClassName")
    reader.known((*names, "gpus", "resources", "nodeSelector", "tolerations"))
    queue, account, priority = (_text(reader, name) for name in names)
    amounts = reader.child("resources")
    amounts.known(("limits", "requests"))
    check_amounts(amounts)
    return ComputeEntry(
        queue,
        reader.optional_integer("gpus"),
        amounts.data,
        _labels(reader, "nodeSelector"),
        _tolerations(reader),
        account,
        priority,
    )


def read_environment(data: Any, reader: Reader) -> EnvironmentEntry:
    """Read an entry of ``environment``: an image, or an object with it."""
    if not (isinstance(data, str) and data):
        reader.known(("image",))
        data = reader.text("image")
    if data in WORDS:
        reader.note("", data, _REPLACE)
    return EnvironmentEntry(data)


def read_data(reader: Reader, name: str, folder: str) -> DataEntry:
    """Read an entry of ``data`` or ``datastore``.

    Args:
        reader: the entry.
        name: its key.
        folder: folder of the map, to which ``local`` is relative.
    """
    reader.known((*_PLACES, "mountPath", "local"))
    claim, url, path, mount, local = (
        _text(reader, key) for key in ("claim", "url", "path", "mountPath", "local")
    )
    local = posixpath.join(folder, local) if local else ""
    if not any(key in reader.data for key in (*_PLACES, "local")):
        reader.note("", dict(reader.data), "needs claim:, volume:, url:, path: or local:")
    if sum(bool(reader.data.get(key)) for key in ("claim", "volume", "url")) > 1:
        reader.note("", dict(reader.data), "takes one of claim:, volume: and url:")
    volume = reader.child("volume").data
    if claim:
        volume = {"persistentVolumeClaim": {"claimName": claim}}
    if not volume:
        return _without_volume(reader, url, path, mount, local)
    if path.startswith("/") or ".." in path.split("/"):
        reader.note("path", path, "must be relative to the volume and stay inside it")
    mount_path = mount or f"/mnt/{claim or _file_name(name)}"
    if not mount_path.startswith("/"):
        reader.note("mountPath", mount, "must be absolute")
    value = posixpath.join(mount_path, path.strip("/")) if path else mount_path
    return DataEntry(value, volume, mount_path, path.strip("/"), local)


def read_code(data: Any, reader: Reader) -> CodeEntry:
    """Read an entry of ``code``: ``snapshot``, or an object with the folder in the image."""
    if data == "snapshot":
        return CodeEntry()
    reader.known(("path",))
    path = reader.text("path")
    if path and not path.startswith("/"):
        reader.note("path", path, "must be absolute: the folder of the code in the image")
    return CodeEntry(path)


def _without_volume(reader: Reader, url: str, path: str, mount: str, local: str) -> DataEntry:
    if mount:
        reader.note("mountPath", mount, "needs claim: or volume:")
    if path and (url or not path.startswith("/")):
        remedy = "needs claim: or volume:, or must be absolute: a path in the image"
        reader.note("path", path, remedy)
    return DataEntry(url or path, local=local)


def _text(reader: Reader, key: str) -> str:
    value = reader.text(key) if key in reader.data else ""
    if value in WORDS:
        reader.note(key, value, _REPLACE)
    return value


def _labels(reader: Reader, key: str) -> Mapping[str, str]:
    labels = reader.child(key).data
    for name, value in labels.items():
        if not isinstance(value, str):
            reader.note(f"{key}.{name}", value, "must be a string; quote it")
    return labels


def _tolerations(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    found = reader.data.get("tolerations", [])
    if isinstance(found, list) and all(isinstance(one, Mapping) for one in found):
        return tuple(found)
    reader.note("tolerations", found, "must be a list of tolerations, as in a pod")
    return ()


def _file_name(name: str) -> str:
    """Return a name without characters that have a meaning in a path."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.") or "data"
