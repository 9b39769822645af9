"""Runs the whole example of each migration guide on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .migration_guides import blocks


@pytest.mark.parametrize(
    ("page", "sweep", "trials"),
    [
        ("migrate-from-katib.md", "from-katib", 4),
        ("migrate-from-optuna.md", "first", 4),
    ],
)
def test_the_example_runs_to_its_best_trial(
    page: str, sweep: str, trials: int, tmp_path: Path
) -> None:
    files, scripts = blocks(page)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    if "study.py" in files:
        scripts.insert(0, "python study.py")
    for script in scripts:
        done = subprocess.run(
            ["sh", "-ec", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    status = json.loads(
        (tmp_path / ".sweepjob" / sweep / "sweepjobs" / f"{sweep}.json").read_text()
    )["status"]
    assert status["phase"] == "Complete"
    assert status["trials"]["succeeded"] == trials
    assert float(status["best"]["value"]) >= 0
