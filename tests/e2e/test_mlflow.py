"""Real MLflow clients of both majors against the real sidecar process, without a changed line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sweepjob import wire

from tests.cluster import layout

from .environments import environment

TRAINER = """
import mlflow
from mlflow.tracking import MlflowClient

mlflow.set_experiment("my experiment")
with mlflow.start_run(run_name="mine"):
    mlflow.log_params({"lr": 0.1, "layers": 3})
    mlflow.set_tag("team", "vision")
    for epoch in range(5):
        mlflow.log_metric("score", epoch / 10)               # no step: 0 every time
        mlflow.log_metrics({"score": epoch / 10 + 0.05, "loss": 1 - epoch / 10}, step=epoch)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("score", 99.0)                      # a nested run is no report of the trial
    mlflow.log_metric("score", float("nan"))
    mlflow.log_text("hello", "notes.txt")
client = MlflowClient()
print("metrics", client.get_run("sweep-4").data.metrics)
print("status", client.get_run("sweep-4").info.status)
print("version", mlflow.__version__)
"""
# log_text writes here; the sidecar tells the client so.
EXPECTED = [value for epoch in range(5) for value in (epoch / 10, epoch / 10 + 0.05)]


@pytest.fixture(params=["mlflow2", "trainer"])
def python(request: pytest.FixtureRequest) -> Path:
    """An environment with one of the two majors."""
    return environment(request.param) / "bin" / "python"


def test_every_report_is_recorded_exactly(python: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token")
    sidecar = subprocess.Popen(
        [sys.executable, "-m", "sweepjob.sidecar"],
        env={
            **os.environ,
            "PYTHONPATH": str(layout.PROJECT / "operator"),
            "SWEEPJOB_SIDECAR": json.dumps(
                {
                    # Nobody listens there: the last words have to carry everything.
                    wire.OPERATOR: "http://127.0.0.1:9",
                    wire.SOURCE_PORT: "5000",
                    wire.METRIC: "score",
                    wire.NAMESPACE: "team",
                    wire.TRIAL: "sweep-4",
                    wire.ARTIFACTS: str(tmp_path / "artifacts"),
                }
            ),
            "SWEEPJOB_TOKEN_FILE": str(tmp_path / "token"),
            "SWEEPJOB_JOURNAL": str(tmp_path / "journal"),
            "SWEEPJOB_TERMINATION_LOG": str(tmp_path / "last-words"),
        },
    )
    try:
        trainer = subprocess.run(
            [str(python), "-c", TRAINER],
            env={
                **os.environ,
                "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
                "MLFLOW_RUN_ID": "sweep-4",
                "MLFLOW_EXPERIMENT_NAME": "sweep",
                "MLFLOW_DISABLE_TELEMETRY": "true",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert trainer.returncode == 0, trainer.stderr
        assert "status FINISHED" in trainer.stdout
        assert sidecar.wait(timeout=60) == 0  # it leaves by itself
    finally:
        sidecar.kill()
    words = json.loads((tmp_path / "last-words").read_text())
    assert words["count"] == 11
    assert words["tail"] == [*EXPECTED, "NaN"]
    assert (words["low"], words["high"]) == (0.0, 0.45)
    assert set(words["seen"]) == {"score", "loss"}
    assert list((tmp_path / "artifacts").rglob("notes.txt"))
