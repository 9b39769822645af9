"""A registry of images and charts in the first node, from a Debian package.

containerd asks registries on localhost without TLS, so the node needs no settings for it.
"""

from __future__ import annotations

import json

from . import build, namespaces, packages
from .console import run
from .layout import Cluster

ADDRESS = "localhost:5000"
_PACKAGES = {"docker-registry": "docker-registry"}


def serve(cluster: Cluster) -> None:
    """Start the registry, which ends with the node."""
    packages.require_packages(_PACKAGES)
    folder = cluster.folder / "registry"
    folder.mkdir()
    config = folder / "config.yaml"
    settings = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": ADDRESS},
    }
    config.write_text(json.dumps(settings))
    namespaces.start(cluster.node(1), "registry", ["docker-registry", "serve", str(config)])


def in_network(cluster: Cluster) -> list[str]:
    """Return the beginning of a command that can reach the registry, and sees the files of this machine."""
    return ["nsenter", f"--net=/proc/{namespaces.init_pid(cluster.node(1))}/ns/net"]


def helm(cluster: Cluster, *arguments: str) -> str:
    """Run Helm where it can reach the registry."""
    return run([*in_network(cluster), str(build.kubernetes() / "helm"), *arguments])
