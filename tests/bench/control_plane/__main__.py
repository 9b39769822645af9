"""The same Jobs by a bare loop and by sweeps, with the same concurrency, in one run.

    make bench-control-plane                                # 300 Jobs on simulated nodes
    make bench-control-plane ARGS="--real"                  # 40 short trials, four at a time, on the node
    make bench-control-plane ARGS="--real --node-gpus 8"    # the same where there is room for the next one
    make bench-control-plane ARGS="--controller-qps 2000"   # with the controllers' limits raised

The bare loop watches Jobs and creates the next when one is complete; once without sidecars, and once
of the very pods that a sweep gives its trials. Prints, for each way, the total time, the turnaround of
a slot (from a pod's end to the next Job's creation), writes by the API server's own count, and the
operator's processor time and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from sweepjob.kube.client import KubeClient

from tests.bench.latency import NAMESPACE, prepare
from tests.cluster import lifecycle, simulation
from tests.cluster.target import Target

from .costs import OperatorProcess, Requests, processor_seconds, requests, writes
from .job_observer import JobObserver
from .job_runners import Work, bare_loop, settle, sweep, with_sidecars

SECURED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass
class Run:
    """One way's figures."""

    way: str
    seconds: float
    observer: JobObserver
    made: Requests
    cpu: float
    all_cpu: Counter[str]
    memory: tuple[float, float]


def simulated() -> dict[str, Any]:
    """A pod that a simulated node completes at once."""
    container = {"name": "trainer", "image": "simulated", "securityContext": SECURED}
    return {
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
        "containers": [container],
    }


def real(image: str, gpus: int, seconds: float) -> dict[str, Any]:
    """A short trial: it reports its score, the way that is asked for, and trains for some seconds."""
    script = (
        'exec 3>>"${SWEEPJOB_METRICS_PATH:-/dev/null}"; echo \'{"score": 1}\' >&3; echo score=1; '
    )
    command = ["sh", "-c", f"{script}sleep {seconds}"]
    resources = {"limits": {"nvidia.com/gpu": gpus}} if gpus else {}
    container = {"name": "trainer", "image": image, "command": command, "resources": resources}
    return {"containers": [{**container, "securityContext": SECURED}]}


async def measure(
    target: Target, api: KubeClient, way: str, work: Work, run: Awaitable[float]
) -> Run:
    assert target.built_in is not None
    operator = OperatorProcess(target.built_in)
    observer = JobObserver(api, NAMESPACE)
    await observer.start()
    before, cpu = requests(target), operator.cpu()
    all_before = processor_seconds(target.built_in)
    seconds = await run
    await asyncio.sleep(2)  # the last status write, and the last Job's condition
    made = requests(target) - before
    used = operator.cpu() - cpu
    all_cpu = processor_seconds(target.built_in)
    all_cpu.subtract(all_before)
    observer.stop()
    await clear(target, api)
    return Run(way, seconds, observer, made, used, all_cpu, operator.memory())


async def clear(target: Target, api: KubeClient) -> None:
    kinds = "sweepjobs,jobs,pods"
    target.kubectl("-n", NAMESPACE, "delete", kinds, "--all", "--wait=false")
    await settle(api, NAMESPACE)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(runs: list[Run], work: Work) -> None:
    floor = runs[0].seconds
    print(f"\n{work.total} Jobs, {work.concurrent} at a time")
    head = ("", "total", "ratio", "turnaround p50", "p99", "CPU/trial", "memory, most")
    print("{:<22} {:>9} {:>6} {:>15} {:>9} {:>10} {:>18}".format(*head))
    for run in runs:
        times = run.observer.turnarounds(work.concurrent)
        p50, p99 = statistics.median(times), percentile(times, 0.99)
        own = run.way.startswith("sweep")
        cpu = f"{run.cpu / work.total * 1000:.1f} ms" if own else ""
        memory = f"{run.memory[0]:.0f}, {run.memory[1]:.0f} MiB" if own else ""
        print(
            f"{run.way:<22} {run.seconds:7.2f} s {run.seconds / floor:6.3f} {p50 * 1000:12.0f} ms "
            f"{p99 * 1000:6.0f} ms {cpu:>10} {memory:>18}"
        )
    print("\nprocessor seconds:")
    for program in sorted({p for run in runs for p in run.all_cpu}):
        seconds = [run.all_cpu[program] for run in runs]
        if max(seconds) >= 0.5:
            print(f"  {program:<29}" + "".join(f"{s:10.1f}" for s in seconds))
    print("\nwrites per trial, by the API server's count:")
    keys = sorted({key for run in runs for key in writes(run.made)})
    for key in keys:
        counts = [run.made[key] / work.total for run in runs]
        if max(counts) >= 0.05:
            print(f"  {key[0]:<7}{key[1]:<22}" + "".join(f"{count:10.2f}" for count in counts))


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--real", action="store_true", help="on the real node")
    parser.add_argument("--gpus", type=int, default=1, help="of each real trial")
    parser.add_argument("--node-gpus", type=int, default=4, help="of the real node")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a real trial trains for")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--concurrent", type=int)
    parser.add_argument("--controller-qps", type=int, help="raise the controllers' limits")
    args = parser.parse_args()
    target, api = await prepare()
    assert target.built_in is not None, "the bench needs the built-in cluster"
    if args.controller_qps:
        for component in ("kube-controller-manager", "kube-scheduler"):
            lifecycle.restart(target.built_in, component, controller_qps=args.controller_qps)
        await asyncio.sleep(20)  # until they lead
    if args.real:
        lifecycle.set_gpus(target.built_in.node(1), args.node_gpus)
        spec = real(target.images["trainer"], args.gpus, args.seconds)
        work = Work(spec, args.jobs or 40, args.concurrent or 4)
    else:
        simulation.join(target.built_in, 4)
        work = Work(simulated(), args.jobs or 300, args.concurrent or 30)
    same = None if args.real else await with_sidecars(api, NAMESPACE, work)
    await clear(target, api)
    ways = {"bare loop": bare_loop(api, NAMESPACE, work, "bare")}
    if same is not None:
        # Nothing runs in a simulated pod: a real sidecar would wait for an operator who knows nothing of
        # its trial.
        ways["bare loop, sidecars"] = bare_loop(api, NAMESPACE, same, "same")
    ways["sweep, no sidecar"] = sweep(api, NAMESPACE, work, "logs", "without")
    ways["sweep, sidecars"] = sweep(api, NAMESPACE, work, "file", "with")
    runs = [await measure(target, api, way, work, run) for way, run in ways.items()]
    await api.close()
    show(runs, work)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
