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

from .training_scripts import SCRIPT

T = TypeVar("T")

# How much longer than usual a test waits: what comes at last is no failure on a busy machine.
PATIENCE = 4


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
