"""Certificates of the operator."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import yaml

SCRIPT = Path(__file__).parents[2] / "manifests" / "certificate.sh"

HOST = "sweepjob.sweepjob-system.svc"


def make(folder: Path) -> str:
    """A certificate and its key in a folder; returns its authority."""
    said = subprocess.run(["sh", SCRIPT], capture_output=True, text=True, check=True)
    secret = yaml.safe_load(said.stdout)
    assert secret["metadata"] == {"name": "sweepjob-intake", "namespace": "sweepjob-system"}
    texts = {name: base64.b64decode(data) for name, data in secret["data"].items()}
    for name in ("tls.crt", "tls.key"):
        (folder / name).write_bytes(texts[name])
    return texts["ca.crt"].decode()
