"""``make test-gpu``: a local sweep on this machine's NVIDIA GPUs; says so where there is none.

``SWEEPJOB_TORCH_PYTHON`` names a Python with PyTorch. Without it the one that runs this is tried, then
python3, and then PyTorch is installed into build/torch.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sweepjob.local.devices import visible_gpus
from sweepjob.timestamps import parse_time

ROOT = Path(__file__).parents[2]
_SECONDS = 8  # that each trial trains
_CLOCK = 2.0  # seconds by which times on records, which are whole, may be off
_HAS_CUDA = "import sys, torch; sys.exit(not torch.cuda.is_available())"


@dataclass(frozen=True)
class Sample:
    """MiB in use by device, as NVML says, at a time in seconds since the epoch."""

    time: float
    used: Mapping[str, float]


@dataclass(frozen=True)
class Trial:
    """What the record and the log of a trial say."""

    name: str
    device: str
    started: float
    ended: float
    gpu_seconds: float
    reserved: float  # MiB, by PyTorch


def main() -> int:
    """Run the test, and return the exit code."""
    devices = visible_gpus()
    if not devices or shutil.which("nvidia-smi") is None:
        print("skipped: this machine has no NVIDIA GPU (nvidia-smi lists none)")
        return 0
    python = _python_with_torch()
    if python is None:
        print(
            "skipped: no Python with PyTorch that reaches the GPUs, and it could not be installed; name "
            "one in SWEEPJOB_TORCH_PYTHON"
        )
        return 0
    print(f"{len(devices)} GPUs, PyTorch of {python}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        samples = _run(Path(folder), python, len(devices))
        trials = [_read(Path(folder), path) for path in _records(Path(folder))]
    problems = [*check(trials, samples, devices)]
    for trial in trials:
        print(
            f"{trial.name}: device {trial.device}, {trial.gpu_seconds:.0f} GPU-s on record in "
            f"{trial.ended - trial.started:.0f} s, {trial.reserved:.0f} MiB by PyTorch"
        )
    print("\n".join(f"error: {problem}" for problem in problems) or "all as NVML says")
    return bool(problems)


def check(
    trials: Sequence[Trial], samples: Sequence[Sample], devices: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong: shared devices, idle ones, wrong GPU-seconds or memory.

    Args:
        trials: the trials of the sweep.
        samples: what NVML said meanwhile, the first one before the sweep.
        devices: names of the GPUs.
    """
    if len(trials) != _count(len(devices)):
        yield f"{len(trials)} trials ended, not {_count(len(devices))}"
    used = {trial.device for trial in trials}
    if used != set(devices):
        yield f"trials used the devices {sorted(used)} of {sorted(devices)}"
    by_start = sorted(trials, key=lambda trial: trial.started)
    for n, one in enumerate(by_start):
        for other in by_start[n + 1 :]:
            if other.device == one.device and other.started < one.ended - _CLOCK:
                yield f"{one.name} and {other.name} ran at the same time on device {one.device}"
    before = samples[0].used
    for trial in trials:
        took = trial.ended - trial.started
        if abs(trial.gpu_seconds - took) > _CLOCK:
            yield f"{trial.name}: {trial.gpu_seconds:.0f} GPU-seconds on record in {took:.0f} s"
        own = [s.used[trial.device] for s in samples if trial.started <= s.time <= trial.ended]
        grown = max(own, default=0.0) - before[trial.device]
        if trial.reserved <= 0 or grown < trial.reserved:
            yield (
                f"{trial.name}: NVML saw {grown:.0f} MiB on device {trial.device}, and PyTorch reserved "
                f"{trial.reserved:.0f} MiB"
            )


def _count(devices: int) -> int:
    return 2 * devices + 1


def _run(folder: Path, python: str, devices: int) -> list[Sample]:
    """Run the sweep, and return what NVML said meanwhile."""
    (folder / "train.py").write_text((ROOT / "tests" / "gpu" / "train.py").read_text())
    words = ["--lr", "${{search_space.lr}}", "--width", "${{search_space.width}}"]
    spec = {
        "objective": {"goal": "minimize", "primaryMetric": "loss"},
        "samplingAlgorithm": {"type": "random", "seed": 1},
        "searchSpace": {
            "lr": {"type": "loguniform", "low": 0.0001, "high": 0.1},
            "width": {"type": "choice", "values": [64, 256]},
        },
        # One more than there are devices, which has to wait.
        "limits": {"maxTotalTrials": _count(devices), "maxConcurrentTrials": devices + 1},
        "metrics": {"source": "file", "also": ["reserved_mib"]},
        "trial": {
            "image": "none",
            "command": [python, "train.py", *words, "--seconds", str(_SECONDS)],
            "resources": {"limits": {"nvidia.com/gpu": 1}},
        },
    }
    head = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob", "metadata": {"name": "gpu"}}
    (folder / "sweep.yaml").write_text(yaml.safe_dump({**head, "spec": spec}))
    samples, done = [_sample()], threading.Event()

    def watch() -> None:
        while not done.wait(0.3):
            samples.append(_sample())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        command = [sys.executable, "-m", "sweepjob.cli", "run", "--local", "-f", "sweep.yaml"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator")}
        subprocess.run(command, cwd=folder, env=environment, check=False, timeout=600)
    finally:
        done.set()
        thread.join()
    return samples


def _sample() -> Sample:
    query = ["nvidia-smi", "--query-gpu=index,uuid,memory.used", "--format=csv,noheader,nounits"]
    found = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    used: dict[str, float] = {}
    for line in found.splitlines():
        index, uuid, amount = map(str.strip, line.split(","))
        used[index] = used[uuid] = float(amount)  # CUDA_VISIBLE_DEVICES may have either
    return Sample(time.time(), used)


def _records(folder: Path) -> list[Path]:
    return sorted((folder / ".sweepjob" / "gpu" / "sweeptrials").glob("*.json"))


def _read(folder: Path, record: Path) -> Trial:
    body: dict[str, Any] = json.loads(record.read_text())
    name, status = body["metadata"]["name"], body["status"]
    (log,) = (folder / ".sweepjob" / "gpu" / "logs").glob(f"{name}-*.log")
    words = log.read_text().split()
    reserved = [m["highest"] for m in status.get("otherMetrics", ()) if m["name"] == "reserved_mib"]
    return Trial(
        name,
        words[1] if words[:1] == ["device"] else f"unknown ({' '.join(words[-20:])})",
        parse_time(status.get("startTime")) or 0.0,
        parse_time(status.get("completionTime")) or 0.0,
        float(status["gpuSeconds"]["used"]),
        float(reserved[0]) if reserved else 0.0,
    )


def _python_with_torch() -> str | None:
    """Return a Python with PyTorch that reaches a GPU; None where there is none."""
    given = os.environ.get("SWEEPJOB_TORCH_PYTHON")
    for python in [given] if given else [sys.executable, "python3"]:
        if _has_cuda(python):
            return python
    if given:
        return None
    own, uv = ROOT / "build" / "torch", str(ROOT / ".uv" / "bin" / "uv")
    python = str(own / "bin" / "python")
    if not _has_cuda(python):
        print("installing PyTorch into build/torch (about 5 GB)", flush=True)
        subprocess.run([uv, "venv", "--quiet", str(own)], check=False)
        install = [uv, "pip", "install", "--quiet", "--python", python, "torch", "numpy"]
        subprocess.run(install, check=False)
    return python if _has_cuda(python) else None


def _has_cuda(python: str) -> bool:
    try:
        found = subprocess.run([python, "-c", _HAS_CUDA], capture_output=True, check=False)
    except OSError:
        return False
    return found.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
