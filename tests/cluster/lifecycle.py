"""Up, down, status: what the command line and the tests call."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import (
    build,
    certificates,
    components,
    forwarder,
    image_store,
    images,
    layout,
    namespaces,
    packages,
    pidfile,
    trash,
)
from .components import Component, Options
from .console import ClusterError, run, step
from .layout import Cluster, Node


def up(cluster: Cluster, options: Options, nodes: int = 1, archives: Sequence[Path] = ()) -> Path:
    """Bring the cluster up, whatever of it is there already; returns the kubeconfig's path.

    Args:
        archives: images that nodes which are booted now have from the beginning.
    """
    packages.require_machine()
    packages.require_packages()
    binaries = build.kubernetes()
    pause = images.pause()
    if namespaces.init_pid(cluster.node(1)) is None:
        with step(f"booting Kubernetes {build.version()}", "5 s"):
            _remains(cluster)
            _boot(cluster, binaries, options, [pause, *archives])
    _require_version(cluster)
    for number in range(2, nodes + 1):
        if namespaces.init_pid(cluster.node(number)) is None:
            with step(f"joining node-{number}", "4 s"):
                _join(cluster.node(number), binaries, pause)
    for node in cluster.nodes():
        set_gpus(node, options.gpus)
    return cluster.kubeconfig


def _require_version(cluster: Cluster) -> None:
    booted = json.loads(kubectl(cluster, "get", "--raw=/version"))["gitVersion"]
    if booted != build.version():
        raise ClusterError(
            f"cluster {cluster.name} is Kubernetes {booted}, and {build.version()} is wanted: take it "
            "down by 'make clean'"
        )


def down(cluster: Cluster) -> None:
    """Leave no process, mount, link, control group or firewall rule; build results stay cached."""
    packages.require_machine()
    if cluster.folder.exists():
        with step(f"taking cluster {cluster.name} down"):
            _remains(cluster)


def _remains(cluster: Cluster) -> None:
    pidfile.kill(cluster.folder / "forwarder.pid")
    for node in reversed(cluster.nodes()):
        namespaces.destroy(node)
    trash.discard(cluster.folder)


def _boot(cluster: Cluster, binaries: Path, options: Options, archives: Sequence[Path]) -> None:
    node = cluster.node(1)
    cluster.logs.mkdir(parents=True)
    (cluster.folder / "options.json").write_text(json.dumps(asdict(options)))
    certificates.issue(cluster.pki, certificates.control_plane() + certificates.of_node(node))
    namespaces.create(node)
    image_store.begin(node, archives)
    etcd, *rest = components.control_plane(cluster, binaries, options)
    workers = components.of_node(node, binaries)
    _start(node, etcd)
    _start(node, workers[0])
    _start(node, rest[0])
    _forward(cluster)
    _await("the API server is ready", lambda: bool(kubectl(cluster, "get", "--raw=/readyz")))
    for component in [*rest[1:], *workers[1:]]:
        _start(node, component)
    _await_ready(node)


def _join(node: Node, binaries: Path, pause: Path) -> None:
    certificates.issue(node.cluster.pki, certificates.of_node(node))
    namespaces.create(node)
    loaded = sorted((node.cluster.folder / "loaded").glob("*"))
    existing = [file.resolve() for file in loaded if file.exists()]  # older builds were deleted
    image_store.begin(node, [pause, *existing])
    for component in components.of_node(node, binaries):
        _start(node, component)
    _await_ready(node)


def remove(node: Node) -> None:
    """Take a node out of the cluster again, with everything on it."""
    namespaces.destroy(node)
    kubectl(node.cluster, "delete", "node", node.name, "--ignore-not-found")


def _start(node: Node, component: Component) -> None:
    namespaces.start(node, component.name, component.command)
    if component.name == "containerd":
        ready = namespaces.inside(node, ["ctr", "version"])
        _await(
            "containerd answers", lambda: not subprocess.run(ready, capture_output=True).returncode
        )


def _forward(cluster: Cluster) -> None:
    pid = namespaces.init_pid(cluster.node(1))
    with (cluster.logs / "forwarder.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, forwarder.__file__, f"/proc/{pid}/ns/net", "0"]
            + [layout.API_ADDRESS, str(layout.API_PORT), str(cluster.port_file)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    pidfile.write(cluster.folder / "forwarder.pid", process.pid)
    _await("the forwarder listens", lambda: bool(cluster.port_file.read_text()))
    server = f"https://127.0.0.1:{cluster.port_file.read_text()}"
    certificates.write_kubeconfig(cluster.kubeconfig, cluster.pki, "admin", server)


def _await_ready(node: Node) -> None:
    path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    _await(
        f"{node.name} is Ready",
        lambda: kubectl(node.cluster, "get", "node", node.name, "-o", path) == "True",
    )


def _await(what: str, condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(ClusterError, OSError):
            if condition():
                return
        if time.monotonic() > deadline:
            raise ClusterError(f"not within {seconds:.0f} s: {what}; see {layout.current().logs}")
        time.sleep(0.1)


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    program = build.kubernetes() / "kubectl"
    return run([str(program), f"--kubeconfig={cluster.kubeconfig}", *arguments], stdin=stdin)


def set_gpus(node: Node, count: int) -> None:
    """Give the node fake GPUs; the scheduler and the kubelet treat them as real."""
    resources = {"nvidia.com/gpu": str(count)}
    patch = json.dumps({"status": {"capacity": resources, "allocatable": resources}})
    kubectl(node.cluster, "patch", "node", node.name, "--subresource=status", "-p", patch)


def load_image(cluster: Cluster, file: Path, *, later: bool = True) -> None:
    """Import an archive on every node.

    Args:
        later: on those, too, that join later, which then takes so much longer.
    """
    running = [node for node in cluster.nodes() if namespaces.init_pid(node) is not None]
    lacking = [node for node in running if not images.is_loaded(node, file)]
    if lacking:
        with step(f"loading {file.stem}"), ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: images.load(node, file), lacking))
    mark = cluster.folder / "loaded" / file.name
    mark.parent.mkdir(exist_ok=True)
    if later and not mark.exists():
        mark.symlink_to(file)


def restart(cluster: Cluster, component: str, **changes: Any) -> None:
    """SIGKILL one component of the control plane and start it again, with some options changed."""
    kept = cluster.folder / "options.json"
    options = Options(**{**json.loads(kept.read_text()), **changes})
    kept.write_text(json.dumps(asdict(options)))
    node = cluster.node(1)
    old = namespaces.processes(node, component)
    namespaces.send(node, signal.SIGKILL, component)
    # Before, its ports are not free, and nobody would start it a second time.
    _await(f"{component} has ended", lambda: all(map(namespaces.has_ended, old)))
    _start(node, components.RESTARTABLE[component](cluster, build.kubernetes(), options))


def status(cluster: Cluster) -> str:
    """A few lines for a person: what runs, where the kubeconfig is, the nodes, the GPUs."""
    if namespaces.init_pid(cluster.node(1)) is None:
        return f"cluster {cluster.name}: down"
    columns = (
        "custom-columns=NODE:.metadata.name,VERSION:.status.nodeInfo.kubeletVersion,"
        "READY:.status.conditions[-1].status,GPUS:.status.allocatable.nvidia\\.com/gpu"
    )
    nodes = kubectl(cluster, "get", "nodes", "-o", columns)
    return f"cluster {cluster.name}: up\nkubeconfig: {cluster.kubeconfig}\nlogs: {cluster.logs}\n{nodes}"
