"""What a trial costs beside its training: what a sidecar adds, and what stopping early takes.

    make bench-trials

- for each source of metrics, from the creation of the Job to the trainer's first line, and from its
  last line to the pod's end, one trial at a time, against the same pod without a sidecar;
- for scripts that obey, trap and ignore SIGTERM, from the deciding report to the request that
  deletes the pod, and from there to the pod's end, when its GPU is free;
- the processor time and the memory of a sidecar at one report a second.

All clocks are this machine's.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient

from tests.cluster.target import Target

from .latency import NAMESPACE, prepare, seed_with_zero_first, show

RUNS = 8
REPORTS = "import time; print('first', time.time(), flush=True)\n{setup}\nfor n in range(5):\n    {report}\n    time.sleep(0.4)\n{end}\nprint('last', time.time(), flush=True)"


@dataclass(frozen=True)
class Way:
    """How a script reports, and what it does when nobody listens."""

    setup: str
    report: str
    end: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    alone: dict[str, str] = field(default_factory=dict)

    @property
    def script(self) -> str:
        return REPORTS.format(setup=self.setup, report=self.report, end=self.end)


_LOCAL = {"MLFLOW_TRACKING_URI": "sqlite:////tmp/m.db", "MLFLOW_ALLOW_FILE_STORE": "true"}
WAYS = {
    "mlflow": Way(
        "import mlflow\nalone = mlflow.get_tracking_uri().startswith('sqlite')\nalone or mlflow.start_run()",
        "alone or mlflow.log_metric('score', n)",
        "alone or mlflow.end_run()",
        alone=_LOCAL,
    ),
    "pushgateway": Way(
        "import os, urllib.request as u\nto = os.environ.get('SWEEPJOB_PUSHGATEWAY')",
        "to and u.urlopen(u.Request(f'http://{to}/metrics/job/x', f'score {n}\\n'.encode(), method='PUT'))",
        metrics={"source": "pushgateway"},
    ),
    "file": Way(
        "import json, os; os.makedirs('/tmp/m', exist_ok=True); log = open('/tmp/m/x.jsonl', 'a')",
        "print(json.dumps({'score': n}), file=log, flush=True)",
        metrics={"source": "file", "path": "/tmp/m/x.jsonl"},
    ),
    "file, opened for each line": Way(
        "import json, os; os.makedirs('/tmp/m', exist_ok=True)",
        "open('/tmp/m/x.jsonl', 'a').write(json.dumps({'score': n}) + '\\n')",
        metrics={"source": "file", "path": "/tmp/m/x.jsonl"},
    ),
    "logs": Way("", "print(f'score={n}', flush=True)", metrics={"source": "logs"}),
}
STOPS = {
    "obeys": "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))",
    "traps": "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), sys.exit(0)))",
    "ignores": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
}
GRACE = 3
STOPPED = """
import json, os, signal, sys, time, mlflow
good = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["trial"] == 0
{handler}
with mlflow.start_run():
    for n in range(60 if good else 3000):
        mlflow.log_metric("score", 1.0 if good else time.time() / 1e12)
        time.sleep(0.05 if good else 0.2)
"""


@dataclass
class Seen:
    """When something about a pod or Job of ours was seen first, by the name of its trial."""

    created: dict[str, float] = field(default_factory=dict)
    deleting: dict[str, float] = field(default_factory=dict)
    over: dict[str, float] = field(default_factory=dict)


async def observe(api: KubeClient, seen: Seen) -> list[asyncio.Task[None]]:
    async def watch(resource: resources.Resource) -> None:
        version = (await api.list_page(resource, NAMESPACE, "", ""))["metadata"]["resourceVersion"]
        async for event in api.watch(resource, NAMESPACE, "", version):
            now, meta = time.time(), event["object"]["metadata"]
            trial = meta.get("labels", {}).get("sweepjob.dev/trial", "")
            if resource is resources.JOBS:
                seen.created.setdefault(trial, now)
                continue
            if "deletionTimestamp" in meta:
                seen.deleting.setdefault(trial, now)
            phase = event["object"].get("status", {}).get("phase")
            if event["type"] == "DELETED" or phase in ("Succeeded", "Failed"):
                seen.over.setdefault(trial, now)

    tasks = [asyncio.create_task(watch(r)) for r in (resources.JOBS, resources.PODS)]
    await asyncio.sleep(0.5)
    return tasks


def spec(target: Target, way: Way) -> dict[str, Any]:
    return {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "searchSpace": {"nothing": {"type": "randint", "upper": 1000}},
        "limits": {"maxTotalTrials": RUNS, "maxConcurrentTrials": 1},
        "metrics": way.metrics,
        "trial": {"image": target.images["trainer"], "command": ["python", "-c", way.script]},
    }


async def sweep(api: KubeClient, name: str, body: dict[str, Any]) -> None:
    """Run a sweep to its end."""
    whole = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": name},
        "spec": body,
    }
    await api.create(SWEEPJOBS, NAMESPACE, whole)
    while True:
        found = await api.get(SWEEPJOBS, NAMESPACE, name)
        if found.get("status", {}).get("phase") in ("Complete", "Failed", "Invalid"):
            return
        await asyncio.sleep(0.3)


async def alone(target: Target, api: KubeClient, seen: Seen, name: str, way: Way) -> None:
    """The same pods without the operator and without a sidecar, one after the other."""
    for number in range(RUNS):
        label = {"sweepjob.dev/trial": f"{name}-{number}"}
        env = [{"name": key, "value": value} for key, value in way.alone.items()]
        container = {
            "name": "trainer",
            "image": target.images["trainer"],
            "command": ["python", "-c", way.script],
            "env": env,
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
        secured = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        pod = {"containers": [container], "restartPolicy": "Never", "securityContext": secured}
        body = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": f"{name}-{number}", "labels": label},
            "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": label}, "spec": pod}},
        }
        await api.create(resources.JOBS, NAMESPACE, body)
        while f"{name}-{number}" not in seen.over:  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)  # the slot's turnaround of a sweep is about as long


def edges(target: Target, seen: Seen, name: str) -> tuple[list[float], list[float]]:
    """Job to first line, last line to the pod's end, of every trial."""
    starts, ends = [], []
    for number in range(RUNS):
        trial = f"{name}-{number}"
        log = target.kubectl("-n", NAMESPACE, "logs", f"job/{trial}", "-c", "trainer")
        said = {
            w[0]: float(w[1]) for w in map(str.split, log.splitlines()) if w[0] in ("first", "last")
        }
        starts.append(said["first"] - seen.created[trial])
        ends.append(seen.over[trial] - said["last"])
    return starts, ends


