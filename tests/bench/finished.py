"""What finished trials cost: the same further trials of a sweep with few and with many that have ended, and
how long the operator takes to be ready with all of them.

    make bench-finished                     # 100 and 10,000 finished trials of 100 reports
    make bench-finished ARGS="--reports 1000"

Their records and (suspended) Jobs are written as the operator would have left them; the further trials run
on simulated nodes, against the real API server and controllers.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sweepjob.api import names
from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.early_stopping.curve import Curve
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient
from sweepjob.objective import Goal
from sweepjob.timestamps import format_time

from tests.bench.control_plane import job_runners
from tests.bench.control_plane.__main__ import simulated
from tests.bench.control_plane.costs import OperatorProcess
from tests.bench.control_plane.job_observer import follow
from tests.bench.latency import NAMESPACE, prepare
from tests.bench.scale.__main__ import restart
from tests.cluster import lifecycle, simulation
from tests.cluster.target import Target

_AT_ONCE = 32  # requests of the bench
_CONCURRENT = 10


async def write_all(count: int, write: Callable[[int], Awaitable[None]]) -> None:
    """Do something for each number, some at a time."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await write(number)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def finished_trials(api: KubeClient, sweep: dict[str, Any], count: int, reports: int) -> None:
    """Records of trials that have ended, and their Jobs."""
    meta, now = sweep["metadata"], format_time(time.time())

    async def write(index: int) -> None:
        body = trial_manifest(
            NAMESPACE, meta["name"], meta["uid"], index, {"x": index / count}, "random seed 1"
        )
        made = await api.create(SWEEPTRIALS, NAMESPACE, body)
        curve = Curve(Goal.MAXIMIZE)
        curve.load([math.sin(index + n / 10) for n in range(reports)])
        status = {
            "phase": "Succeeded",
            "attempt": 1,
            "job": made["metadata"]["name"],
            "startTime": now,
            "completionTime": now,
            "curve": dump_curve(curve, "pod"),
            "metricsSeen": ["score"],
            "gpuSeconds": {"count": "1", "used": "60", "byResource": {"nvidia.com/gpu": "60"}},
        }
        version = made["metadata"]["resourceVersion"]
        name = made["metadata"]["name"]
        await api.patch_status(SWEEPTRIALS, NAMESPACE, name, version, status)
        await api.create(resources.JOBS, NAMESPACE, _job(meta["name"], made))

    await write_all(count, write)


def _job(sweep: str, trial: dict[str, Any]) -> dict[str, Any]:
    name = trial["metadata"]["name"]
    labels = {names.LABEL_SWEEP: sweep, names.LABEL_TRIAL: name, names.LABEL_ATTEMPT: "1"}
    owner = names.owner_reference(names.SWEEPTRIAL, name, trial["metadata"]["uid"])
    template = {"metadata": {"labels": labels}, "spec": {**simulated(), "restartPolicy": "Never"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels, "ownerReferences": [owner]},
        "spec": {"suspend": True, "backoffLimit": 0, "template": template},
    }


async def measure(target: Target, api: KubeClient, finished: int, more: int, reports: int) -> float:
    """Milliseconds of the operator's processor time for each further trial."""
    assert target.built_in is not None
    name = f"with-{finished}"
    work = job_runners.Work(simulated(), finished + more, _CONCURRENT)
    body = job_runners.sweepjob(name, work, "file")
    body["spec"] |= {"suspend": True, "earlyTermination": {"type": "median_stopping"}}
    sweep = await api.create(SWEEPJOBS, NAMESPACE, body)
    await finished_trials(api, sweep, finished, reports)
    ready = await restart(target, api)
    operator = OperatorProcess(target.built_in)
    await asyncio.sleep(15)  # until it has taken all of them in
    loaded = operator.cpu()
    print(
        f"{finished} finished trials: ready {ready:.1f} s after its process has been started, "
        f"{loaded:.1f} s of processor time until they are taken in, {operator.memory()[0]:.0f} MiB, "
        f"{operator.memory()[1]:.0f} at most"
    )
    version = (await api.list_page(SWEEPJOBS, NAMESPACE, "", ""))["metadata"]["resourceVersion"]
    patch = '{"spec": {"suspend": false}}'
    target.kubectl("-n", NAMESPACE, "patch", "sweepjob", name, "--type=merge", "-p", patch)
    async for seen in follow(api, SWEEPJOBS, NAMESPACE, version):
        if (seen.get("status") or {}).get("phase") == "Complete":
            break
    await asyncio.sleep(2)
    return (operator.cpu() - loaded) / more * 1000


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--finished", type=int, nargs=2, default=[100, 10_000])
    parser.add_argument("--more", type=int, default=200, help="trials that are measured")
    parser.add_argument("--reports", type=int, default=100, help="of each finished trial")
    args = parser.parse_args()
    target, api = await prepare()
    assert target.built_in is not None, "the bench needs the built-in cluster"
    for component in ("kube-controller-manager", "kube-scheduler"):
        lifecycle.restart(target.built_in, component, controller_qps=2000)
    simulation.join(target.built_in, 4)
    await asyncio.sleep(20)  # until they lead
    costs = []
    for finished in args.finished:
        costs.append(await measure(target, api, finished, args.more, args.reports))
        print(f"{costs[-1]:.1f} ms of its processor time for each of {args.more} further trials")
    print(f"ratio {costs[1] / costs[0]:.2f}")
    await api.close()
    target.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
