"""Certificates of the operator."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import yaml

SCRIPT = Path(__file__).parents[2] / "manifests" / "certificate.sh"

HOST = "sweepjob.sweepjob-system.svc"


def make_secret(namespace: str = "sweepjob-system") -> dict[str, Any]:
    """The Secret that the script prints."""
    command = ["sh", SCRIPT, namespace]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    secret: dict[str, Any] = yaml.safe_load(said.stdout)
    assert secret["metadata"] == {"name": "sweepjob-intake", "namespace": namespace}
    return secret


def make(folder: Path) -> str:
    """A certificate and its key in a folder; returns its authority."""
    texts = {name: base64.b64decode(data) for name, data in make_secret()["data"].items()}
    for name in ("tls.crt", "tls.key"):
        (folder / name).write_bytes(texts[name])
    return texts["ca.crt"].decode()
