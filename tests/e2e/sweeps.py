"""Sweeps with a training script whose reports the test chooses, and what is to be seen of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.search_space import parse_space
from sweepjob.search.samplers.random import RandomSampler

from tests.cluster.console import ClusterError
from tests.cluster.target import Target
from tests.fake_api.invariants import is_over

T = TypeVar("T")

# How much longer than usual a test waits: what comes at last is no failure on a busy machine.
PATIENCE = 4

# Reports level + n / 1000 as the n-th value, and prints each: the log is the truth to compare with.
# Parameters may be given one by one or together, as branches of a choice called case.
_TRAINS = """
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
p = {**p, **p.get("case", {})}
if os.environ.get("ON_TERM") == "exit 0":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with mlflow.start_run():
    for n in range(1, int(p.get("reports", 5)) + 1):
        value = round(p.get("level", 0) + n / 1000, 3)
        mlflow.log_metric(os.environ.get("METRIC", "score"), value, step=n)
        print("report", n, value, flush=True)
        time.sleep(float(p.get("pause", 0.2)))
if p.get("fail"):
    sys.exit(3)
"""
# The calls that the MLflow client makes, on one connection. Importing that takes one to three seconds of a core.
_CALLS = """
import contextlib, http.client, types
server = http.client.HTTPConnection(os.environ["MLFLOW_TRACKING_URI"].partition("//")[2])
def send(call, **body):
    body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], **body})
    server.request("POST", "/api/2.0/mlflow/runs/" + call, body, {"Content-Type": "application/json"})
    response = server.getresponse()
    text = response.read().decode()
    assert response.status == 200, text
def milliseconds():
    return time.time_ns() // 1_000_000
@contextlib.contextmanager
def start_run():
    send("update", status="RUNNING")
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    finally:
        send("update", status=status, end_time=milliseconds())
def log_metric(key, value, step):
    send("log-metric", key=key, value=value, timestamp=milliseconds(), step=step)
mlflow = types.SimpleNamespace(start_run=start_run, log_metric=log_metric)
"""
_IMPORTS = "import json, os, signal, sys, time\n"
SCRIPT = _IMPORTS + _CALLS + _TRAINS
# With the real client, where it counts what it does: when its sidecar is killed, or when it exits.
MLFLOW_SCRIPT = _IMPORTS + "import mlflow\n" + _TRAINS
WITH_MLFLOW = {"command": ["python", "-c", MLFLOW_SCRIPT]}


def choice(*values: Any) -> dict[str, Any]:
    return {"type": "choice", "values": list(values)}


def seed_with_first(space: dict[str, Any], parameter: str, value: Any) -> int:
    """The first seed whose first proposal has this value."""
    reader = Reader(space, "spec.searchSpace")
    parsed = parse_space(reader)
    for seed in range(1000):
        first = RandomSampler(parsed, seed).propose(0)
        if first is not None and first[parameter] == value:
            return seed
    raise AssertionError(f"no seed proposes {value} first")


@dataclass(frozen=True)
class Sweeps:
    """Sweeps in one namespace of a cluster."""

    target: Target
    namespace: str

    def spec(self, space: dict[str, Any], **changes: Any) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "objective": {"goal": "maximize", "primaryMetric": "score"},
            "samplingAlgorithm": {"type": "random", "seed": 1},
            "searchSpace": space,
            "limits": {"maxTotalTrials": 4, "maxConcurrentTrials": 2},
            "trial": {
                "image": self.target.images["trainer"],
                "command": ["python", "-c", SCRIPT],
                "resources": {"limits": {"nvidia.com/gpu": 1}},
                "stopGracePeriodSeconds": 1,
            },
        }
        for key, value in changes.items():
            merged = {**spec[key], **value} if isinstance(spec.get(key), dict) else value
            spec[key] = merged
        return spec

    def apply(self, name: str, spec: dict[str, Any], labels: dict[str, str] | None = None) -> None:
        body = {
            "apiVersion": "sweepjob.dev/v1alpha1",
            "kind": "SweepJob",
            "metadata": {"name": name, "namespace": self.namespace, "labels": labels or {}},
            "spec": spec,
        }
        self.target.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.target.kubectl("-n", self.namespace, *arguments, stdin=stdin)

    def get(self, *arguments: str) -> Any:
        return self.target.get("-n", self.namespace, *arguments)

    def sweep(self, name: str) -> Any:
        return self.get("sweepjob", name)

    def condition(self, name: str, kind: str) -> dict[str, Any]:
        conditions = (self.sweep(name).get("status") or {}).get("conditions") or []
        return next((c for c in conditions if c["type"] == kind), {})

    def trials(self, name: str) -> list[Any]:
        found = self.get("sweeptrials", "-l", f"sweepjob.dev/sweep={name}")["items"]
        return sorted(found, key=lambda trial: trial["spec"]["index"])

    def pods(self, name: str) -> list[Any]:
        items: list[Any] = self.get("pods", "-l", f"sweepjob.dev/sweep={name}")["items"]
        return items

    def running_pods(self, name: str) -> list[Any]:
        return [pod for pod in self.pods(name) if not is_over(pod)]

    def events(self, reason: str) -> list[Any]:
        items: list[Any] = self.get("events", f"--field-selector=reason={reason}")["items"]
        return items

    def await_end(self, name: str, seconds: float = 240) -> Any:
        def ended() -> Any:
            sweep = self.sweep(name)
            phase = (sweep.get("status") or {}).get("phase")
            return sweep if phase in ("Complete", "Failed") else None

        return eventually(ended, seconds, f"sweep {name} has ended")

    def await_reports(self, name: str, trials: int, seconds: float = 60) -> None:
        """Until so many trials of a sweep have reported."""

        def have_reported() -> bool:
            found = self.trials(name)
            return len([t for t in found if "curve" in t.get("status", {})]) >= trials

        eventually(have_reported, seconds, f"{trials} trials of {name} have reported")

    def reported(self, trial: str) -> list[float]:
        """What the script of a trial says it has reported."""
        lines = self.kubectl("logs", f"job/{trial}", "-c", "trainer").splitlines()
        return [float(line.split()[2]) for line in lines if line.startswith("report ")]


def eventually(probe: Callable[[], T | None], seconds: float, what: str) -> T:
    """The first result of ``probe`` that is true; its errors count as not yet.

    Args:
        seconds: how long it takes at most on a machine that has nothing else to do.
    """
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            result = probe()
            if result:
                return result
        except (ClusterError, KeyError, IndexError, ValueError) as error:
            last = error
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds:.0f} s: {what}" + (f" ({last})" if last else ""))


def values_on_record(trial: Any) -> list[float]:
    return [float(text) for text in trial["status"]["curve"]["values"].split()]
