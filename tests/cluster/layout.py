"""Where everything lies: the cache shared by all checkouts, and the state of this checkout's cluster."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MODULES = Path(__file__).resolve().parent / "modules"

# One address plan serves every cluster, because each lives in network namespaces of its own.
NODE_NETWORK_PREFIX = 24
SERVICE_RANGE = "10.96.0.0/16"
SERVICE_OF_API = "10.96.0.1"
POD_RANGE = "10.244.0.0/16"
API_ADDRESS = "10.201.0.2"
API_PORT = 6443


def cache() -> Path:
    """Build results, keyed by lock files; ``SWEEPJOB_CACHE`` or the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sweepjob"
    return Path(os.environ.get("SWEEPJOB_CACHE", default))


def digest(*parts: Path | str) -> str:
    """Twelve hexadecimal digits over the texts and the contents of the files and folders given."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            sha.update(part.encode())
            continue
        files = sorted(p for p in part.rglob("*") if p.is_file()) if part.is_dir() else [part]
        for file in files:
            if "__pycache__" not in file.parts:
                sha.update(str(file.relative_to(part.parent)).encode() + file.read_bytes())
    return sha.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Node:
    """One real node: number 1 also carries the control plane."""

    cluster: Cluster
    number: int

    @property
    def name(self) -> str:
        return f"node-{self.number}"

    @property
    def address(self) -> str:
        return f"10.201.0.{self.number + 1}"

    @property
    def pod_subnet(self) -> str:
        return f"10.244.{self.number}.0/24"

    @property
    def folder(self) -> Path:
        return self.cluster.folder / self.name

    @property
    def cgroup(self) -> str:
        """Each node's pods below a control group of their own, so that kubelets never meet."""
        return f"/sweepjob-{self.cluster.name}-{self.name}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster of this checkout; ``SWEEPJOB_CLUSTER`` names another."""

    name: str

    @property
    def folder(self) -> Path:
        return cache() / "clusters" / self.name

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def port_file(self) -> Path:
        return self.folder / "forwarder.port"

    def node(self, number: int) -> Node:
        return Node(self, number)

    def beside(self, name: str) -> Cluster:
        """Another cluster of this checkout; ``down`` takes it down with this one."""
        return Cluster(f"{self.name}.{name}")

    def all_beside(self) -> list[Cluster]:
        """Those beside this one that were started, by their folders."""
        return [Cluster(p.name) for p in sorted(self.folder.parent.glob(f"{self.name}.*"))]

    def nodes(self) -> list[Node]:
        """The nodes that were started, by their folders."""
        found = [int(p.name.removeprefix("node-")) for p in self.folder.glob("node-*")]
        return [Node(self, number) for number in sorted(found)]


def current() -> Cluster:
    checkout = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:8]
    return Cluster(os.environ.get("SWEEPJOB_CLUSTER", checkout))
