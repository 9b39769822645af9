"""Folders of local sweeps by the commands that read a cluster's."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sweepjob.cli.__main__ import main
from sweepjob.cli.folder_names import is_folder

from tests.unit.local.runs import Local, sweep


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    local = Local(tmp_path_factory.mktemp("ran"))
    body = sweep(outputs={"model": {"volume": {"emptyDir": {}}}})
    out = local.run(body)
    assert "page: sweepjob ui .sweepjob/local" in out
    assert "best:    local-3   score 0.7" in out
    assert "--level=0.7" in out
    assert "outputs: sweepjob download .sweepjob/local" in out
    assert "next:    sweepjob explain .sweepjob/local/local-3" in out
    return local.folder


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code, capsys.readouterr()
    out, err = capsys.readouterr()
    return out + err


def test_every_command_reads_a_folder(
    ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ran)
    one, trial = ".sweepjob/local", ".sweepjob/local/local-3"
    assert "local  " in said(capsys, "get", ".sweepjob")
    assert "4 of 4 trials" in said(capsys, "get", one)
    assert json.loads(said(capsys, "get", one, "-o", "json"))["kind"] == "SweepJob"
    assert "Complete" in said(capsys, "get", one, "-w")
    assert said(capsys, "trials", one, "-o", "name").splitlines()[0] == "sweeptrial/local-3"
    assert said(capsys, "best", one, "-o", "args").strip() == "--level=0.7"
    assert "4 trials, 2 at a time" in said(capsys, "explain", one)
    assert "level = 0.7" in said(capsys, "explain", trial)
    assert "score (" in said(capsys, "curves", one)
    assert said(capsys, "export", one).count("\n") == 5
    assert "Succeeded" in said(capsys, "cost", one)
    assert "opens in any browser" in said(capsys, "report", one)
    said(capsys, "download", one, "-o", "copied")
    assert (ran / "copied" / "model").is_dir()


def test_parameters_have_the_same_types_in_all_commands(
    ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ran)
    one = ".sweepjob/local"
    best = json.loads(said(capsys, "best", one, "-o", "json"))["parameters"]
    listed = json.loads(said(capsys, "trials", one, "--top", "1", "-o", "json"))
    exported = json.loads(said(capsys, "export", one, "-o", "json"))
    assert best == listed[0]["parameters"] == exported[3]["parameters"] == {"level": 0.7}
    assert yaml.safe_load(said(capsys, "trials", one, "--top", "1", "-o", "yaml")) == listed
    assert said(capsys, "trials", one, "--top", "1", "-o", "csv").splitlines()[-1].endswith(",0.7")


def test_mistakes_have_a_remedy(
    ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ran)
    assert "there is no such folder" in said(capsys, "get", ".sweepjob/other", code=2)
    assert "there is no trial local-9 in" in said(capsys, "logs", ".sweepjob/local/local-9", code=2)
    assert "applies to a cluster" in said(capsys, "get", ".sweepjob/local", "-n", "team", code=2)
    assert "choose one: .sweepjob/local" in said(capsys, "trials", ".sweepjob", code=2)
    assert "did you mean model?" in said(
        capsys, "download", ".sweepjob/local", "--only", "modle", code=2
    )


def test_logs_are_those_of_the_file_and_then_of_the_record(
    ran: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ran)
    (trial,) = [b for b in (ran / ".sweepjob/local/sweeptrials").glob("local-0.json")]
    body = json.loads(trial.read_text())
    (log,) = (ran / ".sweepjob/local/logs").glob("local-0-*.log")
    before = log.read_bytes()
    log.write_bytes(b"one\ntwo\nthree")
    for count, expected in (
        (None, b"one\ntwo\nthree"),
        (2, b"two\nthree"),
        (0, b""),
        (9, b"one\ntwo\nthree"),
    ):
        flags = [] if count is None else ["--tail", str(count)]
        assert main(["logs", ".sweepjob/local/local-0", *flags]) == 0
        assert capsysbinary.readouterr().out == expected
    log.unlink()
    body["status"]["logs"] = {"1": {"pod": "gone", "text": "a\nb\nc"}}
    trial.write_text(json.dumps(body))
    assert main(["logs", ".sweepjob/local/local-0", "--tail", "2"]) == 0
    captured = capsysbinary.readouterr()
    assert captured.out == b"b\nc\n"
    assert b"pod gone was deleted" in captured.err
    log.write_bytes(before)


def test_a_run_that_was_killed_is_not_called_running(
    ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ran)
    file = ran / ".sweepjob/local/sweepjobs/local.json"
    whole = file.read_text()
    body = json.loads(whole)
    body["status"] |= {"phase": "Running", "conditions": [], "completionTime": None}
    file.write_text(json.dumps(body))
    assert "Interrupted: this sweep was interrupted" in said(capsys, "get", ".sweepjob/local")
    with (ran / ".sweepjob/local/lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "Interrupted" not in said(capsys, "get", ".sweepjob/local")
        command = [
            sys.executable,
            "-m",
            "sweepjob.cli",
            "run",
            "--local",
            "-f",
            "sweep.yaml",
            "--resume",
        ]
        path = str(Path(__file__).parents[3] / "operator")
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PYTHONPATH": path}
        )
        assert done.returncode == 2
        assert "another process runs the sweep" in done.stderr
    file.write_text(whole)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("pause .sweepjob/local/local-3", "are paused and continued by its policy only"),
        ("pause .sweepjob/local", "are paused and continued by its policy only"),
        ("resume .sweepjob/local/local-3", "are paused and continued by its policy only"),
        ("stop .sweepjob/local/local-3", "not canceled one by one; Ctrl-C ends"),
        ("retry .sweepjob/local/local-3", "trial.maxRetries repeats failed attempts"),
        ("stop .sweepjob/local", "has ended (Complete); there is nothing to stop"),
        ("resume .sweepjob/local", "has ended (Complete); there is nothing to resume"),
        ("suspend .sweepjob/local", "has ended (Complete); there is nothing to suspend"),
        ("suspend .sweepjob/local/local-3", "a sweep on this machine is not suspended; Ctrl-C"),
        ("pause .sweepjob/local/local-9", "there is no trial local-9 in .sweepjob/local"),
        ("stop .sweepjob/none", "there is no such folder"),
        ("stop .sweepjob", "choose one: .sweepjob/local"),
    ],
)
def test_a_folder_is_not_changed_by_the_commands_of_a_cluster(
    ran: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    message: str,
) -> None:
    monkeypatch.chdir(ran)
    assert message in said(capsys, *words.split(), code=2)


def test_a_sweep_that_runs_or_was_killed_is_ended_and_continued_where_it_runs(
    ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ran)
    file = ran / ".sweepjob/local/sweepjobs/local.json"
    whole = file.read_text()
    body = json.loads(whole)
    body["status"] |= {"phase": "Running", "conditions": [], "completionTime": None}
    file.write_text(json.dumps(body))
    one = ".sweepjob/local"
    assert f"--folder {one} --resume" in said(capsys, "resume", one, code=2)
    assert "was interrupted; there is nothing to stop" in said(capsys, "stop", one, code=2)
    with (ran / one / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "Ctrl-C ends the command that runs" in said(capsys, "stop", one, code=2)
        assert "nothing to resume" in said(capsys, "resume", one, code=2)
        assert "with --resume continues it" in said(capsys, "suspend", one, code=2)
    file.write_text(whole)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".sweepjob/a", True),
        ("/tmp/a", True),
        ("runs/a", True),
        ("sweepjob/a", False),
        ("sweeptrial/a-1", False),
        ("a", False),
    ],
)
def test_names_of_folders(name: str, expected: bool) -> None:
    assert is_folder(name) is expected
