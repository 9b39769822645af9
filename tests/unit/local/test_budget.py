"""A script without checkpoints is run again with a larger budget, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .runs import Local, sweep

# Reports once, whatever its budget is.
SCRIPT = """
import json, os, sys
level, epochs = float(sys.argv[1]), int(os.environ["AZUREML_SWEEP_epochs"])
assert json.loads(os.environ["SWEEPJOB_PARAMETERS"])["epochs"] == epochs == int(sys.argv[2])
with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
    file.write(json.dumps({"score": level + epochs / 100}) + "\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are supervised on Linux")
def test_the_best_trial_gets_the_largest_budget(tmp_path: Path) -> None:
    local = Local(tmp_path)
    (tmp_path / "again.py").write_text(SCRIPT)
    references = ["${{search_space.level}}", "${{search_space.epochs}}"]
    changes = {
        "searchSpace": {"level": {"type": "choice", "values": [0.1, 0.9]}},
        "limits": {"maxTotalTrials": 2, "maxConcurrentTrials": 2},
        "earlyTermination": {
            "type": "asha",
            "budgetParameter": "epochs",
            "reductionFactor": 2,
            "maxReports": 2,
        },
        "trial": {"command": [sys.executable, "again.py", *references]},
    }
    said = local.run(sweep(**changes))
    assert "1 succeeded, 1 stopped early" in said
    assert "--level=0.9 --epochs=2" in said
    other, best = sorted(local.objects(), key=lambda t: str(t["spec"]["parameters"]["level"]))
    assert best["status"]["phase"] == "Succeeded"
    assert best["status"]["budget"] == {
        "parameter": "epochs",
        "current": 2,
        "rungs": [{"budget": 1, "value": "0.91"}],
    }
    assert best["status"]["curve"]["values"] == "0.92"
    assert other["status"]["phase"] == "EarlyStopped"
    assert "asha paused it at epochs 1: its best 0.11" in other["status"]["stop"]["message"]
