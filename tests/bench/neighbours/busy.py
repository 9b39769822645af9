"""Many busy sidecars in other namespaces: real pushes with real tokens, of pods on simulated nodes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sweepjob.api.resources import SWEEPJOBS
from sweepjob.kube.client import KubeClient

from tests.bench.control_plane import job_runners
from tests.cluster import target as clusters
from tests.cluster.target import Target
from tests.e2e.simulated_trials import simulated_trial, start_sidecars

from .operator_metrics import scrape, total

_SECURED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_OF_AN_ADDRESS = 200  # sidecars; the server allows 256 connections
_LONG = 100_000  # reports: more than the bench lasts
_WAIT = 300.0  # seconds until they are connected


def namespaces(run: str, sidecars: int) -> list[str]:
    """Return the names of the namespaces that so many sidecars are in."""
    return [f"bench-{run}-busy-{number}" for number in range(-(-sidecars // _OF_AN_ADDRESS))]


async def start(target: Target, api: KubeClient, run: str, sidecars: int, rate: float) -> None:
    """Start sweeps with as many trials, and wait until their sidecars are connected.

    Args:
        run: a part of the names of their namespaces.
        rate: reports a second of each.
    """
    for number, namespace in enumerate(namespaces(run, sidecars)):
        count = min(_OF_AN_ADDRESS, sidecars - number * _OF_AN_ADDRESS)
        clusters.make_namespace(target, namespace)
        name = f"bench-sidecars-{number}"
        start_sidecars(target, namespace, count, _LONG, rate, 0.0, patient=False, binding=name)
        await api.create(SWEEPJOBS, namespace, sweepjob("busy", count))
    until = time.monotonic() + _WAIT
    while time.monotonic() < until:
        found = await asyncio.to_thread(scrape, target)
        connected = total(found, "sweepjob_intake_connections")
        if connected >= sidecars:
            return
        await asyncio.sleep(2)
    print(f"only {connected:.0f} of {sidecars} busy sidecars are connected", flush=True)


def sweepjob(name: str, count: int) -> dict[str, Any]:
    """A sweep of so many simulated trials, all at a time, with a policy that stops none."""
    trial = simulated_trial()
    trial["template"]["spec"]["containers"][0]["securityContext"] = _SECURED
    body = job_runners.sweepjob(name, job_runners.Work({}, count, count), "mlflow")
    body["spec"] |= {"earlyTermination": {"type": "median_stopping"}, "trial": trial}
    return body
