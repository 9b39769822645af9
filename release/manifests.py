"""The installation without Helm, as ``kubectl apply -k`` reads it."""

from __future__ import annotations

from pathlib import Path

from . import archives
from .charts import with_registry
from .source import Source


def package(source: Source, output: Path, registry: str) -> None:
    """Package the manifests and the CRDs, with the images of the release.

    Args:
        source: the commit.
        output: folder of the release.
        registry: prefix of the images; empty for none.
    """
    folder = f"sweepjob-manifests-{source.version}"
    files = archives.files_below(source.folder, "manifests", "crds", "LICENSE")
    placed = {
        f"{folder}/{name}": with_registry(content.decode(), registry).encode()
        for name, content in files.items()
    }
    archives.write_tar(output / f"{folder}.tar.gz", placed, source.epoch)
