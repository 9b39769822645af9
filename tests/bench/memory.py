"""What the operator remembers costs: the records of a sweep with many ended trials, read page by page and
loaded, without a cluster. What an API server needs to send them comes on top; ``make bench-finished``
has it.

    make bench-memory                                  # 10,000 trials of 1,000 reports, three policies
    make bench-memory ARGS="--trials 5000 --policies bandit"
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import multiprocessing
import time
from collections.abc import AsyncIterator
from typing import Any

from sweepjob.api.resources import SWEEPTRIALS
from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.controllers.ingest_authority import IngestAuthority
from sweepjob.early_stopping.curve import Curve
from sweepjob.kube.client import KubeClient
from sweepjob.kube.resources import Resource
from sweepjob.manager.controller_manager import ControllerManager
from sweepjob.objective import Goal
from sweepjob.settings import OperatorSettings
from sweepjob.timestamps import format_time
from sweepjob.trial_pods.sidecar import SidecarSettings

from tests.bench.control_plane.costs import memory

NAMESPACE, NAME, UID = "team", "sweep", "uid"
_PAGE = 500
_POLICIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "bandit": {"type": "bandit", "slackFactor": 0.1},
    "median_stopping": {"type": "median_stopping"},
}


class Records(KubeClient):
    """A fake: it has the records of a sweep's trials, made while they are read, and nothing else."""

    def __init__(self, trials: int, reports: int) -> None:
        self._trials, self._reports = trials, reports

    async def list_page(
        self, resource: Resource, namespace: str | None, selector: str, token: str, limit: int = 0
    ) -> dict[str, Any]:
        first = int(token or 0)
        last = min(first + _PAGE, self._trials) if resource is SWEEPTRIALS else 0
        text = json.dumps([_record(index, self._reports) for index in range(first, last)])
        following = str(last) if last and last < self._trials else ""
        return {
            "items": json.loads(text.encode()),
            "metadata": {"resourceVersion": "9", "continue": following},
        }

    async def watch(self, *_: Any) -> AsyncIterator[dict[str, Any]]:
        await asyncio.Event().wait()
        yield {}

    async def create(self, *_: Any) -> dict[str, Any]:
        return {}

    async def patch_status(self, *given: Any) -> dict[str, Any]:
        return {**_sweep(None, self._trials), "status": given[4]}


def _record(index: int, reports: int) -> dict[str, Any]:
    body = trial_manifest(NAMESPACE, NAME, UID, index, {"x": index / 7}, "random seed 1")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "5"}
    curve = Curve(Goal.MAXIMIZE)
    curve.load([math.sin(index + n / 10) for n in range(reports)])
    now = format_time(time.time())
    status = {
        "phase": "Succeeded",
        "attempt": 1,
        "job": body["metadata"]["name"],
        "startTime": now,
        "completionTime": now,
        "curve": dump_curve(curve, "pod"),
        "metricsSeen": ["score"],
        "gpuSeconds": {"count": "1", "used": "60", "byResource": {"nvidia.com/gpu": "60"}},
    }
    return {**body, "status": status}


def _sweep(policy: dict[str, Any] | None, trials: int) -> dict[str, Any]:
    meta = {"name": NAME, "namespace": NAMESPACE, "uid": UID, "generation": 1}
    spec: dict[str, Any] = {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "searchSpace": {"x": {"type": "uniform", "minValue": 0, "maxValue": 1}},
        "limits": {"maxTotalTrials": trials + 1, "maxConcurrentTrials": 10},
        "suspend": True,
        "trial": {"image": "i", "command": ["c"]},
    }
    if policy:
        spec["earlyTermination"] = policy
    return {"metadata": {**meta, "resourceVersion": "3"}, "spec": spec}


async def _measure(name: str, trials: int, reports: int) -> None:
    api = Records(trials, reports)
    manager = ControllerManager(
        api,
        OperatorSettings((), SidecarSettings("i", "http://o", ""), None, None),
        IngestAuthority(None),
    )
    pid = multiprocessing.current_process().pid or 0
    empty = memory(pid)[0]
    made = time.process_time()
    for first in range(0, trials, _PAGE):
        await api.list_page(SWEEPTRIALS, None, "", str(first))
    made = time.process_time() - made
    began = time.process_time()
    caches = asyncio.create_task(manager.caches.run())
    await manager.caches.synced()
    read = time.process_time() - began - made
    synced = memory(pid)[0]
    manager.registry.on_event(_sweep(_POLICIES[name], trials), deleted=False)
    pauses = asyncio.create_task(_longest_pause())
    began = time.process_time()
    queues = asyncio.create_task(manager.queues.run())
    while not manager.metrics_snapshot().sweeps:  # noqa: ASYNC110 - there is no event
        await asyncio.sleep(0.05)
    loaded = time.process_time() - began
    now, most = memory(pid)
    pauses.cancel()
    print(
        f"{name}: {empty:.0f} MiB before, {synced:.0f} when {trials} records of {reports} reports are "
        f"read in {read:.1f} s, {now:.0f} when they are loaded after {loaded:.1f} s more, {most:.0f} at "
        f"most; the event loop was held for {await _result(pauses):.3f} s of processor time at most",
        flush=True,
    )
    caches.cancel()
    queues.cancel()


async def _longest_pause() -> float:
    # Processor time: on a machine that others use, too, the process waits for its turn.
    longest, before = 0.0, time.thread_time()
    try:
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before = max(longest, now - before), now
    except asyncio.CancelledError:
        return longest


async def _result(task: asyncio.Task[float]) -> float:
    return await task


def _run(name: str, trials: int, reports: int) -> None:
    # As in the operator, before the loop runs.
    import numpy  # noqa: F401 - its memory counts

    gc.set_threshold(20_000)
    asyncio.run(_measure(name, trials, reports))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--policies", nargs="+", choices=tuple(_POLICIES), default=list(_POLICIES))
    args = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for name in args.policies:
        process = context.Process(target=_run, args=(name, args.trials, args.reports))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
