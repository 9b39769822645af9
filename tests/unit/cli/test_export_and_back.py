"""An export that the next sweep is warm-started from: nothing is lost on the way."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import dump_stop
from sweepjob.loading.results.fitting import read_trials
from sweepjob.local.folder import SweepFolder
from sweepjob.render.output_formats import print_rows
from sweepjob.timestamps import format_time

from .bodies import NOW, STOP, sweep_body, trial_body
from .program import Program

# "stopPolicy" is also a column of trials that were stopped, and "phase" one of all trials.
SPACE = {
    "lr": {"type": "uniform", "minValue": 0, "maxValue": 1},
    "stopPolicy": {"type": "choice", "values": ["-a", "b"]},
    "phase": {"type": "choice", "values": [1, 2]},
    "model": {
        "type": "choice",
        "values": [
            {"kind": "linear"},
            {"kind": "mlp", "hidden": {"type": "randint", "upper": 64}},
        ],
    },
}
TRIALS: list[dict[str, Any]] = [
    {"lr": 0.5, "stopPolicy": "-a", "phase": 1, "model": {"kind": "linear"}},
    {"lr": 0.25, "stopPolicy": "b", "phase": 2, "model": {"kind": "mlp", "hidden": 7}},
    {"lr": 0.125, "stopPolicy": "b", "phase": 1, "model": {"kind": "mlp", "hidden": 9}},
]


def sweep() -> dict[str, Any]:
    body = sweep_body()
    body["metadata"] |= {"namespace": "local", "uid": "uid", "resourceVersion": "5"}
    body["spec"] |= {"searchSpace": SPACE, "samplingAlgorithm": {"type": "bayesian", "seed": 1}}
    body["spec"]["trial"]["command"] = "train"
    body["status"] = {"phase": "Complete"}
    return body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bodies = [trial_body(n, [0.1, 0.2 + n / 10]) for n in range(3)]
    for body, assignment in zip(bodies, TRIALS, strict=True):
        body["metadata"] |= {"namespace": "local", "creationTimestamp": format_time(NOW)}
        body["spec"]["assignment"] = json.dumps(assignment)
    bodies[1]["status"] |= {"phase": "EarlyStopped", "stop": dump_stop(STOP, format_time(NOW))}
    SweepFolder(tmp_path / "sweep").write_results(sweep(), bodies)
    return tmp_path / "sweep"


def read(text: str) -> tuple[list[Any], str]:
    trials, differences = read_trials(text, parse_sweepjob(sweep()))
    return [trial.assignment for trial in trials], str(differences)


@pytest.mark.parametrize("output", ["csv", "json"])
def test_all_parameters_of_all_branches_come_back(
    program: Program, folder: Path, output: str
) -> None:
    assert program("export", folder, "-o", output) == 0
    assert read(program.out) == (TRIALS, "")


def test_parameters_are_beside_each_other_and_have_one_name(program: Program, folder: Path) -> None:
    assert program("export", folder) == 0
    header, *rows = csv.reader(io.StringIO(program.out))
    first = header.index("reason") + 1
    own = ["lr", "parameters.stopPolicy", "parameters.phase", "model.kind", "model.hidden"]
    assert header[first : header.index("bestInterval")] == own
    assert [row[header.index("stopPolicy")] for row in rows] == ["", "bandit", ""]
    assert [row[header.index("parameters.phase")] for row in rows] == ["1", "2", "1"]


def test_an_export_of_an_earlier_version_comes_back_as_well() -> None:
    text = (
        "name,index,phase,best,last,reports,reason,lr,model.kind,bestInterval,message,tags.model.kind,"
        "values,metric,goal,model.hidden\n"
        "a-0,0,Succeeded,0.5,0.5,1,Completed,0.5,linear,1,,x,0.5,score,maximize,\n"
        "a-1,1,Succeeded,0.5,0.5,1,Completed,0.5,mlp,1,,x,0.5,score,maximize,7\n"
    )
    found, _ = read(text)
    assert [one["model"] for one in found] == [{"kind": "linear"}, {"kind": "mlp", "hidden": 7}]


def test_columns_of_rows_that_differ(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"name": "a", "p": {"x": 1}, "tags": {"name": 1}, "last": 2},
        {"name": "b", "p": {"y": 3, "last": 4}, "tags": {"x": 5}, "more": 6, "last": None},
    ]
    print_rows(rows, "csv", "")
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["name", "x", "y", "p.last", "tags.name", "tags.x", "last", "more"],
        ["a", "1", "", "", "1", "", "2", ""],
        ["b", "", "3", "4", "", "5", "", "6"],
    ]
