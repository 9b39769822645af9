"""Trials on this machine are paused and go on from their checkpoints: real processes, the real sidecar."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until

from .runs import Local, sweep

# Saves a checkpoint at every second epoch, so that it makes a report again when it goes on.
SCRIPT = """
import json, os, sys, time
folder, reports = os.environ["SWEEPJOB_CHECKPOINT"], os.environ["SWEEPJOB_METRICS_PATH"]
level, path, epoch = float(os.environ["AZUREML_SWEEP_level"]), os.path.join(folder, "state"), 0
if "SWEEPJOB_RESUMED" in os.environ:
    epoch = json.load(open(path))["epoch"]
with open(os.path.join(folder, "starts"), "a") as file:
    file.write(f"{epoch}\\n")
while epoch < 6:
    epoch += 1
    with open(reports, "a") as file:
        file.write(json.dumps({"score": round(level + epoch / 1000, 3), "step": epoch}) + "\\n")
    if epoch % 2 == 0:
        with open(path, "w") as file:
            json.dump({"epoch": epoch}, file)
    if epoch == 3 and "SWEEPJOB_RESUMED" not in os.environ:
        time.sleep(110)  # until it is paused or stopped
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are supervised on Linux")
@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"type": "asha", "mode": "promote"}, "Asha"),
        ({"type": "hyperband", "brackets": 1}, "Hyperband"),
    ],
)
def test_a_paused_trial_goes_on_from_its_checkpoint_in_the_same_folder(
    tmp_path: Path, policy: dict[str, Any], reason: str
) -> None:
    local = Local(tmp_path)
    (tmp_path / "halving.py").write_text(SCRIPT)
    volume = {"persistentVolumeClaim": {"claimName": "state"}}
    changes = {
        "searchSpace": {"level": {"type": "choice", "values": [0.9, 0.1, 0.2]}},
        "limits": {"maxTotalTrials": 3, "maxConcurrentTrials": 1},
        "earlyTermination": {**policy, "reductionFactor": 2, "gracePeriod": 3, "maxReports": 6},
        "outputs": {"state": {"volume": volume}},
        "trial": {
            "command": [sys.executable, "halving.py"],
            "checkpoint": {"output": "state"},
            "stopGracePeriodSeconds": 5,
        },
    }
    said = local.run(sweep(**changes))
    assert "1 succeeded, 2 stopped early" in said
    best, *others = local.objects()
    status = best["status"]
    assert (status["phase"], status["attempt"], status.get("failures", 0)) == ("Succeeded", 2, 0)
    values = [float(text) for text in status["curve"]["values"].split()]
    assert values == [0.901, 0.902, 0.903, 0.904, 0.905, 0.906], "each step counts once"
    [paused] = status["executions"]
    assert (paused["attempt"], paused["reason"]) == (1, reason)
    [starts] = tmp_path.rglob("local-0/starts")
    assert starts.read_text().split() == ["0", "2"], "the second process went on"
    for other in others:
        assert other["status"]["phase"] == "EarlyStopped"
        assert "the sweep ended before it could continue" in other["status"]["stop"]["message"]
        assert other["status"]["curve"]["values"].count(" ") == 2, "three reports"
    assert json.loads(starts.with_name("state").read_text()) == {"epoch": 6}


# Ends at its fourth report until it is asked to end, and makes another one then.
INTERRUPTED = """
import json, os, signal, sys, time
folder, reports = os.environ["SWEEPJOB_CHECKPOINT"], os.environ["SWEEPJOB_METRICS_PATH"]
path, epoch = os.path.join(folder, "state"), 0
resumed = os.path.exists(path)
if resumed:
    epoch = json.load(open(path))["epoch"]

def report():
    global epoch
    epoch += 1
    with open(reports, "a") as file:
        file.write(json.dumps({"score": epoch / 10, "step": epoch}) + "\\n")
    with open(path, "w") as file:
        json.dump({"epoch": epoch}, file)

def ends(*_):
    report()
    sys.exit(EXIT)

signal.signal(signal.SIGTERM, ends)
while epoch < 8:
    report()
    if not resumed and epoch == 4:
        print("waits", flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are supervised on Linux")
@pytest.mark.parametrize("code", [0, 1])
def test_no_report_is_lost_when_the_program_is_interrupted(tmp_path: Path, code: int) -> None:
    """The reports that a script makes when it is asked to end count, and none is said to be lost."""
    local = Local(tmp_path)
    (tmp_path / "long.py").write_text(INTERRUPTED.replace("EXIT", str(code)))
    body = sweep(
        searchSpace={"level": {"type": "choice", "values": [0.5]}},
        limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1},
        outputs={"state": {"volume": {"persistentVolumeClaim": {"claimName": "state"}}}},
        trial={"command": [sys.executable, "long.py"], "checkpoint": {"output": "state"}},
    )
    process = local.start(body)
    wait_until(lambda: any("waits" in log for log in local.logs()), "it has not begun")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=120)
    local.run(body, "--resume")
    [trial] = local.objects()
    assert local.values() == [[n / 10 for n in range(1, 9)]]
    assert trial["status"].get("conditions", []) == []
    [interrupted] = trial["status"]["executions"]
    assert "sweepjob run was interrupted" in interrupted["message"]
