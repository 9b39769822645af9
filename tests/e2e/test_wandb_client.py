"""The guide for Weights & Biases with its real client, the newest and the oldest supported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.environments import programs
from tests.cluster import layout
from tests.unit.migration_guides import blocks


@pytest.mark.parametrize("client", ["wandb-newest", "wandb-oldest"])
def test_the_guide_runs_to_its_best_trial(client: str, tmp_path: Path) -> None:
    files, scripts = blocks("migrate-from-wandb.md")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    folders = [str(programs(client)), str(Path(sys.executable).parent), os.environ["PATH"]]
    env = {**os.environ, "PATH": os.pathsep.join(folders)}
    for script in scripts:
        # The program is not installed beside the client.
        lines = script.replace(
            "sweepjob ", f"PYTHONPATH={layout.PROJECT}/operator {sys.executable} -m sweepjob.cli "
        )
        done = subprocess.run(
            ["sh", "-ec", lines],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    body = json.loads((tmp_path / ".sweepjob/sweep/sweepjobs/sweep.json").read_text())
    assert body["status"]["phase"] == "Complete"
    assert body["status"]["trials"]["succeeded"] == 4
    assert float(body["status"]["best"]["value"]) >= 0
