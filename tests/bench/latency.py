"""How quick the operator is, measured from outside: by an API client's own watch, on the real cluster.

    make bench

- from the creation of a SweepJob to its first trial's Job;
- from a report that decides to the delete requests for the trial's pod and Job;
- the same for each pod of trials of three, and until their trainers have ended.

The stopped trials' reports are the times at which they were made, so each record tells when the
report was made that decided. All clocks are this machine's.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.space import Branch, Randint, Space
from sweepjob.timestamps import parse_time

from tests.cluster import target as clusters
from tests.cluster.target import Target

NAMESPACE = "sweepjob-bench"
STARTS = 10  # sweeps started, for the first figure
STOPPED = 12  # trials stopped, for the second
GRACE = 1
GROUPS_STOPPED, INSTANCES = 34, 3  # trials of several pods stopped, and pods of each, for the third

# The metric of a trial that is to be stopped is the time, scaled to stay far below the good one's.
SCRIPT = """
import json, os, time
while os.environ.get("SWEEPJOB_RANK", "0") != "0":  # rank 0 reports
    time.sleep(1)
import mlflow
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


@dataclass
class Stop:
    """What a watch shows of one pod or Job that is deleted: the times of the request and of its end."""

    trial: str
    requested: float
    ended: float | None = None


async def report_to_delete(
    api: KubeClient, target: Target, name: str, stopped: int, instances: int = 1
) -> tuple[dict[str, list[float]], list[float]]:
    """Stop trials early.

    Returns:
        Seconds from the report that decided to the first sight of each deletion, for pods and Jobs; and
        seconds from the deletion of a pod to the end of its trainer, which the kubelet states in whole
        seconds.
    """
    seen: dict[str, dict[str, Stop]] = {"pod": {}, "Job": {}}
    watches = [
        asyncio.create_task(deletions(api, resource, seen[kind]))
        for kind, resource in (("pod", resources.PODS), ("Job", resources.JOBS))
    ]
    policy = {"type": "bandit", "slackAmount": 0.5, "delayEvaluation": 5}
    body = sweepjob(name, target.images["trainer"], stopped + 1, earlyTermination=policy)
    if instances > 1:
        # With a grace period of 0 a pod is gone before its trainer's end could be seen.
        body["spec"]["trial"] |= {"instanceCount": instances, "stopGracePeriodSeconds": GRACE}
    await api.create(SWEEPJOBS, NAMESPACE, body)
    while True:
        sweep = await api.get(SWEEPJOBS, NAMESPACE, name)
        if sweep.get("status", {}).get("phase") in ("Complete", "Failed"):
            break
        await asyncio.sleep(0.5)
    for watch in watches:
        watch.cancel()
    trials = (await api.list_page(SWEEPTRIALS, NAMESPACE, "", ""))["items"]
    decided = {
        trial["metadata"]["name"]: _decisive_report(trial["status"])
        for trial in trials
        if trial["status"].get("stop") and trial["metadata"]["name"].startswith(f"{name}-")
    }
    assert len(decided) == stopped, f"{len(decided)} of {stopped} trials were stopped"
    found = {
        kind: [s.requested - decided[s.trial] for s in stops.values() if s.trial in decided]
        for kind, stops in seen.items()
    }
    assert len(found["pod"]) == stopped * instances, "each pod is deleted, and once"
    pods = [stop for stop in seen["pod"].values() if stop.trial in decided]
    return found, [stop.ended - stop.requested for stop in pods if stop.ended is not None]


def _decisive_report(status: dict[str, Any]) -> float:
    values = status["curve"]["values"].split()
    return float(values[status["stop"]["interval"] - 1]) * 1e12


async def deletions(
    api: KubeClient,
    resource: resources.Resource,
    seen: dict[str, Stop],
    namespace: str = NAMESPACE,
) -> None:
    """Note the deletion of each trial's objects by their uid, until cancelled."""
    label = "sweepjob.dev/trial"
    version = (await api.list_page(resource, namespace, "", ""))["metadata"]["resourceVersion"]
    while True:
        async for event in api.watch(resource, namespace, "", version):
            meta = event["object"]["metadata"]
            version = meta["resourceVersion"]
            trial = meta.get("labels", {}).get(label)
            if trial and (event["type"] == "DELETED" or "deletionTimestamp" in meta):
                stop = seen.setdefault(meta["uid"], Stop(trial, time.time()))
                stop.ended = _trainer_end(event["object"]) or stop.ended


def _trainer_end(pod: dict[str, Any]) -> float | None:
    for container in (pod.get("status") or {}).get("containerStatuses") or []:
        if container["name"] == "trainer":
            return parse_time(container["state"].get("terminated", {}).get("finishedAt"))
    return None


def show(what: str, seconds: list[float], goal: str) -> None:
    milliseconds = sorted(s * 1000 for s in seconds)
    p99 = milliseconds[math.ceil(len(milliseconds) * 0.99) - 1]
    print(
        f"{what:<44} median {statistics.median(milliseconds):6.0f} ms   p99 {p99:6.0f}   "
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
    stops, _ = await report_to_delete(api, target, "stops", STOPPED)
    groups, ends = await report_to_delete(api, target, "groups", GROUPS_STOPPED, INSTANCES)
    await api.close()
    target.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    print()
    show("SweepJob created -> first trial's Job", starts, "goal: at most 1000")
    show("deciding report -> delete request, pod", stops["pod"], "")
    show("deciding report -> delete request, Job", stops["Job"], "goal: median at most 250")
    show("the same, each of 3 pods of a trial", groups["pod"], "goal: p99 at most 250")
    show("delete request -> end of its trainer", ends, f"goal: worst at most {GRACE + 1} s")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
