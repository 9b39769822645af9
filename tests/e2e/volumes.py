"""A volume for outputs, which the tests can look into from outside."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .sweeps import Sweeps


@contextlib.contextmanager
def claimed(sweeps: Sweeps) -> Iterator[Path]:
    """A claim called models in the namespace, and where its data is on this machine."""
    cluster = sweeps.target.built_in
    if cluster is None:
        pytest.skip("looks into a volume from outside, which is for the built-in cluster only")
    name = f"{sweeps.namespace}-models"
    folder = cluster.folder / name
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    shared: dict[str, Any] = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    size = {"storage": "1Gi"}
    claim = {"namespace": sweeps.namespace, "name": "models"}
    volume = {**shared, "capacity": size, "hostPath": {"path": str(folder)}, "claimRef": claim}
    wanted = {**shared, "resources": {"requests": size}}
    objects = [
        {"kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume},
        {"kind": "PersistentVolumeClaim", "metadata": claim, "spec": wanted},
    ]
    listed = [{"apiVersion": "v1", **body} for body in objects]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": listed})
    sweeps.target.kubectl("apply", "-f", "-", stdin=text)
    yield folder
    sweeps.target.kubectl("delete", "pv", name, "--wait=false")
