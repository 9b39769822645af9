"""The attacks: each is one namespace that does what its owner may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepjob.api.resources import SWEEPJOBS
from sweepjob.kube.client import KubeClient

from tests.bench.control_plane import job_runners
from tests.cluster import target as clusters
from tests.cluster.target import Target
from tests.e2e.simulated_trials import intake_address

from . import busy

_REFUSED = 300  # sweeps for whose Jobs a quota has no room
_SCRIPT = Path(__file__).with_name("attacker.py").read_text()
# One trial that prints without pause. It has the lowest priority: the reader is measured, not the processor.
_FLOOD = """
import os, sys
os.nice(19)
while True:
    sys.stdout.write("acc=1 acc=2 loss=0.3 val_acc=0.5\\n" * 1000)
"""


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        title: for the table.
        start: starts it.
        namespaces: what has to be deleted after it.
        did: counters of the operator that show what it did.
        settle: seconds after its start until the measurement.
        has_pod: its namespace has a pod whose last line of log says what it did.
    """

    title: str
    start: Callable[[], Awaitable[None]]
    namespaces: tuple[str, ...]
    did: tuple[str, ...]
    settle: float = 10.0
    has_pod: bool = False


def attacks(
    target: Target, api: KubeClient, run: str, idle: int, sidecars: int, rate: float
) -> dict[str, Attack]:
    """Return the attacks by name.

    Args:
        run: a part of the names of their namespaces.
        idle: number of idle connections.
        sidecars, rate: number of busy sidecars, and reports a second of each.
    """

    async def nothing() -> None:
        pass

    refusals = ("sweepjob_intake_connections_refused_total",)

    def own(attack: str) -> str:
        return f"bench-{run}-{attack}"

    async def flood() -> None:
        clusters.make_namespace(target, own("logs"))
        await api.create(SWEEPJOBS, own("logs"), _flood(target))

    def pod(mode: str, connections: int) -> Callable[[], Awaitable[None]]:
        async def start() -> None:
            clusters.make_namespace(target, own(mode))
            document = json.dumps(_pod(target, mode, connections))
            target.kubectl("-n", own(mode), "apply", "-f", "-", stdin=document)
            wait = ("wait", "--for=condition=Ready", "pod/attacker", "--timeout=120s")
            target.kubectl("-n", own(mode), *wait)

        return start

    def by_pod(title: str, mode: str, connections: int) -> Attack:
        return Attack(title, pod(mode, connections), (own(mode),), refusals, has_pod=True)

    async def refused() -> None:
        clusters.make_namespace(target, own("refused"))
        quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/jobs.batch": "0"}}}
        document = json.dumps({"apiVersion": "v1", "kind": "ResourceQuota", **quota})
        target.kubectl("-n", own("refused"), "apply", "-f", "-", stdin=document)
        bodies = [busy.sweepjob(f"refused-{number}", 4) for number in range(_REFUSED)]
        await asyncio.gather(*(api.create(SWEEPJOBS, own("refused"), body) for body in bodies))

    async def busy_sidecars() -> None:
        await busy.start(target, api, run, sidecars, rate)

    lines = ("sweepjob_metric_reports_total", "sweepjob_log_lines_skipped_total")
    requests = ("sweepjob_pushes_total",)
    return {
        "rest": Attack("at rest", nothing, (), requests),
        "logs": Attack("one log without pause", flood, (own("logs"),), lines),
        "no-token": by_pod("10 connections, no token", "no-token", 10),
        "made-up": by_pod("10, made-up tokens", "made-up", 10),
        "idle": by_pod(f"{idle:,} idle connections", "idle", idle),
        "refused": Attack(
            f"{_REFUSED} refused sweeps",
            refused,
            (own("refused"),),
            ("sweepjob_operator_api_requests_total",),
            settle=0.0,
        ),
        "busy": Attack(
            f"{sidecars:,} busy sidecars",
            busy_sidecars,
            tuple(busy.namespaces(run, sidecars)),
            requests,
        ),
    }


def _flood(target: Target) -> dict[str, Any]:
    container = {
        "name": "trainer",
        "image": target.images["trainer"],
        "command": ["python", "-c", _FLOOD],
    }
    work = job_runners.Work({"containers": [container]}, 1, 1)
    body = job_runners.sweepjob("flood", work, "logs")
    body["spec"]["objective"]["primaryMetric"] = "val_acc"
    return body


def _pod(target: Target, mode: str, connections: int) -> dict[str, Any]:
    container = {
        "name": "attacker",
        "image": target.images["operator"],
        "command": ["python", "-c", _SCRIPT, mode, str(connections)],
        "env": intake_address(target),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "attacker"}, "spec": spec}