async def stops(target: Target, api: KubeClient, seen: Seen, name: str, handler: str) -> None:
    """Time from the deciding report to the deletion, and from there to the pod's end."""
    body = {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "samplingAlgorithm": {"type": "random", "seed": seed_with_zero_first(RUNS + 1)},
        "searchSpace": {"trial": {"type": "randint", "upper": RUNS + 1}},
        "earlyTermination": {"type": "bandit", "slackAmount": 0.5, "delayEvaluation": 5},
        "limits": {"maxTotalTrials": RUNS + 1, "maxConcurrentTrials": 2},
        "trial": {
            "image": target.images["trainer"],
            "command": ["python", "-c", STOPPED.format(handler=handler)],
            "stopGracePeriodSeconds": GRACE,
        },
    }
    await sweep(api, name, body)
    decided, freed = [], []
    for trial in (await api.list_page(SWEEPTRIALS, NAMESPACE, "", ""))["items"]:
        status, key = trial["status"], trial["metadata"]["name"]
        if not key.startswith(f"{name}-") or not status.get("stop"):
            continue
        report = float(status["curve"]["values"].split()[status["stop"]["interval"] - 1]) * 1e12
        decided.append(seen.deleting[key] - report)
        freed.append(seen.over[key] - seen.deleting[key])
    show(f"{name}: deciding report -> pod is deleting", decided, "")
    show(f"{name}: deleting -> pod has ended", freed, f"grace {GRACE} s")


def sidecar_load(target: Target) -> None:
    """A minute of a report a second: what the sidecar's control group says."""
    script = "import mlflow, time\nwith mlflow.start_run():\n  for n in range(90):\n    mlflow.log_metric('score', n); time.sleep(1)"
    body = spec(target, WAYS["mlflow"])
    body["limits"] = {"maxTotalTrials": 1}
    body["trial"]["command"][2] = script
    whole = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": "load"},
    }
    target.kubectl("-n", NAMESPACE, "apply", "-f", "-", stdin=json.dumps({**whole, "spec": body}))
    probe = (
        "import os;t=os.times;s=open('/proc/1/stat').read().rpartition(')')[2].split();"
        "m=[l for l in open('/proc/1/status') if l.startswith('VmRSS')][0].split()[1];"
        "print((int(s[11])+int(s[12]))/os.sysconf('SC_CLK_TCK'), int(m)/1024)"
    )
    time.sleep(20)
    where = (
        "-n",
        NAMESPACE,
        "exec",
        "job/load-0",
        "-c",
        "sweepjob-sidecar",
        "--",
        "python3",
        "-c",
        probe,
    )
    first = target.kubectl(*where).split()
    time.sleep(60)
    last = target.kubectl(*where).split()
    print(
        f"sidecar at one report a second: {(float(last[0]) - float(first[0])) / 60:.2%} of a core, "
        f"{float(last[1]):.1f} MiB resident"
    )


async def main() -> int:
    target, api = await prepare()
    seen = Seen()
    watches = await observe(api, seen)
    chosen = sys.argv[1:] or [*WAYS, *STOPS, "load"]
    for name in (name for name in WAYS if name in chosen):
        way = WAYS[name]
        label = name.replace(",", "").replace(" ", "-")
        await alone(target, api, seen, f"alone-{label}", way)
        await sweep(api, label, spec(target, way))
        bare, ours = edges(target, seen, f"alone-{label}"), edges(target, seen, label)
        for what, without, beside in zip(("start", "end"), bare, ours, strict=True):
            show(f"{name}: {what} without a sidecar", without, "")
            added = statistics.median(beside) - statistics.median(without)
            goal = 0.25 if what == "start" else 0.7
            show(f"{name}: {what}", beside, f"{added:+.2f} s (goal {goal})")
        print(f"{name}: sidecars that were started again: {restarted(target, label)} of {RUNS}")
    for name in (name for name in STOPS if name in chosen):
        await stops(target, api, seen, name, STOPS[name])
    if "load" in chosen:
        sidecar_load(target)
    for watch in watches:
        watch.cancel()
    await api.close()
    target.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    return 0


def restarted(target: Target, name: str) -> int:
    pods = target.get("-n", NAMESPACE, "pods", "-l", f"sweepjob.dev/sweep={name}")["items"]
    statuses = [s for p in pods for s in p["status"].get("initContainerStatuses", [])]
    return sum(status["restartCount"] > 0 for status in statuses)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
