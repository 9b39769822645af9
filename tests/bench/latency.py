"""How quick the operator is, measured from outside: by an API client's own watch, on the real cluster.

    make bench

- from the creation of a SweepJob to its first trial's Job;
- from a report that decides to the delete requests for the trial's pod and Job.

The stopped trials' reports are the times at which they were made, so each record tells when the
report was made that decided. All clocks are this machine's.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import Any

from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.space import Branch, Randint, Space

from tests.cluster import target as clusters
from tests.cluster.target import Target

NAMESPACE = "sweepjob-bench"
STARTS = 10  # sweeps started, for the first figure
STOPPED = 12  # trials stopped, for the second

# The metric of a trial that is to be stopped is the time, scaled to stay far below the good one's.
SCRIPT = """
import json, os, time, mlflow
good = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["trial"] == 0
with mlflow.start_run():
    for n in range(30 if good else 3000):
        mlflow.log_metric("score", 1.0 if good else time.time() / 1e12)
        time.sleep(0.05 if good else 0.2)
"""


def sweepjob(name: str, image: str, trials: int, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": name},
        "spec": {
            "objective": {"goal": "maximize", "primaryMetric": "score"},
            "samplingAlgorithm": {"type": "random", "seed": seed_with_zero_first(trials)},
            "searchSpace": {"trial": {"type": "randint", "upper": trials}},
            "limits": {"maxTotalTrials": trials, "maxConcurrentTrials": 2},
            "trial": {
                "image": image,
                "command": ["python", "-c", SCRIPT],
                "stopGracePeriodSeconds": 0,
            },
            **spec,
        },
    }


def seed_with_zero_first(trials: int) -> int:
    space = Space(Branch({"trial": Randint(trials)}))
    return next(s for s in range(1000) if RandomSampler(space, s).propose(0) == {"trial": 0})


async def apply_to_job(api: KubeClient, target: Target) -> list[float]:
    """Seconds from the request that creates a SweepJob to the event of its first Job."""
    times = []
    for number in range(STARTS):
        name = f"start-{number}"
        version = (await api.list_page(resources.JOBS, NAMESPACE, "", ""))["metadata"][
            "resourceVersion"
        ]
        body = sweepjob(name, target.images["trainer"], 1)
        started = time.time()
        await api.create(SWEEPJOBS, NAMESPACE, body)
        async for event in api.watch(resources.JOBS, NAMESPACE, "", version):
            if event["object"]["metadata"]["name"].startswith(f"{name}-"):
                times.append(time.time() - started)
                break
        found = await api.get(SWEEPJOBS, NAMESPACE, name)
        await api.delete(SWEEPJOBS, NAMESPACE, name, found["metadata"]["uid"])
    return times


async def report_to_delete(api: KubeClient, target: Target) -> dict[str, list[float]]:
    """Seconds from the report that decided to the first sight of a deletion, for pods and Jobs."""
    seen: dict[str, dict[str, float]] = {"pod": {}, "Job": {}}
    watches = [
        asyncio.create_task(deletions(api, resource, seen[kind]))
        for kind, resource in (("pod", resources.PODS), ("Job", resources.JOBS))
    ]
    policy = {"type": "bandit", "slackAmount": 0.5, "delayEvaluation": 5}
    body = sweepjob("stops", target.images["trainer"], STOPPED + 1, earlyTermination=policy)
    await api.create(SWEEPJOBS, NAMESPACE, body)
    while True:
        sweep = await api.get(SWEEPJOBS, NAMESPACE, "stops")
        if sweep.get("status", {}).get("phase") in ("Complete", "Failed"):
            break
        await asyncio.sleep(0.5)
    for watch in watches:
        watch.cancel()
    trials = (await api.list_page(SWEEPTRIALS, NAMESPACE, "", ""))["items"]
    decided = {
        trial["metadata"]["name"]: _decisive_report(trial["status"])
        for trial in trials
        if trial["status"].get("stop")
    }
    return {kind: [seen[kind][name] - at for name, at in decided.items()] for kind in seen}


def _decisive_report(status: dict[str, Any]) -> float:
    values = status["curve"]["values"].split()
    return float(values[status["stop"]["interval"] - 1]) * 1e12


async def deletions(
    api: KubeClient,
    resource: resources.Resource,
    seen: dict[str, float],
    namespace: str = NAMESPACE,
) -> None:
    """Note when the deletion of each trial's object is first seen, until cancelled."""
    label = "sweepjob.dev/trial"
    version = (await api.list_page(resource, namespace, "", ""))["metadata"]["resourceVersion"]
    while True:
        async for event in api.watch(resource, namespace, "", version):
            meta = event["object"]["metadata"]
            version = meta["resourceVersion"]
            trial = meta.get("labels", {}).get(label)
            if trial and (event["type"] == "DELETED" or "deletionTimestamp" in meta):
                seen.setdefault(trial, time.time())


def show(what: str, seconds: list[float], goal: str) -> None:
    milliseconds = sorted(s * 1000 for s in seconds)
    print(
        f"{what:<44} median {statistics.median(milliseconds):6.0f} ms   "
        f"best {milliseconds[0]:6.0f}   worst {milliseconds[-1]:6.0f}   n={len(milliseconds)}   {goal}"
    )


async def prepare() -> tuple[Target, KubeClient]:
    """The cluster with the operator on it and an empty namespace, and a way to its API server."""
    target = clusters.prepare()
    clusters.install(target)
    target.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    clusters.make_namespace(target, NAMESPACE)
    return target, await connect(strict_tls=True, kubeconfig=str(target.kubeconfig))


async def main() -> int:
    target, api = await prepare()
    starts = await apply_to_job(api, target)
    stops = await report_to_delete(api, target)
    await api.close()
    target.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    print()
    show("SweepJob created -> first trial's Job", starts, "goal: at most 1000")
    show("deciding report -> delete request, pod", stops["pod"], "")
    show("deciding report -> delete request, Job", stops["Job"], "goal: median at most 250")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
