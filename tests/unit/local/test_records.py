"""Tests stopped trials that report NaN, and folders with files of an earlier version or corrupt files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .runs import Local, sweep

SCRIPT = """
import sys, time
level = float(sys.argv[1])
for epoch in range(4):
    print(f"val_loss={float('nan') if level > 1 else level + 1 / (epoch + 1)}", flush=True)
    time.sleep(0.1)
if level > 1:
    time.sleep(110)  # until it is stopped
"""
POLICIES: list[dict[str, Any]] = [
    {"type": "bandit", "slackFactor": 0.5},
    {"type": "median_stopping"},
    {"type": "truncation_selection", "truncationPercentage": 40},
    {"type": "asha"},
    {"type": "hyperband", "maxReports": 4, "brackets": 1},
]


@pytest.fixture
def local(tmp_path: Path) -> Local:
    return Local(tmp_path)


def nan_sweep(policy: dict[str, Any]) -> dict[str, Any]:
    """Return a sweep with one trial at a time, whose third trial diverges."""
    return sweep(
        objective={"goal": "minimize", "primaryMetric": "val_loss"},
        samplingAlgorithm={"type": "grid"},
        searchSpace={"level": {"type": "choice", "values": [0.1, 0.2, 100, 0.05]}},
        earlyTermination=policy,
        limits={"maxTotalTrials": 4, "maxConcurrentTrials": 1},
        metrics={"source": "logs"},
        trial={"image": "none", "command": ["python3", "-c", SCRIPT, "${{search_space.level}}"]},
    )


def record(local: Local, index: int) -> Path:
    return local.folder / ".sweepjob" / "local" / "sweeptrials" / f"local-{index}.json"


def rewrite(file: Path, **status: Any) -> None:
    body = json.loads(file.read_text())
    body["status"] |= status
    file.write_text(json.dumps(body))


def go_on(local: Local) -> None:
    """Set the sweep back to before its end."""
    file = local.folder / ".sweepjob" / "local" / "sweepjobs" / "local.json"
    rewrite(file, phase="Running", conditions=[], completionTime=None)


@pytest.mark.parametrize("policy", POLICIES, ids=[p["type"] for p in POLICIES])
def test_a_trial_that_diverges_is_stopped_and_the_sweep_completes(
    local: Local, policy: dict[str, Any]
) -> None:
    body = nan_sweep(policy)
    local.run(body)
    third = local.objects()[2]["status"]
    assert third["phase"] == "EarlyStopped"
    assert "value" not in third["stop"]
    # As version 0.2 left it when it failed.
    rewrite(
        record(local, 2),
        phase="Stopping",
        completionTime=None,
        stop={**third["stop"], "value": "", "threshold": ""},
    )
    go_on(local)
    said = local.run(body, "--resume")
    assert "Warning" not in said
    assert [t["status"]["phase"] for t in local.objects()][2] == "EarlyStopped"
    assert local.objects("sweepjobs")[0]["status"]["phase"] == "Complete"


def test_a_sweep_with_an_unreadable_record_resumes(local: Local) -> None:
    body = nan_sweep(POLICIES[0])
    local.run(body)
    best = local.objects("sweepjobs")[0]["status"]["best"]
    curve = local.objects()[3]["status"]["curve"]
    rewrite(record(local, 3), curve={**curve, "version": 3})
    rewrite(record(local, 1), phase="Frozen")
    go_on(local)
    said = local.run(body, "--resume")
    assert "! RecordUnreadable: " in said
    assert "trial local-1: status.phase: 'Frozen' is not one of" in said
    assert "trial local-3: status.curve.version: 3" in said
    after = local.objects("sweepjobs")[0]["status"]
    assert after["phase"] == "Complete"
    assert (after["best"]["trial"], after["best"]["value"]) == (best["trial"], best["value"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"metadata": {"resourceVersion": "x"}}', "\udcff"]
)
def test_a_broken_file_is_named(local: Local, text: str) -> None:
    body = nan_sweep(POLICIES[0])
    body["spec"]["limits"]["maxTotalTrials"] = 1
    local.run(body)
    record(local, 0).write_bytes(text.encode(errors="surrogateescape"))
    said = local.run(body, "--resume", code=2)
    assert f"{record(local, 0)} cannot be read: " in said
    assert "or delete it to run its trial again" in said
    record(local, 0).unlink()
    go_on(local)
    local.run(body, "--resume")
    assert local.objects()[0]["status"]["phase"] == "Succeeded"
