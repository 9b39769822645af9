"""The images as OCI archives, which every tool for registries can push: skopeo, podman, buildah."""

from __future__ import annotations

import platform
from pathlib import Path

from tests.cluster import images, packages
from tests.cluster.console import step

from . import archives, charts
from .source import Source

# Names of Go, which registries use, by those of the kernel.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def file_name(name: str, version: str) -> str:
    """Return the name of the archive of an image, for the architecture of this machine."""
    machine = platform.machine()
    return f"image-{name}-{version}-linux-{_ARCHITECTURES.get(machine, machine)}.oci.tar"


def write(source: Source, output: Path, registry: str) -> None:
    """Build all images from the commit, and write an archive of each.

    Their base images are made of Debian packages of the day, so other days give other bytes.

    Args:
        source: the commit.
        output: folder of the release.
        registry: prefix of the images; empty for none.

    Raises:
        ClusterError: this machine cannot build images.
    """
    packages.require_machine()
    packages.require_packages()
    for name, image in images.ALL.items():
        target = output / file_name(name, source.version)
        reference = charts.image(name, source.version, registry)
        with step(f"building the image {name}", "1 min"):
            images.write_archive(image, source.folder, reference, target, source.epoch)
            # The archive has the times of the files that it was packed from.
            archives.write_tar(target, archives.read_tar(target), source.epoch)
