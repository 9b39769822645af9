"""The ways to run the same Jobs: a bare loop and a sweep, each with or without sidecars."""

from __future__ import annotations

import asyncio
import copy
import time
from dataclasses import dataclass, replace
from typing import Any

from sweepjob.api.resources import SWEEPJOBS
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient

from .job_observer import follow

Body = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """Jobs to be run.

    Attributes:
        spec: of each Job's pod.
        total, concurrent: how many, and how many at a time.
    """

    spec: Body
    total: int
    concurrent: int


async def bare_loop(api: KubeClient, namespace: str, work: Work, prefix: str) -> float:
    """Create the next Job whenever one is complete, by a watch of Jobs; returns seconds in all."""
    page = await api.list_page(resources.JOBS, namespace, "", "")
    started = time.time()
    for number in range(work.concurrent):
        await _create(api, namespace, work, f"{prefix}-{number}")
    created, complete = work.concurrent, set()
    version = page["metadata"]["resourceVersion"]
    async for body in follow(api, resources.JOBS, namespace, version):
        conditions = body.get("status", {}).get("conditions") or ()
        done = any(c["type"] == "Complete" and c["status"] == "True" for c in conditions)
        if not done or body["metadata"]["name"] in complete:
            continue
        complete.add(body["metadata"]["name"])
        if created < work.total:
            await _create(api, namespace, work, f"{prefix}-{created}")
            created += 1
        if len(complete) == work.total:
            break
    return time.time() - started


async def _create(api: KubeClient, namespace: str, work: Work, name: str) -> None:
    metadata = {"name": name, "labels": {"bench": "bare"}}
    template = {"metadata": {"labels": {"bench": "bare"}}, "spec": copy.deepcopy(work.spec)}
    template["spec"]["restartPolicy"] = "Never"
    body: Body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}
    body["spec"] = {"backoffLimit": 0, "template": template}
    await api.create(resources.JOBS, namespace, body)


async def with_sidecars(api: KubeClient, namespace: str, work: Work) -> Work:
    """The same work by the very pods that a sweep gives its trials."""
    await sweep(api, namespace, replace(work, total=1, concurrent=1), "file", "sample")
    [job] = (await api.list_page(resources.JOBS, namespace, "", ""))["items"]
    return replace(work, spec=job["spec"]["template"]["spec"])


async def sweep(api: KubeClient, namespace: str, work: Work, source: str, name: str) -> float:
    """A sweep of the same pods; returns seconds from its creation to its end."""
    body = sweepjob(name, work, source)
    page = await api.list_page(SWEEPJOBS, namespace, "", "")
    started = time.time()
    await api.create(SWEEPJOBS, namespace, body)
    version = page["metadata"]["resourceVersion"]
    async for seen in follow(api, SWEEPJOBS, namespace, version):
        if seen["metadata"]["name"] == name and _is_over(seen):
            break
    return time.time() - started


def sweepjob(name: str, work: Work, source: str) -> Body:
    return {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": name},
        "spec": {
            "objective": {"goal": "maximize", "primaryMetric": "score"},
            "samplingAlgorithm": {"type": "random", "seed": 1},
            "searchSpace": {"x": {"type": "uniform", "minValue": 0, "maxValue": 1}},
            "limits": {"maxTotalTrials": work.total, "maxConcurrentTrials": work.concurrent},
            "metrics": {"source": source},
            "trial": {"template": {"spec": copy.deepcopy(work.spec)}},
        },
    }


def _is_over(body: Body) -> bool:
    return (body.get("status") or {}).get("phase") in ("Complete", "Failed")


async def settle(api: KubeClient, namespace: str) -> None:
    """Until nothing of the run before is there any more."""
    while True:
        left = 0
        for resource in (resources.JOBS, resources.PODS):
            left += len((await api.list_page(resource, namespace, "", ""))["items"])
        if not left:
            return
        await asyncio.sleep(0.5)
