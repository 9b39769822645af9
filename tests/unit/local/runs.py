"""Sweeps on this machine, run as a person runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPORTS = 12

# Reports level + n / 1000 as the n-th value, to the source of metrics of its sweep.
SCRIPT = f"""
import json, os, sys, time
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
path = os.environ.get("SWEEPJOB_METRICS_PATH")
print("GPU", os.environ.get("CUDA_VISIBLE_DEVICES"), os.getpid(), flush=True)
for n in range(1, int(p.get("reports", {REPORTS})) + 1):
    value = round(p["level"] + n / 1000, 3)
    if path:
        with open(path, "a") as file:
            file.write(json.dumps({{"score": value}}) + "\\n")
    else:
        print("score=%r" % value, flush=True)
    time.sleep(0.05)
sys.exit(p.get("code", 0))
"""

LEVELS = [0.1, 0.5, 0.3, 0.7]
ONE = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}


def sweep(source: str = "file", **changes: Any) -> dict[str, Any]:
    spec = {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "samplingAlgorithm": {"type": "grid"},
        "searchSpace": {"level": {"type": "choice", "values": LEVELS}},
        "limits": {"maxTotalTrials": 4, "maxConcurrentTrials": 2},
        "metrics": {"source": source},
        "trial": {"image": "none", "command": [sys.executable, "train.py"]},
    }
    for key, value in changes.items():
        spec[key] = {**spec[key], **value} if isinstance(spec.get(key), dict) else value
    return {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": "local"},
        "spec": spec,
    }


@dataclass
class Local:
    """The program with a folder of its own."""

    folder: Path

    def start(self, body: dict[str, Any], *flags: str, **env: str) -> subprocess.Popen[str]:
        (self.folder / "train.py").write_text(SCRIPT)
        (self.folder / "sweep.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
        command = [
            sys.executable,
            "-m",
            "sweepjob.cli",
            "run",
            "--local",
            "-f",
            "sweep.yaml",
            *flags,
        ]
        path = str(Path(__file__).parents[3] / "operator")
        environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", **env}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, body: dict[str, Any], *flags: str, code: int = 0, **env: str) -> str:
        """Return the output on either stream."""
        process = self.start(body, *flags, **env)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return out + err

    def objects_of(self, body: dict[str, Any], *flags: str) -> list[dict[str, Any]]:
        """Return the objects of a run."""
        self.run(body, *flags)
        return self.objects()

    def objects(self, resource: str = "sweeptrials", name: str = "local") -> list[dict[str, Any]]:
        files = (self.folder / ".sweepjob" / name / resource).glob("*.json")
        found = [json.loads(file.read_text()) for file in files]
        return sorted(found, key=lambda body: body.get("spec", {}).get("index", 0))

    def values(self) -> list[list[float]]:
        curves = [trial["status"].get("curve") or {} for trial in self.objects()]
        return [[float(text) for text in curve.get("values", "").split()] for curve in curves]

    def logs(self) -> list[str]:
        folder = self.folder / ".sweepjob" / "local" / "logs"
        return [file.read_text() for file in sorted(folder.glob("*.log"))]


def script_of(code: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-S", "-c", code]}


def processes_in(folder: Path) -> list[int]:
    """Return the processes that run in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder and entry.name != str(os.getpid()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
