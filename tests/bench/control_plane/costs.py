"""What a run costs: requests by the API server's own count, the operator's processor time and memory."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

from tests.cluster import namespaces
from tests.cluster.layout import Cluster
from tests.cluster.target import Target

_LINE = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_WRITES = ("POST", "PUT", "PATCH", "APPLY", "DELETE")
Requests = Counter[tuple[str, str]]


def requests(target: Target) -> Requests:
    """Requests so far, by verb and resource with its subresource."""
    found: Requests = Counter()
    for line in target.kubectl("get", "--raw", "/metrics").splitlines():
        match = _LINE.match(line)
        if match:
            labels = dict(_LABEL.findall(match[1]))
            what = "/".join(filter(None, (labels["resource"], labels["subresource"])))
            found[labels["verb"], what] += int(float(match[2]))
    return found


def writes(made: Requests) -> Requests:
    return Counter({key: count for key, count in made.items() if key[0] in _WRITES})


def processor_seconds(cluster: Cluster) -> Counter[str]:
    """Processor seconds so far of everything on the first node and of this process, by program."""
    found: Counter[str] = Counter()
    for pid in [*namespaces.processes(cluster.node(1)), os.getpid()]:
        words = namespaces.command_line(pid).split()
        if words:
            found[words[0].rpartition("/")[2]] += cpu_seconds(pid)
    return found


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> tuple[float, float]:
    """MiB that a process has resident now, and had at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, most = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("VmRSS", "VmHWM"))
    assert now
    assert most
    return int(now[1]) / 1024, int(most[1]) / 1024


class OperatorProcess:
    """The operator's process on the built-in cluster's first node, as the kernel sees it."""

    def __init__(self, cluster: Cluster) -> None:
        [self.pid] = [
            pid
            for pid in namespaces.processes(cluster.node(1))
            if namespaces.command_line(pid).rstrip().endswith("-m sweepjob.manager")
        ]

    def cpu(self) -> float:
        """Processor seconds since its start."""
        return cpu_seconds(self.pid)

    def memory(self) -> tuple[float, float]:
        """MiB now, and at most since its start."""
        return memory(self.pid)
