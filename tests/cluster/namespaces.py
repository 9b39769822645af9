"""A node's network, mount, process, host-name and IPC namespaces, and the processes inside.

The first process of the process namespace is ``catatonit -P``, which only reaps. When it is killed
the kernel ends every process of the node, its mounts go with the mount namespace, and its links and
firewall rules with the network namespace: that is the whole clean-up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import pidfile, trash
from .console import ClusterError, run
from .layout import NODE_NETWORK_PREFIX, SERVICE_RANGE, Node

_BRIDGE = "br0"

# Private mounts; a /run and a /var/lib/cni of its own, because the container runtime leaves files there
# that would outlive the node; no route but to the node network and the services.
_INIT = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /var/lib/cni /run/lock
mount -t tmpfs tmpfs /var/lib/cni
mount -t tmpfs tmpfs /var/log
hostname {name}
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1
exec catatonit -P
"""


def init_pid(node: Node) -> int | None:
    """The process of the node's PID 1 as the host sees it, or None when the node is down."""
    return pidfile.read(node.folder / "init.pid")


def _program(pid: int | str) -> str:
    """The name a process was started by, empty when it is gone or a kernel thread."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode().rpartition("/")[2]
    except OSError:
        return ""


def create(node: Node) -> None:
    """Start the node's PID 1 and its network."""
    node.folder.mkdir(parents=True, exist_ok=True)
    _make_cgroup(node)
    flags = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
    log = (node.cluster.logs / f"{node.name}-init.log").open("ab")
    outer = subprocess.Popen(
        ["unshare", *flags, "bash", "-c", _INIT.format(name=node.name)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    pid = _await_child(outer, Path(log.name))
    pidfile.write(node.folder / "init.pid", pid)
    _connect(node)


def _await_child(outer: subprocess.Popen[bytes], log: Path) -> int:
    """unshare's child is the namespace's PID 1; it is ready when catatonit has replaced bash."""
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and outer.poll() is None:
        for pid in children.read_text().split():
            if _program(pid) == "catatonit":
                return int(pid)
        time.sleep(0.01)
    raise ClusterError(f"the node's namespaces did not start; see {log}")


def _connect(node: Node) -> None:
    """Node 1 has the bridge of the node network; every other is tied to it by a veth pair."""
    first = node.cluster.node(1)
    address = f"{node.address}/{NODE_NETWORK_PREFIX}"
    if node.number == 1:
        device = _BRIDGE
        _ip(node, f"link add {device} type bridge")
    else:
        device, other = "eth0", f"node{node.number}"
        pid = _require_pid(node)
        _ip(first, f"link add {other} type veth peer name {device} netns {pid}")
        _ip(first, f"link set {other} master {_BRIDGE} up")
    _ip(node, f"address add {address} dev {device}")
    _ip(node, f"link set {device} up")
    # kube-proxy rewrites service addresses after routing, so there must be a route to rewrite.
    _ip(node, f"route add {SERVICE_RANGE} dev {device}")
    for peer in node.cluster.nodes():
        if peer.number != node.number and init_pid(peer) is not None:
            _ip(node, f"route replace {peer.pod_subnet} via {peer.address}")
            _ip(peer, f"route replace {node.pod_subnet} via {node.address}")


def _ip(node: Node, arguments: str) -> None:
    # Only the network namespace: process ids in the arguments are the host's.
    run(["nsenter", f"--net=/proc/{_require_pid(node)}/ns/net", "ip", *arguments.split()])


def _require_pid(node: Node) -> int:
    pid = init_pid(node)
    if pid is None:
        raise ClusterError(f"{node.name} is not running; start the cluster: make cluster-up")
    return pid


def inside(node: Node, command: Sequence[str]) -> list[str]:
    """``command`` as a host program must call it to run inside the node."""
    flags = ["--net", "--mount", "--pid", "--uts", "--ipc"]
    return ["nsenter", "--target", str(_require_pid(node)), *flags, "--", *command]


def start(
    node: Node, name: str, command: Sequence[str], env: Mapping[str, str] | None = None
) -> None:
    """Start a component of the node in the background; its output goes to ``logs/NODE-NAME.log``.

    It is left to the node's PID 1: a waiting nsenter would stop itself when the node is frozen, and
    then never reap.
    """
    with (node.cluster.logs / f"{node.name}-{name}.log").open("ab") as log:
        subprocess.run(
            inside(node, ["setsid", "--fork", *command]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **(env or {})},
            check=True,
        )


def processes(node: Node, program: str = "") -> list[int]:
    """Host process ids of everything in the node, its pods' processes included, or of those whose
    program has this name."""
    pid = init_pid(node)
    if pid is None:
        return []
    space = os.readlink(f"/proc/{pid}/ns/pid")
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if not entry.name.isdigit():
                continue
            # A pod has a process namespace of its own, inside the node's, but the node's group.
            in_pod = f"{node.cgroup}/" in (entry / "cgroup").read_text()
            if not in_pod and os.readlink(entry / "ns/pid") != space:
                continue
            if not program or _program(entry.name) == program:
                found.append(int(entry.name))
    return found


def send(node: Node, which: signal.Signals, program: str = "") -> int:
    """Send a signal to the node's processes; returns to how many."""
    targets = processes(node, program)
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, which)
    return len(targets)


def destroy(node: Node, *, keep_folder: bool = False) -> None:
    """Kill the node as a power cut would, and wait until nothing of it is left."""
    inhabitants = processes(node)
    pid = init_pid(node)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        _await(lambda: not any(Path(f"/proc/{p}").exists() for p in inhabitants), node)
    (node.folder / "init.pid").unlink(missing_ok=True)
    _remove_cgroup(node)
    if not keep_folder:
        trash.discard(node.folder)


def _await(condition: Callable[[], bool], node: Node) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"processes of {node.name} do not end; look with 'ps -ef'")
        time.sleep(0.02)


def _cgroup_roots() -> list[Path]:
    base = Path("/sys/fs/cgroup")
    if (base / "cgroup.controllers").exists():
        return [base]
    return [p for p in base.iterdir() if p.is_dir() and not p.is_symlink()]


def _make_cgroup(node: Node) -> None:
    for root in _cgroup_roots():
        group = root / node.cgroup.lstrip("/")
        group.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):  # version 1: empty ones admit no process
            if (group / file).exists() and not (group / file).read_text().strip():
                (group / file).write_text((root / file).read_text())
        if (root / "cgroup.controllers").exists() and root.name == "cgroup":
            available = (root / "cgroup.controllers").read_text().split()
            with contextlib.suppress(OSError):
                enable = " ".join(f"+{name}" for name in available)
                (root / "cgroup.subtree_control").write_text(enable)
                (group / "cgroup.subtree_control").write_text(enable)


def _remove_cgroup(node: Node) -> None:
    for root in _cgroup_roots():
        top = root / node.cgroup.lstrip("/")
        if not top.exists():
            continue
        groups = sorted((p for p in top.rglob("*") if p.is_dir()), key=lambda p: -len(p.parts))
        for group in [*groups, top]:
            _remove_empty(group)


def _remove_empty(group: Path) -> None:
    for _ in range(50):  # the kernel frees a group a moment after its last process
        try:
            group.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.02)


def command_line(pid: int) -> str:
    """A process's arguments, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def has_ended(pid: int) -> bool:
    """Whether a process is gone, its files and ports included. It loses its name before, and is a zombie
    as soon as its first thread has ended."""
    return not Path(f"/proc/{pid}").exists()


def kill(pid: int, which: signal.Signals) -> None:
    """Send a signal to one process of a node, by its host process id."""
    os.kill(pid, which)
