"""A result that may be incomplete is never called healthy, on a real cluster: large records, files that cannot
be read, a sidecar that is killed and not there when the trainer ends."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import Any

import pytest

from tests.cluster import namespaces

from .sweeps import Sweeps, choice, eventually

pytestmark = pytest.mark.cluster

# Event files by hand, without checksums: the trainer's image has no TensorBoard.
EVENTS = """
import os, struct, time

def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content

def record(values):
    data = struct.pack("<Bd", 9, time.time()) + field(5, b"".join(field(1, v) for v in values))
    return struct.pack("<QI", len(data), 0) + data + bytes(4)

def scalar(tag, value):
    return field(1, tag.encode()) + struct.pack("<Bf", 21, value)

image = record([field(1, b"picture") + field(4, field(4, b"x" * 24 * 1024 * 1024))])
for run in ("train", "validation"):
    os.makedirs(f"/logs/{run}", exist_ok=True)
for n in range(12):
    for run, sign in (("train", 10), ("validation", 0.125)):
        with open(f"/logs/{run}/events.out.tfevents.1.host", "ab") as file:
            file.write(record([scalar("score", n * sign)]))
            if n == 5:
                file.write(image)
    time.sleep(0.3)
"""
HIDDEN = """
import os
path = os.environ["SWEEPJOB_METRICS_PATH"]
with open(path, "w") as file:
    file.write('{"score": 1}\\n')
os.chmod(path, 0)
"""
SLOW = """
import json, os, time
for n in range(20):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        print(json.dumps({"score": n}), file=file)
    print("report", n, n, flush=True)
    time.sleep(1)
"""


def apply(sweeps: Sweeps, name: str, script: str, **metrics: str) -> None:
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    spec = sweeps.spec({"nothing": choice(0)}, limits=limits)
    spec["metrics"] = metrics
    spec["trial"]["command"] = ["python", "-c", script]
    sweeps.apply(name, spec)


def condition(body: Any, kind: str) -> dict[str, Any]:
    """A condition that holds; empty when it does not."""
    conditions = body["status"].get("conditions") or []
    return next((c for c in conditions if c["type"] == kind and c["status"] == "True"), {})


def test_images_among_scalars_of_two_runs(sweeps: Sweeps) -> None:
    apply(sweeps, "images", EVENTS, source="tensorboard", path="/logs")
    sweep = sweeps.await_end("images")
    [trial] = sweeps.trials("images")
    values = [float(v) for v in trial["status"]["curve"]["values"].split()]
    assert values == [n * 0.125 for n in range(12)], "those of validation"
    assert condition(sweep, "Degraded") == {}
    assert not trial["status"].get("conditions")
    assert trial["status"]["reason"] == "Completed"
    [pod] = sweeps.pods("images")
    [sidecar] = pod["status"]["initContainerStatuses"]
    assert sidecar["restartCount"] == 0


def test_an_unreadable_file_makes_reports_incomplete(sweeps: Sweeps) -> None:
    apply(sweeps, "hidden", HIDDEN, source="file")
    sweep = sweeps.await_end("hidden")
    [trial] = sweeps.trials("hidden")
    assert trial["status"]["reason"] == "ReportsIncomplete"
    for body, kind in ((sweep, "Degraded"), (trial, "ReportsIncomplete")):
        assert condition(body, kind)["reason"] == "ReportsIncomplete"
        assert "could not be read: Permission denied." in condition(body, kind)["message"]
        assert "securityContext.runAsUser" in condition(body, kind)["message"]


def test_a_killed_sidecar_makes_reports_incomplete(sweeps: Sweeps) -> None:
    built_in = sweeps.target.built_in
    if built_in is None:
        pytest.skip("kills a process of a pod, which is for the built-in cluster only")
    apply(sweeps, "killed", SLOW, source="file")
    eventually(
        lambda: sweeps.trials("killed")[0]["status"]["curve"]["reports"] > 2, 60, "it reports"
    )
    deadline = time.monotonic() + 240

    def is_over() -> bool:
        return sweeps.sweep("killed").get("status", {}).get("phase") in ("Complete", "Failed")

    ask_again = 0.0
    while time.monotonic() < deadline:
        if time.monotonic() > ask_again:
            if is_over():
                break
            ask_again = time.monotonic() + 1.0
        for pid in namespaces.processes(built_in.node(1)):
            if namespaces.command_line(pid).rstrip().endswith("-m sweepjob.sidecar"):
                with contextlib.suppress(ProcessLookupError):
                    namespaces.kill(pid, signal.SIGKILL)
        # A sidecar that lives a moment longer than its start takes reads all that was written.
        time.sleep(0.03)
    sweep = sweeps.await_end("killed")
    [trial] = sweeps.trials("killed")
    assert trial["status"]["phase"] == "Succeeded"
    assert trial["status"]["curve"]["reports"] < 20, "the last ones nobody has read"
    assert trial["status"]["reason"] == "ReportsIncomplete"
    assert "its sidecar was killed" in trial["status"]["message"]
    assert condition(sweep, "Degraded")["reason"] == "ReportsIncomplete"
    assert condition(trial, "ReportsIncomplete")["message"].startswith("its sidecar was killed")
    assert sweep["status"]["best"]["warning"].startswith(
        "ReportsIncomplete: its sidecar was killed"
    )
