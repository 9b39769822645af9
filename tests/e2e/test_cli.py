"""The commands that look at sweeps and change them, run as a person runs them."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from .program import Program
from .sweeps import Sweeps, choice, eventually, values_on_record

LEVELS = [0.5, 0.9, 0.1, 0.7, 0.2, 0.6]
REPORTS = 20


@pytest.fixture(scope="module")
def program(sweeps: Sweeps) -> Program:
    return Program(sweeps)


@pytest.fixture(scope="module")
def watched(sweeps: Sweeps, program: Program) -> str:
    """What ``get --watch`` printed about a sweep, from before its first trial to its end."""
    space = {"level": choice(*LEVELS), "reports": choice(REPORTS), "pause": choice(0.15)}
    sweeps.apply(
        "shown",
        sweeps.spec(
            space,
            samplingAlgorithm={"type": "grid"},
            limits={"maxTotalTrials": 6, "maxConcurrentTrials": 3},
            earlyTermination={"type": "bandit", "slackAmount": 0.25, "delayEvaluation": 4},
        ),
    )
    process = program.start("get", "shown", "--watch", "-n", sweeps.namespace)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out


def test_watching_ends_with_the_sweep(watched: str) -> None:
    lines = watched.splitlines()
    assert lines[0].startswith(("Pending: 0 of 6 trials", "Running: 0 of 6 trials"))
    assert any(re.search("[123] running", line) for line in lines)
    assert lines[-1].startswith("Complete: 6 of 6 trials, 0 running")
    assert "score 0.92" in lines[-1]
    assert all(line != after for line, after in pairwise(lines)), "a line is news"


def _said(program: Program, *words: str) -> str:
    """What it prints; nothing while a new permission is not known."""
    process = program.start(*words, "-n", program.sweeps.namespace)
    return process.communicate(timeout=240)[0]


@pytest.mark.usefixtures("watched")
class TestAFinishedSweep:
    def test_lists(self, program: Program) -> None:
        head, row = program("get").splitlines()
        assert head.split()[:4] == ["NAME", "PHASE", "REASON", "TRIALS"]
        assert row.split()[:3] == ["shown", "Complete", "6/6"]
        assert program("get", "-o", "name") == "sweepjob/shown\n"
        seen = json.loads(program("get", "shown", "-o", "json"))
        assert (seen["kind"], seen["status"]["best"]["trial"]) == ("SweepJob", "shown-1")
        listed = json.loads(program("get", "-o", "json"))
        assert (listed["kind"], listed["items"]) == ("List", [seen])

    def test_screen(self, program: Program) -> None:
        text = program("get", "shown")
        assert "6 of 6 trials" in text
        assert "stopped early" in text
        assert "best: shown-1   score 0.92" in text

    def test_trials(self, program: Program, sweeps: Sweeps) -> None:
        head, *rows = program("trials", "shown").splitlines()
        assert head.split()[-3:] == ["level", "pause", "parameters.reports"]
        assert rows[0].split()[4] == "20", "its reports, not its parameter of that name"
        assert rows[0].split()[0] == "shown-1"
        assert len(rows) == 6
        assert program("trials", "shown", "--sort", "index", "--top", "1", "-o", "name") == (
            "sweeptrial/shown-0\n"
        )

    def test_best_for_a_script(self, program: Program) -> None:
        assert "level = 0.9" in program("best", "shown")
        assert "--level=0.9" in program("best", "shown", "-o", "args")
        data = json.loads(program("best", "shown", "-o", "json"))
        assert data["parameters"] == {"level": 0.9, "reports": REPORTS, "pause": 0.15}
        lines = dict(
            line.split("=", 1) for line in program("best", "shown", "-o", "env").splitlines()
        )
        assert lines["AZUREML_SWEEP_level"] == "0.9"
        assert json.loads(shlex.split(lines["SWEEPJOB_PARAMETERS"])[0]) == data["parameters"]

    def test_explains_a_decision(self, program: Program, sweeps: Sweeps) -> None:
        stopped = next(t for t in sweeps.trials("shown") if t["status"]["phase"] == "EarlyStopped")
        text = program("explain", stopped["metadata"]["name"])
        assert "bandit stopped it at interval" in text
        assert f"threshold {float(stopped['status']['stop']['threshold']):.6g}" in text
        assert "shown-1" in text.split("BEST WITHIN")[1]

    def test_explains_a_sweep(self, program: Program) -> None:
        text = program("explain", "shown")
        assert "early termination: bandit" in text
        assert re.search(r"Complete +True +AllTrialsEnded", text)
        assert re.search(r"EarlyStopped +Bandit +\d", text)

    def test_export_writes_all_records(self, program: Program, sweeps: Sweeps) -> None:
        trials = sweeps.trials("shown")
        exported = json.loads(program("export", "shown", "-o", "json"))
        assert [row["values"] for row in exported] == [values_on_record(t) for t in trials]
        assert [row["phase"] for row in exported] == [t["status"]["phase"] for t in trials]
        rows = list(csv.DictReader(io.StringIO(program("export", "shown"))))
        assert [float(row["level"]) for row in rows] == LEVELS

    def test_curves_can_be_replayed(self, program: Program, tmp_path: Path, sweeps: Sweeps) -> None:
        assert program("curves", "shown").count("\n") == 7
        recorded, spec = tmp_path / "curves.jsonl", tmp_path / "sweep.json"
        recorded.write_text(program("curves", "shown", "-o", "jsonl"))
        kept = {k: v for k, v in sweeps.sweep("shown").items() if k != "status"}
        spec.write_text(json.dumps(kept))
        process = program.start("replay", "-f", str(spec), str(recorded), "-o", "json")
        out, err = process.communicate(timeout=240)
        assert not process.returncode, err
        assert json.loads(out)["bestLost"] is False

    def test_cost(self, program: Program, sweeps: Sweeps) -> None:
        *phases, total = json.loads(program("cost", "shown", "--price", "2", "-o", "json"))
        assert {row["phase"] for row in phases} == {"Succeeded", "EarlyStopped"}
        used = sum(float(t["status"]["gpuSeconds"]["used"]) for t in sweeps.trials("shown"))
        assert total["gpuHoursUsed"] * 3600 == pytest.approx(used)
        assert total["cost"] == pytest.approx(used / 3600 * 2)

    def test_logs(self, program: Program) -> None:
        assert "report 20 0.92" in program("logs", "shown-1")
        assert program("logs", "shown-1", "--tail", "1").count("\n") == 1

    def test_tags_and_notes(self, program: Program, sweeps: Sweeps) -> None:
        assert "sweeptrial/shown-2 tagged" in program("tag", "shown-1", "shown-2", "keep=yes", "b=")
        found = sweeps.kubectl(
            "get", "sweeptrials", "-l", "sweepjob.dev/tag-keep=yes", "-o", "name"
        )
        assert [name.rpartition("/")[2] for name in found.split()] == ["shown-1", "shown-2"]
        assert program("tag", "shown-1").split() == ["b=", "keep=yes"]
        listed = program("trials", "shown", "--tag", "keep", "--sort", "index", "-o", "name")
        assert listed.split() == ["sweeptrial/shown-1", "sweeptrial/shown-2"]
        program("note", "shown-1", "odd <b>\nloss")
        assert program("note", "shown-1") == "odd <b>\nloss\n"
        assert "tags: b,keep=yes\nnote: odd <b>\nnote: loss" in program("explain", "shown-1")
        assert "already has the value yes" in program.fails("tag", "shown-1", "keep=no")
        program("tag", "shown-1", "keep-", "b-")
        program("note", "shown-1", "--remove")
        body = sweeps.get("sweeptrial", "shown-1")
        assert list(body["metadata"]["labels"]) == ["sweepjob.dev/sweep"]

    @pytest.mark.parametrize(("role", "may_change"), [("view", False), ("edit", True)])
    def test_who_may_tag(
        self, program: Program, sweeps: Sweeps, role: str, may_change: bool
    ) -> None:
        who = f"{role}er"
        sweeps.kubectl("create", "rolebinding", who, f"--clusterrole={role}", f"--user={who}")
        words = ("tag", "shown-3", f"by={role}", f"--as={who}")
        if may_change:
            assert "shown-3 tagged" in eventually(lambda: _said(program, *words), 40, "the right")
        else:
            said = (
                "error: you may read shown-3, but not change it: tags and notes need the permission"
            )
            assert eventually(
                lambda: said in program.fails(*words), 40, "the right to read is known"
            )

    def test_an_ended_sweep_cannot_be_changed(self, program: Program) -> None:
        assert "has ended (Complete)" in program.fails("suspend", "shown")
        assert "only failed and canceled trials" in program.fails("retry", "shown-1")

    def test_missing_objects_are_named(self, program: Program) -> None:
        assert 'sweepjobs.sweepjob.dev "other" not found' in program.fails("get", "other")
        assert 'sweeptrials.sweepjob.dev "other-1" not found' in program.fails("logs", "other-1")
        assert "shown-1 is the name of a trial there" in program.fails("get", "shown-1")
        elsewhere = program.start("get", "shown", "-n", "default")
        assert f"add -n {program.sweeps.namespace}" in elsewhere.communicate(timeout=240)[1]
        nowhere = program.start("get", "-n", "no-such-namespace")
        assert "namespace no-such-namespace does not exist" in nowhere.communicate(timeout=240)[1]

    def test_without_a_kubeconfig(self, program: Program) -> None:
        process = program.start("get", env={"KUBECONFIG": "/dev/null", "HOME": "/nonexistent"})
        err = process.communicate(timeout=240)[1]
        assert err.startswith("error: ")
        assert "--kubeconfig FILE" in err
        assert err.count("\n") == 1

    def test_shell_completion_lists_names(self, program: Program, sweeps: Sweeps) -> None:
        line = f"sweepjob best -n {sweeps.namespace} sh"
        asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
        found = program.start(env={**asked, "_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stdout"})
        assert found.communicate(timeout=240)[0].strip() == "shown"


def test_a_running_sweep_is_changed(sweeps: Sweeps, program: Program) -> None:
    space = {"level": choice(0.1, 0.2, 0.3, 0.4), "reports": choice(1000), "pause": choice(0.1)}
    sweeps.apply("changed", sweeps.spec(space, samplingAlgorithm={"type": "grid"}))

    def phase(trial: int) -> str:
        return str(sweeps.trials("changed")[trial]["status"]["phase"])

    eventually(lambda: phase(0) == phase(1) == "Running", 60, "two trials run")
    program("tag", "changed-1", "keep=yes")
    program("note", "changed-1", "while it runs")
    written = sweeps.trials("changed")[1]["status"].get("curve", {}).get("reports", 0)
    assert "no new trial starts" in program("suspend", "changed")
    assert "canceled: its Job is deleted" in program("stop", "changed-0")
    eventually(lambda: phase(0) == "Canceled", 60, "the trial is canceled")
    assert len(sweeps.trials("changed")) == 2, "suspended"
    before = sweeps.trials("changed")[0]["metadata"]["uid"]
    eventually(
        lambda: sweeps.trials("changed")[1]["status"]["curve"]["reports"] > written,
        60,
        "the operator has written the record of the tagged trial",
    )
    assert "tried again" in program("retry", "changed-0")
    program("resume", "changed")
    again = eventually(
        lambda: (t := sweeps.trials("changed")[0])["status"]["phase"] == "Running" and t,
        60,
        "again",
    )
    assert (again["metadata"]["name"], again["metadata"]["uid"] != before) == ("changed-0", True)
    assert json.loads(again["spec"]["assignment"])["level"] == 0.1
    assert "nothing to stop" not in program("stop", "sweepjob/changed")
    status = sweeps.await_end("changed")["status"]
    assert status["phase"] == "Complete"
    assert program("tag", "changed-1") == "keep=yes\n"
    assert program("note", "changed-1") == "while it runs\n"
    assert {c["reason"] for c in status["conditions"] if c["type"] == "Complete"} == {"Stopped"}
