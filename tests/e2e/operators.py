"""The operator's processes and pods: who leads, how often each was started, and how to kill one."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cluster import namespaces
from tests.cluster import target as clusters

from .sweeps import Sweeps, eventually

_INSIDE = "-m sweepjob.manager"


def kill_operator(sweeps: Sweeps) -> None:
    """SIGKILL to the operator's process; the kubelet starts its container again."""
    built_in = sweeps.target.built_in
    if built_in is None:
        pytest.skip("needs the built-in cluster: the process is killed from the host")
    node = built_in.node(1)

    def operators() -> list[int]:
        return [
            pid
            for pid in namespaces.processes(node)
            if namespaces.command_line(pid).rstrip().endswith(_INSIDE)
        ]

    # The container may just be started again, after the kill before.
    pid = eventually(lambda: operators()[0], 60, "the operator runs")
    assert operators() == [pid]
    namespaces.kill(pid, signal.SIGKILL)


def restarts(sweeps: Sweeps) -> int:
    [pod] = sweeps.target.get(
        "-n", clusters.SYSTEM, "pods", "-l", "app.kubernetes.io/name=sweepjob"
    )["items"]
    [container] = pod["status"]["containerStatuses"]
    return int(container["restartCount"]) if container["ready"] else -1


def holder(sweeps: Sweeps) -> str:
    lease = sweeps.target.get("-n", clusters.SYSTEM, "lease", "sweepjob")
    return str(lease["spec"].get("holderIdentity") or "")


def leader(sweeps: Sweeps) -> tuple[str, int]:
    """The leader's identity and its process."""
    pod = eventually(lambda: holder(sweeps), 60, "somebody leads")
    assert sweeps.target.built_in is not None
    node = sweeps.target.built_in.node(1)
    uid = sweeps.target.get("-n", clusters.SYSTEM, "pod", pod)["metadata"]["uid"]
    [pid] = [
        pid
        for pid in namespaces.processes(node)
        if namespaces.command_line(pid).rstrip().endswith(_INSIDE) and uid in _cgroup(pid)
    ]
    return pod, pid


def _cgroup(pid: int) -> str:
    text = Path(f"/proc/{pid}/cgroup").read_text()
    return text.replace("_", "-")


def follow(sweeps: Sweeps, before: str) -> None:
    eventually(lambda: holder(sweeps) not in ("", before), 40, "the other one leads")
