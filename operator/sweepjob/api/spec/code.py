"""``spec.trial.code``: code that is not in the image, mounted as the working directory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...protocol.code import MAX_PARTS
from ...template.references import Reference, format_path, iter_texts, references
from .. import names
from ..parsing.problem import Problem
from ..parsing.reader import Reader
from .outputs import Output

_SOURCES = ("snapshot", "configMap", "claim", "image")
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_EXAMPLE = (
    "must have one of snapshot, configMap, claim and image; kubectl sweepjob submit --code DIR writes "
    "a snapshot"
)


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A key of a ConfigMap: its path in the code, and its mode where one is given."""

    key: str
    path: str
    mode: int | None


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a sweep's trials.

    Attributes:
        mount_path: the folder in the trainer's container.
        config_maps: the parts of a snapshot, or the only ConfigMap; empty for a claim or an image.
        hash: that of a snapshot; empty for anything else.
        items: the keys that are used and their paths; empty for all keys of the ConfigMap.
        volume: the volume source of a claim or an image; empty for ConfigMaps.
        path: the folder in a claim or an image.
    """

    mount_path: str
    config_maps: tuple[str, ...] = ()
    hash: str = ""
    items: tuple[CodeFile, ...] = ()
    volume: Mapping[str, Any] | None = None
    path: str = ""

    @property
    def is_unpacked(self) -> bool:
        """Whether each pod unpacks a copy; a claim or an image is mounted as it is."""
        return bool(self.config_maps)

    @property
    def label(self) -> str:
        """What stands in a record for code without a hash: the image, or the claim and its folder."""
        volume = self.volume or {}
        if "image" in volume:
            return f"image {volume['image']['reference']}{self.path and f' {self.path}'}"
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
        return f"claim {claim}/{self.path}".rstrip("/")


def parse_code(reader: Reader) -> Code:
    """Read ``spec.trial.code``; problems are added to the reader's."""
    reader.known((*_SOURCES, "mountPath"))
    mount_path = reader.text("mountPath", names.CODE_FOLDER)
    reader.bounded("mountPath", mount_path, 1000)
    plain = posixpath.normpath(mount_path) if mount_path else names.CODE_FOLDER
    if not mount_path.startswith("/") or ".." in mount_path.split("/") or plain in ("/", "//"):
        reader.note("mountPath", mount_path, "must be an absolute path other than /")
    for tree_path, text in iter_texts(reader.data):
        for name in references(text):
            message = "all trials have the same code; a reference cannot be used here"
            path = f"{reader.path}{format_path(tree_path)}"
            reader.problems.append(Problem(path, str(Reference(name)), message))
    given = [source for source in _SOURCES if source in reader.data]
    if len(given) != 1:
        reader.note("", ", ".join(given) or "nothing", _EXAMPLE)
        return Code(plain)
    inner = reader.child(given[0])
    parse = {"snapshot": _snapshot, "configMap": _config_map, "claim": _claim, "image": _image}
    return parse[given[0]](inner, plain)


def _snapshot(reader: Reader, mount_path: str) -> Code:
    reader.known(("hash", "configMaps"))
    found = reader.text("hash")
    if found and not _HASH.fullmatch(found):
        reader.note("hash", found, "must be a SHA-256 in 64 hexadecimal digits")
    parts = reader.data.get("configMaps")
    if not isinstance(parts, list) or not parts or not all(isinstance(p, str) for p in parts):
        reader.note("configMaps", parts, "must be a list of names of ConfigMaps")
        return Code(mount_path, hash=found)
    reader.bounded("configMaps", parts, MAX_PARTS)
    for number, part in enumerate(parts):
        _check_name(reader, f"configMaps[{number}]", part)
    return Code(mount_path, tuple(parts), found)


