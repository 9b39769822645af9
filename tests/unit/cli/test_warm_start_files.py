"""``--warm-start FILE`` of the commands: what it says, what it changes, and what is uploaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.cli.__main__ import main
from sweepjob.loading.results.fitting import read_trials

from ..builders import sweepjob

TABLE = "lr,units,note,score\n" + "".join(f"0.{n:02},16,x,{n / 20}\n" for n in range(1, 12))
SAID = "r.csv: 11 trials count; filled in: depth=3 in 11 trials; columns that are not used: note"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    space = sweepjob()["spec"]["searchSpace"] | {"depth": {"type": "choice", "values": [3, 5]}}
    body = sweepjob(searchSpace=space, samplingAlgorithm={"type": "bayesian", "seed": 1})
    body["metadata"] = {"name": "tuned"}
    (tmp_path / "sweep.yaml").write_text(json.dumps(body))
    (tmp_path / "r.csv").write_text(TABLE)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main([*arguments]) == code
    found = capsys.readouterr()
    return found.out, found.err


@pytest.mark.usefixtures("files")
def test_validate_and_propose_say_how_the_trials_fit(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "validate", "-f", "sweep.yaml", "--warm-start", "r.csv")
    assert "sweep.yaml: valid" in out
    assert f"warm start: {SAID}\n" in err
    propose = ("propose", "-f", "sweep.yaml", "-n", "2", "-o", "json")
    cold, _ = run(capsys, *propose)
    warm, err = run(capsys, *propose, "--warm-start", "r.csv")
    assert f"warm start: {SAID}\n" in err
    assert warm != cold


def test_submit_uploads_the_text_and_names_it_in_the_spec(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body: dict[str, Any] = json.loads((files / "sweep.yaml").read_text())
    body["spec"]["warmStart"] = {
        "sweeps": ["first"],
        "results": [{"configMap": {"name": "old", "key": "k"}}],
        "defaults": {"depth": 5},
    }
    (files / "sweep.yaml").write_text(json.dumps(body))
    out, err = run(
        capsys, "submit", "-f", "sweep.yaml", "--warm-start", "r.csv", "--dry-run", "-n", "team"
    )
    config_map, sweep = yaml.safe_load_all(out)
    assert "--warm-start takes the place of spec.warmStart.results" in err
    assert "filled in: depth=5 in 11 trials" in err
    assert (config_map["immutable"], config_map["metadata"]["namespace"]) == (True, "team")
    section = sweep["spec"]["warmStart"]
    assert (section["sweeps"], section["defaults"]) == (["first"], {"depth": 5})
    [entry] = section["results"]
    assert entry["configMap"]["name"] == config_map["metadata"]["name"]
    text = config_map["data"][entry["configMap"]["key"]]
    assert len(read_trials(text, parse_sweepjob(sweep))[0]) == 11


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr,score\n0.1,good\n", "bad.csv: line 2: 'score': 'good': must be a number"),
        ("lr\n0.1\n", "bad.csv: line 1: has no column 'score'"),
        ("lr,score\n0.1,1\n" + "x" * 1_000_000, "a ConfigMap holds 1000000"),
    ],
)
def test_a_bad_file_is_refused_by_every_command(
    files: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (files / "bad.csv").write_text(text)
    for command, code in (("validate", 1), ("propose", 2), ("submit", 2)):
        _, err = run(capsys, command, "-f", "sweep.yaml", "--warm-start", "bad.csv", code=code)
        assert said in err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_windows_are_read(
    files: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    """Windows PowerShell writes ``export > r.csv`` as UTF-16, and Excel its texts with tabs."""
    (files / "r.csv").write_bytes(TABLE.replace("\n", "\r\n").encode(encoding))
    _, err = run(capsys, "propose", "-f", "sweep.yaml", "-n", "1", "--warm-start", "r.csv")
    assert f"warm start: {SAID}\n" in err
    (files / "r.csv").write_bytes("lr,score\n0.1,1\n0.2,größe\n".encode("latin-1"))
    arguments = ("propose", "-f", "sweep.yaml", "-n", "1", "--warm-start", "r.csv")
    _, err = run(capsys, *arguments, code=2)
    said = "r.csv: is not a text in UTF-8: byte 0xf6 in line 3; save it as UTF-8"
    assert err.endswith(f"error: {said}\n")


def test_replay_says_that_it_does_not_compare_with_them(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.loads((files / "sweep.yaml").read_text())
    body["spec"]["warmStart"] = {"sweeps": ["first"]}
    (files / "sweep.yaml").write_text(json.dumps(body))
    (files / "curves.jsonl").write_text('{"trial": 0, "values": [0.1]}\n')
    _, err = run(capsys, "replay", "-f", "sweep.yaml", "curves.jsonl")
    assert "the trials of warmStart are not compared" in err
