"""What ends any command: files that cannot be written, Ctrl-C, and numbers out of range."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sweepjob.cli import __main__
from sweepjob.local.folder import SweepFolder
from sweepjob.timestamps import format_time

from .bodies import NOW, sweep_body, trial_body
from .program import Program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sweep = sweep_body()
    sweep["metadata"] |= {"namespace": "local", "uid": "uid", "resourceVersion": "5"}
    sweep["status"] = {"phase": "Complete"}
    trials = [trial_body(n, [0.1 * n + 0.1]) for n in range(3)]
    for trial in trials:
        trial["metadata"] |= {"namespace": "local", "creationTimestamp": format_time(NOW)}
    SweepFolder(tmp_path / "sweep").write_results(sweep, trials)
    return tmp_path / "sweep"


@pytest.mark.parametrize("command", ["export", "trials", "explain"])
def test_a_full_disk_is_an_error_of_one_line(
    folder: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert __main__.main([command, str(folder)]) == 2
        full.write("what is left in the buffer fails no more")
    assert capsys.readouterr().err == "error: No space left on device\n"


def test_a_file_of_which_an_error_tells_is_named(
    program: Program, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder / "x"))

    monkeypatch.setattr("sweepjob.cli.folder_sweeps.SweepFolder.read", refuse)
    assert program("trials", folder) == 2
    assert program.err == f"error: {folder}/x: Permission denied\n"


def test_ctrl_c_while_a_command_is_loaded_is_no_error(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "import_module", interrupt)
    assert program("get") == 130
    assert (program.out, program.err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trials", "sweep", "--top", "0"], "--top: '0': must be a whole number, 1 or more"),
        (["trials", "sweep", "--top=-1"], "--top: '-1': must be a whole number, 1 or more"),
        (["propose", "-f", "s", "-n", "-3"], "'-3': must be a whole number, 1 or more"),
        (["logs", "sweep", "--tail=-2"], "--tail: '-2': must be a whole number, -1 or more"),
        (["logs", "sweep", "--attempt", "x"], "--attempt: 'x': must be a whole number, 1 or more"),
        (["ui", "--port", "70000"], "--port: '70000': must be a whole number, 0 to 65535"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(
    program: Program, arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        program(*arguments)
    assert said in program.capture.readouterr().err


def test_a_tail_of_minus_one_is_the_whole_log_as_in_kubectl(program: Program, folder: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **{"name": "p", "namespace": "local", "resourceVersion": "1", "uid": "p"},
            "labels": {"sweepjob.dev/trial": "sweep-0", "sweepjob.dev/sweep": "sweep"},
            "creationTimestamp": format_time(NOW),
        },
        "spec": {"containers": [{"name": "trainer"}]},
        "status": {"phase": "Succeeded"},
    }
    (folder / "pods").mkdir()
    SweepFolder(folder).write("pods", pod)
    (folder / "logs").mkdir()
    (folder / "logs" / "p.log").write_text("one\ntwo\n")
    assert program("logs", folder / "sweep-0", "--tail=-1") == 0
    assert program.out == "one\ntwo\n"