def _config_map(reader: Reader, mount_path: str) -> Code:
    reader.known(("name", "items"))
    name = reader.text("name")
    _check_name(reader, "name", name)
    items = reader.data.get("items", [])
    if not isinstance(items, list):
        reader.note("items", items, "must be a list, e.g. [{key: train.py, path: src/train.py}]")
        items = []
    reader.bounded("items", items, 1000)
    readers = (Reader(i, reader.at(f"items[{n}]"), reader.problems) for n, i in enumerate(items))
    files = tuple(map(_file, readers))
    seen = set[str]()
    for number, file in enumerate(files):
        if file.path in seen:
            reader.note(f"items[{number}].path", file.path, "is listed twice; remove one")
        seen.add(file.path)
    return Code(mount_path, (name or "-",), items=files)


def _file(reader: Reader) -> CodeFile:
    reader.known(("key", "path", "mode"))
    key = reader.text("key")
    path = reader.text("path", key or None)
    _check_inside(reader, "path", path)
    if path.startswith(".."):
        reader.note("path", path, "must not begin with two dots, as the kubelet's own folders do")
    return CodeFile(key, path, reader.optional_integer("mode", 0, 0o777))


def _claim(reader: Reader, mount_path: str) -> Code:
    reader.known(("claimName", "path"))
    name = reader.text("claimName")
    _check_name(reader, "claimName", name)
    return Code(
        mount_path, volume={"persistentVolumeClaim": {"claimName": name}}, path=_folder(reader)
    )


def _image(reader: Reader, mount_path: str) -> Code:
    reader.known(("reference", "pullPolicy", "path"))
    reference = reader.text("reference")
    reader.bounded("reference", reference, 1000)
    image = {"reference": reference}
    if "pullPolicy" in reader.data:
        image["pullPolicy"] = reader.word("pullPolicy", ("Always", "Never", "IfNotPresent"))
    return Code(mount_path, volume={"image": image}, path=_folder(reader))


def _folder(reader: Reader) -> str:
    path = reader.text("path") if "path" in reader.data else ""
    _check_inside(reader, "path", path)
    return path.strip("/")


def _check_inside(reader: Reader, key: str, path: str) -> None:
    reader.bounded(key, path, 1000)
    if path.startswith("/") or ".." in path.split("/"):
        reader.note(key, path, "must be relative and stay inside")


def _check_name(reader: Reader, key: str, name: str) -> None:
    if name and not _NAME.fullmatch(name):
        reader.note(
            key, name, "is no name of a Kubernetes object: lower-case letters, digits, - and ."
        )


def code_problems(
    code: Code | None, outputs: tuple[Output, ...], trial: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield mounts that the code does not leave room for.

    Args:
        code: the code; None without any.
        outputs: the outputs, which are mounted as well.
        trial: ``spec.trial``.
    """
    if code is None:
        return
    mounts = [(f"spec.outputs.{output.name}.mountPath", output.mount_path) for output in outputs]
    mounts += _template_mounts(trial.get("template"))
    for path, mount in mounts:
        place = posixpath.normpath(mount)
        if place == code.mount_path:
            yield Problem(path, mount, "the code is mounted there; choose another path for one")
        elif place.startswith(f"{code.mount_path}/") and not code.is_unpacked:
            message = (
                "lies inside the code, which is mounted read-only from its volume; choose a path "
                "outside of trial.code.mountPath"
            )
            yield Problem(path, mount, message)


def _template_mounts(template: Any) -> list[tuple[str, str]]:
    pod = template.get("spec") if isinstance(template, Mapping) else None
    listed = pod.get("containers") if isinstance(pod, Mapping) else None
    containers = listed if isinstance(listed, list) else []
    return [
        (
            f"spec.trial.template.spec.containers[{n}].volumeMounts[{m}].mountPath",
            mount["mountPath"],
        )
        for n, container in enumerate(containers)
        if isinstance(container, Mapping) and isinstance(container.get("volumeMounts"), list)
        for m, mount in enumerate(container["volumeMounts"])
        if isinstance(mount, Mapping) and isinstance(mount.get("mountPath"), str)
    ]
