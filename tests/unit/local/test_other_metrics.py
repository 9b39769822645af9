"""Metrics besides the primary one, from every source, in what a person sees of a local sweep."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sweepjob import protocol
from sweepjob.dashboard.document import build_document

from .runs import Local, sweep

SCRIPT = """
from sweepjob.azureml.core.run import Run
run = Run.get_context()
for n in range(1, 101):
    run.log("train_loss", 1 / n)
    run.log("val/acc @5", n / 100)
    if n % 10 == 0:
        run.log("score", n / 1000)
"""


def program(folder: Path, *words: str) -> str:
    path = str(Path(__file__).parents[3] / "operator")
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "100"}
    command = [sys.executable, "-m", "sweepjob.cli", *words]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("source", protocol.SOURCES)
def test_all_sources(tmp_path: Path, source: str) -> None:
    body = sweep(
        source, limits={"maxTotalTrials": 1}, trial={"command": [sys.executable, "other.py"]}
    )
    (tmp_path / "other.py").write_text(SCRIPT)
    local = Local(tmp_path)
    [trial] = local.objects_of(body)
    kept = {item["name"]: item for item in trial["status"]["otherMetrics"]}
    assert set(kept) - {"step"} == {"train_loss", "val/acc @5"}  # a line of a file has its step
    loss = kept["train_loss"]
    assert (loss["reports"], loss["last"], loss["lowest"], loss["highest"]) == (
        100,
        "0.01",
        "0.01",
        "1.0",
    )
    assert (loss["interval"], len(loss["values"].split())) == (2, 50)
    assert trial["status"]["curve"]["reports"] == 10
    document = build_document(local.objects("sweepjobs")[0], [trial], 0.0)
    points = document["trials"][0]["metrics"]["val/acc @5"]
    assert points[:2] == [[1, 0.01], [3, 0.03]]
    assert points[-1] == [100, 1.0]
    # What a person sees of it.
    shown = program(tmp_path, "explain", ".sweepjob/local/local-0")
    assert "METRIC" in shown
    assert "train_loss" in shown
    shown = program(tmp_path, "curves", ".sweepjob/local", "--metric", "train_loss", "-o", "jsonl")
    assert json.loads(shown)["intervals"][-2:] == [99, 100]
    assert "train_loss (0.01" in program(
        tmp_path, "curves", ".sweepjob/local", "--metric", "train_loss"
    )
    wrong = program(tmp_path, "curves", ".sweepjob/local", "--metric", "train_los")
    assert "did you mean train_loss?" in wrong
    assert "val/acc @5" in wrong
    [row] = json.loads(program(tmp_path, "export", ".sweepjob/local", "-o", "json"))
    assert row["metrics"]["val/acc @5"]["highest"] == 1.0
    [row] = csv.DictReader(io.StringIO(program(tmp_path, "export", ".sweepjob/local")))
    assert (row["metrics.train_loss"], row["metrics.val/acc @5"]) == ("0.01", "1.0")


def test_named_metrics_only(tmp_path: Path) -> None:
    metrics = {"also": ["train_loss", "val_acc"]}
    trial = {"command": [sys.executable, "other.py"]}
    body = sweep("file", limits={"maxTotalTrials": 1}, metrics=metrics, trial=trial)
    (tmp_path / "other.py").write_text(SCRIPT)
    [trial] = Local(tmp_path).objects_of(body)
    assert [item["name"] for item in trial["status"]["otherMetrics"]] == ["train_loss"]
    shown = program(tmp_path, "explain", ".sweepjob/local/local-0")
    assert "val_acc of metrics.also was not reported; did you mean val/acc @5?" in shown
    none = sweep("logs", limits={"maxTotalTrials": 1}, metrics={"also": []})
    [trial] = Local(tmp_path).objects_of(none, "--fresh")
    assert "otherMetrics" not in trial["status"]
