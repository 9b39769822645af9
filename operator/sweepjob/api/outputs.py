"""``spec.outputs``: folders on the user's volumes, one for each trial, which survive its attempts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import names
from .reader import Reader

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_MOST = 20
# An output of this name gets what the script logs as artifacts with MLflow.
ARTIFACTS = "artifacts"


@dataclass(frozen=True, slots=True)
class Output:
    """One output.

    Attributes:
        volume: a volume source as in a pod, e.g. ``{persistentVolumeClaim: {claimName: models}}``.
        mount_path: where the trial finds its folder.
        sub_path: a folder on the volume, below which sweeps and trials have theirs.
    """

    name: str
    volume: Mapping[str, Any]
    mount_path: str
    sub_path: str

    @property
    def volume_name(self) -> str:
        return f"{names.VOLUME_OUTPUT}{self.name.lower().replace('_', '-')}"

    def folder(self, of_trial: str) -> str:
        """A trial's folder on the volume."""
        return posixpath.join(self.sub_path, of_trial)


def trial_folder(sweep: str, sweep_uid: str, trial: str) -> str:
    """Where a trial's outputs are below each output's own path. The uid keeps a sweep that is made
    anew with the same name from going on with the checkpoints of the old one.
    """
    return f"{sweep}-{sweep_uid[:8]}/{trial}"


def parse_outputs(reader: Reader) -> tuple[Output, ...]:
    """Read ``spec.outputs``."""
    reader.bounded("", reader.data, _MOST)
    outputs = tuple(_output(reader.child(name), name) for name in map(str, reader.data))
    for name in map(str, reader.data):
        if not _NAME.fullmatch(name):
            remedy = "a name has letters, digits and _ only, at most 41, and no digit first"
            reader.note(name, name, remedy)
    taken: dict[str, str] = {}
    for output in outputs:
        for value in (output.volume_name, output.mount_path):
            other = taken.setdefault(value, output.name)
            if other != output.name:
                reader.note(output.name, value, f"output {other} has the same; choose another")
    return outputs


def _output(reader: Reader, name: str) -> Output:
    reader.known(("volume", "mountPath", "subPath"))
    volume = reader.child("volume").data
    if len(volume) != 1:
        remedy = "must have one volume source, e.g. {persistentVolumeClaim: {claimName: models}}"
        reader.note("volume", dict(volume), remedy)
    mount_path = reader.text("mountPath", f"/outputs/{name}")
    if not mount_path.startswith("/") or ".." in mount_path.split("/"):
        reader.note("mountPath", mount_path, "must be absolute")
    sub_path = reader.text("subPath") if reader.data.get("subPath", "") != "" else ""
    reader.bounded("mountPath", mount_path, 1000)
    reader.bounded("subPath", sub_path, 1000)
    if sub_path.startswith("/") or ".." in sub_path.split("/"):
        reader.note("subPath", sub_path, "must be relative to the volume and stay inside it")
    return Output(name, volume, posixpath.normpath(mount_path), sub_path.strip("/"))
