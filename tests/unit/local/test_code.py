"""Tests the code of trials on this machine."""

from __future__ import annotations

import os
import sys
from typing import Any

from .runs import Local, sweep

CODE = """
import os, sys
from pathlib import Path
import helper
here = Path.cwd()
seen = sorted(p.name for p in here.iterdir())
Path("outputs/model.txt").write_text("weights")
try:
    Path("left-by-a-trial").touch()
    wrote = True
except OSError:
    wrote = False
print("cwd", here, "seen", seen, "flag", sys.argv[1], "home", os.environ.get("HOME"), flush=True)
print(f"score={helper.level()}", flush=True)
"""


def code_sweep() -> dict[str, Any]:
    body = sweep("logs", limits={"maxConcurrentTrials": 1})
    body["spec"]["trial"]["command"] = [sys.executable, "train.py", "/code/outputs"]
    body["spec"]["trial"]["env"] = [{"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}]
    volume = {"volume": {"persistentVolumeClaim": {"claimName": "c"}}, "mountPath": "/code/outputs"}
    body["spec"]["outputs"] = {"model": volume}
    return body


def test_code_runs_in_a_copy_of_its_own_for_each_trial(local: Local) -> None:
    src = local.folder / "src"
    src.mkdir()
    (src / "train.py").write_text(CODE)
    helper = "import json, os\ndef level(): return json.loads(os.environ['SWEEPJOB_PARAMETERS'])['level']\n"
    (src / "helper.py").write_text(helper)
    out = local.run(code_sweep(), "--code", "src")
    assert "code: 2 files of src" in out
    assert local.values() == [[0.1], [0.5], [0.3], [0.7]]
    logs = [f.read_text() for f in (local.folder / ".sweepjob" / "local" / "logs").glob("*.log")]
    assert len(logs) == 4
    for log in logs:
        # No trial sees what another one wrote; /code in an argument is its own copy.
        assert "seen ['helper.py', 'outputs', 'train.py']" in log
        assert f"flag {local.folder}/.sweepjob/local/outputs" in log
        assert f"home {os.environ.get('HOME')}" in log
    assert sorted(p.name for p in src.iterdir()) == ["helper.py", "train.py"]
    (began,) = {t["status"]["code"] for t in local.objects()}
    assert began.startswith("sha256:")
    assert local.objects("sweepjobs")[0]["status"]["code"] == began
    assert len([*(local.folder / ".sweepjob/local/outputs").rglob("model.txt")]) == 4
    assert not [*(local.folder / ".sweepjob/local/pods").glob("*/code")]
    (src / "helper.py").write_text("")
    resumed = local.run(code_sweep(), "--code", "src", "--resume")
    assert f"continues with its original code ({began[:19]})" in resumed


def test_code_that_is_on_a_cluster_only_is_refused_with_the_remedy(local: Local) -> None:
    body = sweep()
    body["spec"]["trial"]["code"] = {"configMap": {"name": "digits-code"}}
    out = local.run(body, code=1)
    assert "spec.trial.code: 'digits-code': is on a cluster; give the folder" in out
    (local.folder / "src").mkdir()
    (local.folder / "src" / "requirements.txt").write_text("torch")
    assert "nothing installs it" in local.run(body, "--code", "src", code=2)
    assert "does not exist" in local.run(body, "--code", "missing", code=2)


def test_the_code_that_an_azure_file_names_goes_along(local: Local) -> None:
    body = {
        "type": "sweep",
        "trial": {
            "command": f"{sys.executable} train.py ${{{{search_space.level}}}}",
            "code": "src",
            "environment": "azureml:x:1",
        },
        "sampling_algorithm": "grid",
        "search_space": {"level": {"type": "choice", "values": [0.25]}},
        "objective": {"goal": "maximize", "primary_metric": "score"},
        "limits": {"max_total_trials": 1},
    }
    out = local.run(body, "--folder", ".sweepjob/local", code=1)
    assert "trial.code: 'src': there is no folder src" in out
    (local.folder / "src").mkdir()
    (local.folder / "src" / "train.py").write_text("import os; print(os.listdir('.'))")
    out = local.run(body, "--folder", ".sweepjob/local", "--fresh", code=1)
    assert "code: 1 file of src" in out
