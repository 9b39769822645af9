"""Many trials with many reports, on simulated nodes with sidecars that speak the real protocol, against the
real API server and controllers.

    make bench-scale                                     # 10,000 trials, 500 at a time, 100 reports each
    make bench-scale ARGS="--sweeps 100 --trials 100 --concurrent 5"

Prints the operator's processor time for each trial as the finished ones grow in number, its memory, and
how long it takes to be ready after a kill; checks that every report is on record. Draws the course.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.kube import errors
from sweepjob.kube.client import KubeClient

from tests.bench.control_plane import job_runners
from tests.bench.control_plane.costs import OperatorProcess
from tests.bench.latency import NAMESPACE, prepare
from tests.cluster import lifecycle, simulation
from tests.cluster import target as clusters
from tests.cluster.target import Target
from tests.e2e.simulated_sidecars import value
from tests.e2e.simulated_trials import simulated_trial, start_sidecars

from .course import RunHistory
from .picture import draw

SECURED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def sweepjob(name: str, trials: int, concurrent: int) -> dict[str, Any]:
    trial = simulated_trial()
    trial["template"]["spec"]["containers"][0]["securityContext"] = SECURED
    work = job_runners.Work(trial["template"]["spec"], trials, concurrent)
    body = job_runners.sweepjob(name, work, "mlflow")
    # A policy that has every report to judge, and none to stop.
    body["spec"] |= {"earlyTermination": {"type": "median_stopping"}, "trial": trial}
    return body


async def check(api: KubeClient, total: int, reports: int) -> None:
    """Every report of every trial is on record, once."""
    expected = [value(n) for n in range(1, reports + 1)]
    token, seen = "", 0
    while True:
        page = await api.list_page(SWEEPTRIALS, NAMESPACE, "", token)
        for trial in page["items"]:
            curve = (trial["status"].get("curve") or {}).get("values", "")
            assert [float(v) for v in curve.split()] == expected, trial["metadata"]["name"]
            seen += 1
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert seen == total, f"{seen} records of {total}"


async def restart(target: Target, api: KubeClient) -> float:
    """Seconds from the operator's new start until its caches are synced, by the pod's own times."""
    selector = ("pods", "-l", "app.kubernetes.io/name=sweepjob")
    force = ("--force", "--grace-period=0")
    target.kubectl("-n", clusters.SYSTEM, "delete", *selector, *force)
    while True:
        await asyncio.sleep(0.2)
        started = time.time()
        pods = target.get("-n", clusters.SYSTEM, *selector)["items"]
        running = [p for p in pods if (p["status"].get("phase")) == "Running"]
        if running:
            break
    while True:
        await asyncio.sleep(0.2)
        try:
            [pod] = target.get("-n", clusters.SYSTEM, *selector)["items"]
        except (errors.ApiError, ValueError):
            continue
        if pod["status"]["containerStatuses"][0]["ready"]:
            return time.time() - started


def report(course: RunHistory, total: int, reports: int) -> None:
    last = course.samples[-1]
    print(f"\n{total} trials of {reports} reports in {last.seconds:.0f} s")
    print(
        f"{last.cpu / total * 1000:.1f} ms of the operator's processor time for each trial in all"
    )
    tenth = total // 10
    for number in range(10):
        first, end = number * tenth, (number + 1) * tenth
        inside = [s.memory for s in course.samples if first <= s.ended <= end]
        if len(inside) > 1:
            cpu = course.cpu_per_trial(first, end) * 1000
            print(f"  {first:>6} to {end:>6}: {cpu:6.1f} ms, {statistics.mean(inside):5.0f} MiB")


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sweeps", type=int, default=1)
    parser.add_argument("--trials", type=int, default=10_000, help="of each sweep")
    parser.add_argument(
        "--concurrent", type=int, default=500, help="trials of each sweep at a time"
    )
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5.0, help="reports a second of each trial")
    parser.add_argument("--picture", type=Path, default=None, help="an SVG file to write")
    args = parser.parse_args()
    target, api = await prepare()
    assert target.built_in is not None, "the bench needs the built-in cluster"
    for component in ("kube-controller-manager", "kube-scheduler"):
        lifecycle.restart(target.built_in, component, controller_qps=2000)
    simulation.join(target.built_in, 4)
    total = args.sweeps * args.trials
    start_sidecars(target, NAMESPACE, total, args.reports, args.rate, 1.0, patient=False)
    await asyncio.sleep(20)  # until the controllers lead, and the sidecars watch
    operator, course = OperatorProcess(target.built_in), RunHistory()
    for number in range(args.sweeps):
        body = sweepjob(f"scale-{number}", args.trials, args.concurrent)
        await api.create(SWEEPJOBS, NAMESPACE, body)
    await course.follow(api, NAMESPACE, operator, total)
    report(course, total, args.reports)
    await check(api, total, args.reports)
    print(f"all {total * args.reports} reports are on record")
    print(f"most memory: {operator.memory()[1]:.0f} MiB")
    print(f"ready {await restart(target, api):.1f} s after its process has been started again")
    await asyncio.sleep(10)
    again = OperatorProcess(target.built_in)
    print(f"after that {again.cpu():.1f} s of processor time, {again.memory()[1]:.0f} MiB at most")
    if args.picture:
        args.picture.write_text(draw(course))
    await api.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
