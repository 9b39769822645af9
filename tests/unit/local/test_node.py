"""Tests errors of the node itself: the pod fails or the sweep ends, with a message."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.local import node, pod_runner
from sweepjob.local.devices import GpuAllocator
from sweepjob.local.folder import SweepFolder
from sweepjob.local.job_controller import JobController
from sweepjob.local.node import NodeConfiguration
from sweepjob.local.sweep import LocalSweep
from sweepjob.local.trainer_log import TrainerLog

MANIFEST = {
    "apiVersion": "sweepjob.dev/v1alpha1",
    "kind": "SweepJob",
    "metadata": {"name": "s", "namespace": "local"},
    "spec": {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "samplingAlgorithm": {"type": "grid"},
        "searchSpace": {"x": {"type": "choice", "values": [1, 2]}},
        "limits": {"maxTotalTrials": 2, "maxConcurrentTrials": 1},
        "metrics": {"source": "logs"},
        "trial": {"image": "none", "command": [sys.executable, "-c", "print('score=1.0')"]},
    },
}


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 150


async def run(folder: Path, environment: dict[str, str] | None = None) -> LocalSweep:
    machine = NodeConfiguration(GpuAllocator(()), {**os.environ, **(environment or {})}, folder)
    sweep = LocalSweep(SweepFolder(folder / "kept"), machine, lambda: None)
    async with asyncio.timeout(120):
        await sweep.run(MANIFEST)
    return sweep


def messages(sweep: LocalSweep) -> list[str]:
    return [f"{t['status']['reason']}: {t['status']['message']}" for t in sweep.trials]


def raising(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    "error", [KeyError("volumeMounts"), RuntimeError("x"), OSError(28, "No space left")]
)
async def test_an_error_in_a_pods_task_fails_the_pod_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    original, calls = node.local_pod, []

    def once(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise error
        return original(*given)

    monkeypatch.setattr(node, "local_pod", once)
    sweep = await run(tmp_path)
    first, second = messages(sweep)
    assert first.startswith("NodeFailed: it cannot be run on this machine: ")
    assert str(error.args[-1]) in first
    assert second == "Completed: the trainer ended with exit code 0"


async def test_an_unwritable_log_fails_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainerLog, "append", raising(OSError(28, "No space left on device")))
    sweep = await run(tmp_path)
    assert (
        messages(sweep)
        == ["LogFailed: its log cannot be written: [Errno 28] No space left on device"] * 2
    )


@pytest.mark.parametrize(
    ("where", "name"), [(JobController, "_create_pod"), (node.Node, "_write_end")]
)
async def test_an_internal_error_ends_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    monkeypatch.setattr(where, name, raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await run(tmp_path)


async def test_a_sidecar_that_does_not_start_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = pod_runner.SidecarStartError("the sidecar has not opened its port")
    monkeypatch.setattr(pod_runner.SidecarProcess, "start", raising(failed))
    monkeypatch.setitem(MANIFEST["spec"], "metrics", {"source": "file"})  # type: ignore[arg-type]  # a manifest is plain data
    sweep = await run(tmp_path)
    assert messages(sweep) == ["SidecarFailed: the sidecar has not opened its port"] * 2


async def test_a_deleted_folder_is_reported(tmp_path: Path) -> None:
    machine = NodeConfiguration(GpuAllocator(()), dict(os.environ), tmp_path / "gone")
    sweep = LocalSweep(SweepFolder(tmp_path / "kept"), machine, lambda: None)
    await sweep.run(MANIFEST)
    assert "exit code 126: the working folder of the trials no longer exists" in messages(sweep)[0]
