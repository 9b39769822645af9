"""A v1 program on the cluster, with imports changed and a map given: from its script to the best model."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.sdk.azure_v1 import adapted

from .documents import ROOT
from .sweeps import Sweeps
from .volumes import claimed

# The image has scikit-learn, and neither the script nor this package.
TRAIN = """
import argparse, os, pathlib, sys
sys.path.append("/mnt/models/packages")
from azureml.core import Run
parser = argparse.ArgumentParser()
parser.add_argument("--level", type=float)
parser.add_argument("--data")
args = parser.parse_args()
run = Run.get_context()
assert args.data == run.input_datasets["training_data"]
rows = pathlib.Path(args.data).read_text().split()
run.log("rows", len(rows))
for epoch in range(3):
    run.log("Accuracy", args.level + epoch / 100)
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write(run.id)
open("logs/train.log", "w").write(os.environ["AZUREML_ROOT_RUN_ID"])
run.complete()
"""
SUBMIT = """
from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.train.hyperdrive import *
from azureml.widgets import RunDetails

ws = Workspace.from_config()
dataset = Dataset.get_by_name(ws, "table")
src = ScriptRunConfig(
    source_directory="train", script="train.py", compute_target="cpu-cluster",
    arguments=["--data", dataset.as_named_input("training_data").as_mount()],
    environment=Environment.get(ws, "train-env"))
config = HyperDriveConfig(
    run_config=src, hyperparameter_sampling=GridParameterSampling({"--level": choice(0.2, 0.9)}),
    policy=MedianStoppingPolicy(delay_evaluation=5), primary_metric_name="Accuracy",
    primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=2, max_concurrent_runs=2)
run = Experiment(ws, "v1 on the cluster").submit(config)
RunDetails(run).show()
run.wait_for_completion(show_output=False)
best = run.get_best_run_by_primary_metric()
best.download_file("outputs/model.txt", "best.txt")
assert open("best.txt").read() == best.id
print("RESULT", best.get_status(), best.get_metrics(), best.get_file_names(), sep="|")
"""


@pytest.fixture
def volume(sweeps: Sweeps) -> Iterator[Path]:
    with claimed(sweeps) as folder:
        yield folder


def test_a_v1_program_from_its_script_to_the_best_model(
    sweeps: Sweeps, volume: Path, tmp_path: Path
) -> None:
    (volume / "table.csv").write_text("a\nb\nc\n")
    package = volume / "packages" / "sweepjob"
    source = ROOT / "operator" / "sweepjob"
    parts = [
        source.glob("*.py"),
        *((source / part).rglob("*.py") for part in ("training", "azureml")),
    ]
    for file in itertools.chain.from_iterable(parts):
        target = package / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text())
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "train.py").write_text(adapted(TRAIN))
    entries = {
        "workspace": {"namespace": sweeps.namespace, "kubeconfig": str(sweeps.target.kubeconfig)},
        "compute": {"cpu-cluster": {}},
        "environment": {"train-env": sweeps.target.images["trainer"]},
        "data": {"table": {"claim": "models", "path": "table.csv"}},
        "datastore": {"workspaceblobstore": {"claim": "models", "path": "runs"}},
        "code": {"train": "snapshot"},
    }
    (tmp_path / "azure-map.yaml").write_text(json.dumps(entries))
    done = subprocess.run(
        [sys.executable, "-c", adapted(SUBMIT)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "operator")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    metrics = {"rows": 3.0, "Accuracy": [0.9, 0.91, 0.92]}
    assert line == f"RESULT|Completed|{metrics}|['logs/train.log', 'outputs/model.txt']"
    # Each trial has its own on the volume.
    assert len([*(volume / "runs").rglob("model.txt")]) == 2
