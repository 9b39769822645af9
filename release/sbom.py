"""Software bills of materials (CycloneDX 1.5) of the locked dependencies of what is released."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cluster.console import run

from . import tools
from .source import Source

# The flags of `uv export` by the file whose dependencies they select.
SELECTIONS = {
    "sweepjob-package": ("--no-dev", "--all-extras"),
    "kubectl-sweepjob": ("--no-dev",),
    "image-operator": ("--no-dev", "--extra", "operator"),
    "image-trainer": ("--only-group", "trainer"),
}


def write(source: Source, output: Path) -> None:
    """Write a bill of materials for each artifact that has dependencies.

    The image of the sidecar has none: it contains Python's standard library and the package alone.
    The packages of base images are not in the lock file, so they are not listed.

    Args:
        source: the commit.
        output: folder of the release.
    """
    for name, selection in SELECTIONS.items():
        command = [str(tools.UV), "export", "--quiet", "--frozen", "--format", "cyclonedx1.5"]
        command += ["--preview-features", "sbom-export", *selection]
        exported = json.loads(run(command, cwd=source.folder))
        bill = reproducible(exported, source, name)
        target = output / f"{name}-{source.version}.cdx.json"
        target.write_text(json.dumps(bill, indent=2) + "\n")


def reproducible(bill: dict[str, Any], source: Source, name: str) -> dict[str, Any]:
    """Return a bill of materials with the name and time of the release, and an id of its contents.

    Args:
        bill: the bill of materials, as exported.
        source: the commit.
        name: what it is of.
    """
    time = datetime.fromtimestamp(source.epoch, UTC).isoformat().replace("+00:00", "Z")
    component = {**bill["metadata"]["component"], "name": name, "version": source.version}
    metadata = {**bill["metadata"], "timestamp": time, "component": component}
    found = {**bill, "metadata": metadata, "serialNumber": ""}
    identity = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(found, sort_keys=True))
    return {**found, "serialNumber": identity.urn}
