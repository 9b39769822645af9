"""Trials of several pods on this machine: real processes that meet, and one that fails."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.cli.__main__ import main

from tests.process_groups import RENDEZVOUS

# Every report is an all-reduce over four processes in two pods.
SCRIPT = (
    RENDEZVOUS
    + """
out = open(os.environ["SWEEPJOB_METRICS_PATH"], "a") if rank % local == 0 else None
for step in range(1, 5):
    assert all_reduce(rank) == 6
    if out:
        print(json.dumps({"score": step / 10 if node == 0 else 1000}), file=out, flush=True)
    if node == 1 and os.environ["SWEEPJOB_ATTEMPT"] == "1" and step == 2:
        os._exit(3)
    time.sleep(0.2)
"""
)


def test_four_processes_in_two_pods_meet_and_start_again_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    spec: dict[str, Any] = {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "searchSpace": {"x": {"type": "choice", "values": [1]}},
        "limits": {"maxTotalTrials": 1},
        "metrics": {"source": "file"},
        "trial": {
            "image": "train",
            "command": "python train.py",
            "maxRetries": 1,
            "instanceCount": 2,
            "distribution": {"type": "pytorch", "processCountPerInstance": 2},
        },
    }
    body = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob", "metadata": {"name": "two"}}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**body, "spec": spec}))
    assert main(["run", "--local", "-f", "sweep.yaml", "--folder", "here"]) == 0
    [record] = tmp_path.glob("here/**/sweeptrials/*.json")
    status = json.loads(record.read_text())["status"]
    assert (status["phase"], status["attempt"], status["failures"]) == ("Succeeded", 2, 1)
    assert status["disruptions"] == 0, "what its failure did to the other rank does not count"
    assert status["curve"]["values"] == "0.1 0.2 0.3 0.4", "rank 0 counts, and nobody else"
    [ended] = status["executions"]
    # Of two ends within a second, it is not known which was first.
    assert "rank 1: the trainer ended with exit code 3" in ended["message"]
