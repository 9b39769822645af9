"""Outputs: a folder for each trial on the user's volume, which survives attempts and early stopping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec.outputs import trial_folder

from .program import Program
from .sweeps import Sweeps, choice, eventually
from .volumes import claimed

# The first attempt leaves a checkpoint and fails; the second goes on from it.
RESUMES = """
import os, pathlib, sys, mlflow
folder = pathlib.Path(sys.argv[1])
checkpoint = folder / "checkpoint"
with mlflow.start_run():
    for epoch in range(int(checkpoint.read_text()) if checkpoint.exists() else 0, 6):
        mlflow.log_metric("score", epoch)
        checkpoint.write_text(str(epoch + 1))
        if epoch == 2 and os.environ["SWEEPJOB_ATTEMPT"] == "1":
            sys.exit(1)
    mlflow.log_text("the best model", "model.txt")
"""
# Writes a checkpoint when it is told to go, and takes its time.
CHECKPOINTS = """
import json, os, pathlib, signal, sys, time, mlflow
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["case"]
def stop(*_):
    time.sleep(2)
    pathlib.Path(os.environ["SWEEPJOB_OUTPUT_model"], "checkpoint").write_text("saved")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
with mlflow.start_run():
    for n in range(100):
        mlflow.log_metric("score", p["level"])
        time.sleep(p["pause"])
"""


@pytest.fixture(scope="module")
def volume(sweeps: Sweeps) -> Iterator[Path]:
    """A claim called models, and where its data is on this machine."""
    with claimed(sweeps) as folder:
        yield folder


def outputs(*names: str) -> dict[str, Any]:
    claim = {"persistentVolumeClaim": {"claimName": "models"}}
    return {name: {"volume": claim, "subPath": name} for name in names}


def test_the_next_attempt_resumes_from_the_checkpoint(sweeps: Sweeps, volume: Path) -> None:
    spec = sweeps.spec(
        {"nothing": choice(0)}, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    )
    spec["outputs"] = outputs("model", "artifacts")
    spec["trial"] |= {
        "command": ["python", "-c", RESUMES, "${{outputs.model}}"],
        "maxRetries": 1,
    }
    sweeps.apply("resumes", spec)
    status = sweeps.await_end("resumes")["status"]
    assert status["trials"]["succeeded"] == 1
    [trial] = sweeps.trials("resumes")
    assert trial["status"]["attempt"] == 2
    assert trial["status"]["curve"]["values"] == "3.0 4.0 5.0"
    folders = status["best"]["outputs"]
    assert (volume / folders["model"] / "checkpoint").read_text() == "6"
    # What the script logged as an artifact is in the output of that name.
    assert [f.read_text() for f in (volume / folders["artifacts"]).rglob("model.txt")] == [
        "the best model"
    ]


def test_the_program_downloads(sweeps: Sweeps, volume: Path, tmp_path: Path) -> None:
    program = Program(sweeps)
    said = program("download", "resumes", "-o", str(tmp_path / "best"))
    assert "of resumes-0" in said
    assert (tmp_path / "best" / "model" / "checkpoint").read_text() == "6"
    program("download", "resumes-0", "--only", "artifacts", "-o", str(tmp_path / "one"))
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["artifacts"]
    assert "did you mean model?" in program.fails("download", "resumes", "--only", "modle")
    assert not [
        p for p in sweeps.get("pods")["items"] if p["metadata"]["name"].endswith("-outputs")
    ]


def test_a_script_that_checkpoints_has_its_grace_period(sweeps: Sweeps, volume: Path) -> None:
    space = {"case": choice({"level": 0.9, "pause": 0.1}, {"level": 0.1, "pause": 0.4})}
    spec = sweeps.spec(
        space,
        earlyTermination={"type": "bandit", "slackAmount": 0.5, "delayEvaluation": 5},
        limits={"maxTotalTrials": 2, "maxConcurrentTrials": 2},
    )
    spec["outputs"] = outputs("model")
    spec["trial"] |= {"command": ["python", "-c", CHECKPOINTS], "stopGracePeriodSeconds": 20}
    sweeps.apply("saves", spec)
    stopped = eventually(
        lambda: [
            t for t in sweeps.trials("saves") if t.get("status", {}).get("phase") == "EarlyStopped"
        ],
        120,
        "the bad trial is stopped",
    )
    [trial] = stopped
    folder = trial_folder(
        "saves", sweeps.sweep("saves")["metadata"]["uid"], trial["metadata"]["name"]
    )
    assert (volume / "model" / folder / "checkpoint").read_text() == "saved"
    assert sweeps.await_end("saves")["status"]["trials"]["earlyStopped"] == 1
