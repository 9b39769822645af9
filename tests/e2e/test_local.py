"""The same sweep on the cluster and on this machine, with a real MLflow client in both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cluster import layout

from .environments import environment
from .sweeps import Sweeps

REPORTS = 15


def decision(trial: dict[str, Any]) -> Any:
    """What was proposed and what was decided."""
    stop = dict(trial["status"].get("stop") or {})
    stop.pop("decidedAt", None)
    # The API server sorts the keys of a search space.
    parameters = json.loads(trial["spec"]["assignment"])
    return parameters, trial["spec"]["source"], trial["status"]["phase"], stop


def run_locally(body: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """The records of its trials, in order."""
    (folder / "sweep.json").write_text(json.dumps(body))
    trainer = environment("trainer") / "bin"
    done = subprocess.run(
        [sys.executable, "-m", "sweepjob.cli", "run", "--local", "-f", "sweep.json"],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{trainer}:{os.environ['PATH']}",
            "PYTHONPATH": str(layout.PROJECT / "operator"),
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files = (folder / ".sweepjob" / body["metadata"]["name"] / "sweeptrials").glob("*.json")
    found = [json.loads(file.read_text()) for file in files]
    return sorted(found, key=lambda trial: trial["spec"]["index"])


def test_proposals_and_decisions_are_the_same(sweeps: Sweeps, tmp_path: Path) -> None:
    space = {
        "level": {"type": "uniform", "minValue": 0, "maxValue": 1},
        "reports": {"type": "choice", "values": [REPORTS]},
        "pause": {"type": "choice", "values": [0.2]},
    }
    # One at a time: what a trial is compared with does not depend on who is faster.
    spec = sweeps.spec(
        space,
        samplingAlgorithm={"type": "random", "seed": 11},
        limits={"maxTotalTrials": 5, "maxConcurrentTrials": 1},
        earlyTermination={"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 4},
    )
    sweeps.apply("same", spec)
    body = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": "same"},
        "spec": spec,
    }
    here = [decision(trial) for trial in run_locally(body, tmp_path)]
    sweeps.await_end("same")
    assert here == [decision(trial) for trial in sweeps.trials("same")]
    phases = {phase for _, _, phase, _ in here}
    assert phases == {"Succeeded", "EarlyStopped"}, "there was something to decide"
