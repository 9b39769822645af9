"""Tests initial points on one machine, and what commands say of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from sweepjob.cli.__main__ import main

from .runs import LEVELS, Local, sweep


def test_points_are_tried_first_and_the_grid_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    local = Local(tmp_path)
    space = {
        "level": {"type": "choice", "values": LEVELS},
        "size": {"type": "choice", "values": [1, 2]},
    }
    points = [{"level": 0.7, "size": 2}, {"level": 0.5}]
    body = sweep(
        searchSpace=space,
        initialPoints=points,
        limits={"maxTotalTrials": 20, "maxConcurrentTrials": 8},
    )
    local.run(body)
    trials = sorted(local.objects(), key=lambda trial: trial["spec"]["index"])
    tried = [json.loads(trial["spec"]["assignment"]) for trial in trials]
    assert tried[0] == points[0]
    assert tried[1]["level"] == 0.5
    assert sorted((one["level"], one["size"]) for one in tried) == sorted(
        (level, n) for level in LEVELS for n in (1, 2)
    )
    assert [trial["spec"]["source"].partition(" seed")[0] for trial in trials[:3]] == [
        "initialPoints[0]",
        "initialPoints[1], completed by grid",
        "grid",
    ]
    monkeypatch.chdir(tmp_path)
    assert main(["explain", f".sweepjob/local/{trials[0]['metadata']['name']}"]) == 0
    assert "proposed by initialPoints[0]" in capsys.readouterr().out


def test_propose_shows_the_points_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(yaml.safe_dump(sweep(initialPoints=[{"level": 0.3}, {"level": 0.7}])))
    assert main(["propose", "-f", str(file), "-o", "json"]) == 0
    out, err = capsys.readouterr()
    found = [json.loads(line)["parameters"]["level"] for line in out.splitlines()]
    assert found[:2] == [0.3, 0.7]
    assert sorted(found) == sorted(LEVELS)
    assert "the first 2 are spec.initialPoints" in err
