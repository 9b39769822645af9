"""The namespace that must not notice: its pushes, and the decisions of its sweeps."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweepjob import protocol
from sweepjob.api.resources import SWEEPJOBS
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.transport import Request

from tests.bench.control_plane import job_runners
from tests.bench.control_plane.job_observer import follow
from tests.bench.latency import Stop, deletions
from tests.cluster import target as clusters
from tests.cluster.target import Target

from . import busy

_RATE = 20.0  # pushes a second
_STARTS = 3  # new sweeps during each attack
_WAIT = 120.0  # seconds for pods to run, and for a decision
_SCRIPT = Path(__file__).with_name("victim_pushes.py").read_text()


@dataclass(frozen=True)
class Impact:
    """What the victim has noticed.

    Attributes:
        pushes: seconds until each push was accepted.
        failed: how many tries failed, by reason.
        decisions: seconds from each deciding report to the first sight of the deletion of the pod.
        undecided: trials that were not stopped.
        starts: seconds from the creation of each new sweep to its first Job.
    """

    pushes: list[float]
    failed: dict[str, int]
    decisions: list[float]
    undecided: int
    starts: list[float]


@dataclass
class Victim:
    """One sweep with a real pod that reports, and one whose simulated trials are judged.

    Args:
        namespace: of both.
        trials: how many trials there are to be judged.
    """

    target: Target
    api: KubeClient
    namespace: str
    trials: int
    _seen: dict[str, Stop] = field(default_factory=dict)
    _pushed: int = 0
    _judged: int = 0
    _started: int = 0

    async def start(self) -> None:
        """Create the namespace and the sweeps, and wait for their pods."""
        clusters.make_namespace(self.target, self.namespace)
        await self.api.create(SWEEPJOBS, self.namespace, self._reporting())
        await self.api.create(SWEEPJOBS, self.namespace, self._judging())
        await self._running_pods(self.trials + 2)
        watch = deletions(self.api, resources.PODS, self._seen, self.namespace)
        self._watching = asyncio.create_task(watch)

    async def measure(self, seconds: float, judged: int) -> Impact:
        """Push for some seconds, in which some trials report what stops them."""
        pods = await self._running_pods(1)
        [own] = [p for p in pods if p["metadata"]["labels"]["sweepjob.dev/sweep"] == "reports"]
        names = ["judged-0", *(f"judged-{self._judged + n + 1}" for n in range(judged))]
        by_trial = {pod["metadata"]["labels"]["sweepjob.dev/trial"]: pod for pod in pods}
        tokens = [(name, await self._token(by_trial[name])) for name in names]
        plan = {"seconds": seconds, "rate": _RATE, "first": self._pushed + 1, "judged": tokens}
        command = ("exec", "-i", own["metadata"]["name"], "-c", "sweepjob-sidecar")
        arguments = ("-n", self.namespace, *command, "--", "python3", "-c", _SCRIPT)
        starting = asyncio.create_task(self._start_sweeps())
        text = await asyncio.to_thread(
            self.target.kubectl, *arguments, stdin=json.dumps(plan) + "\n"
        )
        found = json.loads(text)
        self._pushed += len(found["pushes"])
        self._judged += judged
        return await self._impact(found, names[1:], await starting)

    async def _start_sweeps(self) -> list[float]:
        """Create sweeps of one trial, one after the other; return how long their first Jobs took."""
        times = []
        for _ in range(_STARTS):
            self._started += 1
            name = f"starts-{self._started}"
            body = busy.sweepjob(name, 1)
            page = await self.api.list_page(resources.JOBS, self.namespace, "", "")
            version = page["metadata"]["resourceVersion"]
            begun = time.monotonic()
            await self.api.create(SWEEPJOBS, self.namespace, body)
            async for job in follow(self.api, resources.JOBS, self.namespace, version):
                if job["metadata"]["name"].startswith(f"{name}-"):
                    break
            times.append(time.monotonic() - begun)
        return times

    async def _impact(self, found: dict[str, Any], names: list[str], starts: list[float]) -> Impact:
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            if self._deleted().keys() >= set(names):
                break
            await asyncio.sleep(0.25)
        sent = dict(zip(names, found["sent"], strict=True))
        deleted = self._deleted()
        decisions = [deleted[name] - sent[name] for name in names if name in deleted]
        undecided = len(names) - len(decisions)
        return Impact(found["pushes"], found["failed"], decisions, undecided, starts)

    def _deleted(self) -> dict[str, float]:
        """Return when the deletion of each trial's pod was first seen."""
        return {stop.trial: stop.requested for stop in self._seen.values()}

    async def _running_pods(self, least: int) -> list[dict[str, Any]]:
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            page = await self.api.list_page(
                resources.PODS, self.namespace, "sweepjob.dev/sweep", ""
            )
            running = [pod for pod in page["items"] if _runs(pod)]
            if len(running) >= least:
                return running
            await asyncio.sleep(0.5)
        raise TimeoutError(f"the victim's pods do not run: {len(running)} of {least}")

    async def _token(self, pod: dict[str, Any]) -> str:
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        bound = {"kind": "Pod", "apiVersion": "v1", "name": name, "uid": uid}
        spec = {
            "audiences": [protocol.AUDIENCE],
            "expirationSeconds": 3600,
            "boundObjectRef": bound,
        }
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/default/token"
        made = await self.api.request(Request("POST", path, {}, {"spec": spec}))
        return str(made["status"]["token"])

    def _reporting(self) -> dict[str, Any]:
        container = {
            "name": "trainer",
            "image": self.target.images["trainer"],
            "command": ["sleep", "100000"],
        }
        work = job_runners.Work({"containers": [container]}, 1, 1)
        return job_runners.sweepjob("reports", work, "mlflow")

    def _judging(self) -> dict[str, Any]:
        body = busy.sweepjob("judged", self.trials + 1)
        body["spec"]["earlyTermination"] = {"type": "bandit", "slackAmount": 0.5}
        return body


def _runs(pod: dict[str, Any]) -> bool:
    return pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
