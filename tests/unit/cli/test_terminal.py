"""Colours, widths, scales, suggestions, and the time that help takes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module

import pytest
from sweepjob.api.parsing.suggestions import nearest
from sweepjob.cli import doctor
from sweepjob.cli.__main__ import COMMANDS, main
from sweepjob.cli.errors import CommandError
from sweepjob.cli.kubectl_errors import NotFound
from sweepjob.render.highlight import highlight
from sweepjob.render.sparkline import common_scale, sparkline
from sweepjob.render.table import format_table, format_wrapped, print_output
from sweepjob.version import __version__

HEAD = ["NAME", "PHASE", "LAST", "REASON", "lr", "units"]
ROWS = [["digits-12", "EarlyStopped", "0.123456", "a long reason of many words", "0.001", "128"]]


@pytest.mark.parametrize("width", [20, 30, 40, 50, 60, 80, 200])
def test_tables_fit(width: int) -> None:
    lines = format_table(HEAD, ROWS, width, ["LAST"]).splitlines()
    assert lines[1].startswith("digits-12")
    left_out = [line for line in lines if line.endswith("--wide)")]
    assert all(len(line) <= width for line in lines if line not in left_out)
    assert bool(left_out) == (len(lines[0].split()) < len(HEAD))
    if left_out:
        assert "LAST" not in lines[0]
    if width >= 80:
        assert lines[0].split() == HEAD


def test_sentences_are_wrapped_and_never_cut() -> None:
    message = "word " * 60
    text = format_wrapped(["TYPE", "MESSAGE"], [["Accepted", message.strip()]], 60)
    assert all(len(line) <= 60 for line in text.splitlines())
    assert text.split().count("word") == 60


def test_colours_follow_the_conventions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variables, coloured in (
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ):
        for name in ("FORCE_COLOR", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        print_output("! MetricNotReported: x")
        assert ("\x1b[33m" in capsys.readouterr().out) is coloured
        print_output('{"phase": "Failed"}', is_data=True)
        assert "\x1b" not in capsys.readouterr().out


def test_foreign_control_characters_stay_escaped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_output("a   Failed   \x1b[2J")
    out = capsys.readouterr().out
    assert "\\x1b[2J" in out
    assert out.count("\x1b") == 2
    assert highlight("a message that says Failed once") == "a message that says Failed once"


def test_one_scale() -> None:
    scale = common_scale([[0.0, 0.35], [0.9, 1.0]])
    assert scale == (0.0, 1.0)
    assert sparkline([0.35], 5, scale, plain=False) == "▃"
    assert sparkline([1.0], 5, scale, plain=False) == "█"
    assert common_scale([[float("nan")], []]) is None
    spread = common_scale([[1e9], [n / 100 for n in range(100)]])
    assert spread is not None
    assert spread[1] < 1
    assert sparkline([1e9, float("inf")], 5, spread, plain=False) == "█ "


@pytest.mark.parametrize(
    ("word", "meant"),
    [("unifrom", "uniform"), ("Uniform", "uniform"), ("log_uniform", "loguniform"), ("xyz", "")],
)
def test_suggestions(word: str, meant: str) -> None:
    assert nearest(word, ["choice", "uniform", "loguniform", "randint"]) == meant


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exlpain", "x"]) == 2
    assert "unknown command 'exlpain'; did you mean explain?" in capsys.readouterr().err


def test_help_has_what_the_modules_say() -> None:
    for name, (module, text) in COMMANDS.items():
        commands = argparse.ArgumentParser().add_subparsers()
        import_module(f"sweepjob.cli.{module}").add_command(commands)
        shown = {choice.dest: choice.help for choice in commands._choices_actions}
        assert shown[name] == text


def test_help_imports_nothing_slow() -> None:
    script = "import sys; sys.argv=['sweepjob','--help']\ntry:\n import sweepjob.cli.__main__ as m; m.main()\nexcept SystemExit: pass\nprint(len([n for n in sys.modules if n.startswith('sweepjob.')]), [n for n in ('yaml','numpy','aiohttp','subprocess','kubernetes','rich','pathspec') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.splitlines()[-1].endswith("[]"), done.stdout


class FakeKubectl:
    """Answers with what a cluster has."""

    flags = ()

    def __init__(self, **answers: object) -> None:
        self.answers = answers

    def run(self, *words: str) -> str:
        import json

        found = self.answers.get(words[0] if words[0] == "version" else words[1])
        if isinstance(found, Exception):
            raise found
        return json.dumps(found or {})

    def get(self, *words: str) -> object:
        found = self.answers.get(words[0], {"items": []})
        if isinstance(found, Exception):
            raise found
        return found

    def namespace(self) -> str:
        return "team"

    def answer(self, *words: str) -> str:
        return str(self.answers.get("can", "yes"))


def version(minor: str) -> dict[str, object]:
    return {"serverVersion": {"gitVersion": f"v1.{minor}.0", "minor": minor}, "clientVersion": {}}


def checked(**answers: object) -> dict[str, list[doctor.Finding]]:
    found: dict[str, list[doctor.Finding]] = {}
    for finding in doctor.findings(FakeKubectl(**answers)):  # type: ignore[arg-type] # a fake
        found.setdefault(finding.subject, []).append(finding)
    return found


def test_the_doctor_names_a_remedy_for_everything_that_lacks() -> None:
    found = checked(version=version("33+"), can="no")
    assert found["cluster"][0].mark == "ok"
    for subject in ("CRDs", "operator", "permissions", "storage", "GPUs"):
        assert found[subject][0].mark != "ok"
        assert found[subject][0].remedy
    assert checked(version=version("27"))["cluster"][0].mark == "error"
    (only,) = checked(version=CommandError("no kubeconfig"))["cluster"]
    assert "run --local" in only.remedy


def test_the_doctor_sees_skew_pods_without_images_and_missing_permissions() -> None:
    labels = {"app.kubernetes.io/version": "0.0.1"}
    deployment = {
        "metadata": {"name": "sweepjob", "namespace": "s", "labels": labels},
        "spec": {"replicas": 1},
        "status": {"readyReplicas": 1},
    }
    waiting = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}}
    pod = {
        "metadata": {"name": "p"},
        "status": {"containerStatuses": [{"image": "x:1", **waiting}]},
    }
    node = {"status": {"allocatable": {"nvidia.com/gpu": "4"}}}
    found = checked(
        version=version("35"),
        deployments={"items": [deployment]},
        pods={"items": [pod]},
        nodes={"items": [node]},
        storageclasses=NotFound("(Forbidden) storageclasses"),
    )
    assert f"version 0.0.1, this client {__version__}" in found["operator"][0].text
    assert "x:1 (pod p): no such tag" in found["images"][0].text
    assert "4 nvidia.com/gpu" in found["GPUs"][0].text
    assert "cannot be checked" in found["storage"][0].text
