"""``spec.outputs``: a folder for each trial on the user's volumes, which all its attempts share."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import names
from ..parsing.reader import Reader

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_MAX_OUTPUTS = 20
# The output of this name receives the artifacts that the script logs with MLflow.
ARTIFACTS = "artifacts"


@dataclass(frozen=True, slots=True)
class Output:
    """One output.

    Attributes:
        name: the name of the output.
        volume: a volume source as in a pod, e.g. ``{persistentVolumeClaim: {claimName: models}}``.
        mount_path: the mount path of the trial's folder in the container.
        sub_path: folder on the volume that contains those of sweeps and trials.
    """

    name: str
    volume: Mapping[str, Any]
    mount_path: str
    sub_path: str

    @property
    def volume_name(self) -> str:
        """The name of the volume in the pod."""
        return f"{names.VOLUME_OUTPUT}{self.name.lower().replace('_', '-')}"

    def folder(self, of_trial: str) -> str:
        """Return a trial's folder on the volume, from ``trial_folder``."""
        return posixpath.join(self.sub_path, of_trial)


def trial_folder(sweep: str, sweep_uid: str, trial: str) -> str:
    """Return a trial's folder below the ``subPath`` of each output.

    It contains a part of the sweep's uid, so that a new sweep with the same name does not resume from the
    checkpoints of the old one.

    Args:
        sweep: name of the sweep.
        sweep_uid: uid of the sweep.
        trial: name of the trial.
    """
    return f"{sweep}-{sweep_uid[:8]}/{trial}"


def parse_outputs(reader: Reader) -> tuple[Output, ...]:
    """Read ``spec.outputs``; problems are added to the reader's."""
    reader.bounded("", reader.data, _MAX_OUTPUTS)
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
