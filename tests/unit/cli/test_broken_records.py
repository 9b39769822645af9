"""Tests the commands that read trials with missing values and with unreadable records."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.serialization import dump_stop
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.timestamps import format_time

from .bodies import NOW, sweep_body, trial_body
from .program import Program

STOP = StopDecision(
    TrialPhase.EARLY_STOPPED,
    "Bandit",
    "bandit stopped it at interval 1: its report, which is not finite, is above 0.5",
    policy="bandit",
    interval=1,
    threshold=0.5,
    comparators=1,
)
# A fake kubectl that prints the files in its folder.
KUBECTL = """#!{python}
import json, pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
kind = "sweeps" if words[1].startswith("sweepjobs") else "trials"
bodies = json.loads((here / f"{{kind}}.json").read_text())
named = [b for b in bodies if b["metadata"]["name"] == words[2]]
if not named and not words[2].startswith("-"):
    sys.exit(f'Error from server (NotFound): {{words[1]}} "{{words[2]}}" not found')
print(json.dumps(named[0] if named else {{"items": bodies}}))
"""


def diverged(index: int, **status: Any) -> dict[str, Any]:
    """Return a trial whose loss is NaN and that a policy stopped."""
    stop = dump_stop(STOP, format_time(NOW))
    return trial_body(index, [math.nan] * 3, TrialPhase.EARLY_STOPPED, stop=stop, **status)


def earlier(index: int) -> dict[str, Any]:
    """Return the same trial as version 0.2 wrote it, with a wrong start time."""
    body = diverged(index, startTime="1970-01-01T00:00:00Z")
    body["status"]["stop"] |= {"value": "", "threshold": ""}
    return body


def broken(index: int, **changes: Any) -> dict[str, Any]:
    body = trial_body(index, [0.5, 0.25])
    body["status"]["curve"] |= changes
    return body


def held(index: int) -> dict[str, Any]:
    body = trial_body(index, [0.5])
    body["spec"]["assignment"] = "{"
    body["status"]["phase"] = "Frozen"
    return body


TRIALS = [
    trial_body(0, [0.1, 0.4]),
    diverged(1),
    earlier(2),
    broken(3, version=3),
    broken(4, values="0.5 ?"),
    held(5),
    {"metadata": {"name": "odd"}, "spec": {}, "status": None},
]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = {"trial": "sweep-0", "value": "0.4"}
    sweep = sweep_body(phase="Complete", best=best, trials={"succeeded": 1, "earlyStopped": 2})
    (tmp_path / "sweeps.json").write_text(json.dumps([sweep]))
    (tmp_path / "trials.json").write_text(json.dumps(TRIALS))
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL.format(python=sys.executable))
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("command", ["get", "trials", "export", "cost", "best", "report"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_every_command_reads_broken_records(program: Program, command: str, form: str) -> None:
    output = (
        "-" if command == "report" else "csv" if (command, form) == ("export", "table") else form
    )
    assert program(command, "sweep", "-o", output) == 0
    assert program.out
    if form == "json" and command not in ("report",):
        json.loads(program.out, parse_constant=lambda c: pytest.fail(f"{c} is no JSON"))
    if command in ("trials", "export", "cost"):
        assert (
            "warning: sweep-3: its record cannot be read in full: status.curve.version: 3"
            in program.err
        )
        assert (
            "warning: sweep-4: its record cannot be read in full: status.curve.values"
            in program.err
        )
        assert (
            "warning: sweep-5: its record cannot be read in full: spec.assignment: '{'"
            in program.err
        )
        assert "sweep-1:" not in program.err
        assert "sweep-2:" not in program.err


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (
            "sweep-1",
            [
                "EarlyStopped",
                "score: 3 reports, none of them finite, last nan",
                "value none, threshold 0.5",
            ],
        ),
        ("sweep-2", ["EarlyStopped   not started", "none of them finite"]),
        (
            "sweep-3",
            [
                "Succeeded",
                "status.curve.version: 3 is not one that this operator reads",
                "2 reports, best 0.5",
            ],
        ),
        ("sweep-4", ["Succeeded", "status.curve.values: '?' is not a number"]),
        ("sweep-5", ["Unreadable", "lr = 1e-05", "status.phase: 'Frozen' is not one of"]),
    ],
)
def test_each_unreadable_field_is_explained(program: Program, trial: str, said: list[str]) -> None:
    assert program("explain", trial) == 0
    for text in said:
        assert text in program.out


@pytest.mark.usefixtures("cluster")
def test_a_trainer_that_never_started_has_no_run_time(program: Program) -> None:
    assert program("export", "sweep", "-o", "json") == 0
    rows = {row["name"]: row for row in json.loads(program.out)}
    assert (rows["sweep-2"]["started"], rows["sweep-2"]["seconds"]) == (None, None)
    assert rows["sweep-2"]["stop"]["threshold"] is None
    assert rows["sweep-3"]["message"].startswith("its record cannot be read in full: ")
