"""Plug-ins that cannot be loaded, and policies of plug-ins that raise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.dashboard.document import build_document
from sweepjob.early_stopping.policies.declaration import PolicyDeclaration
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.early_stopping.policy import Decision, Policy
from sweepjob.early_stopping.rankings import Rank
from sweepjob.objective import Goal
from sweepjob.plugins.parameters import Note

from tests.fake_api.harness import Scenario
from tests.plugin.sweepjob_toy import WorstPolicy

from .builders import sweepjob
from .cli.bodies import NOW, trial_body
from .cli.program import Program
from .plugins import OTHER, run_program
from .scenarios import spec


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Program:
    return Program(capsys, tmp_path)


def broken_distribution(folder: Path, source: str) -> Path:
    (folder / "broken_plugin.py").write_text(source)
    info = folder / "broken_plugin-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[sweepjob.policies]\nlost = broken_plugin:POLICY\n")
    return folder


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit(3)"),
        ("POLICY = 7", "must be a PolicyDeclaration, not a int"),
        (
            "from sweepjob.early_stopping.policies.bandit import DECLARATION as POLICY",
            "registered already",
        ),
    ],
    ids=["import", "exit", "type", "name"],
)
def test_a_broken_plugin_is_reported(tmp_path: Path, source: str, message: str) -> None:
    broken_distribution(tmp_path, source)
    body = sweepjob(earlyTermination={"type": "lost"})
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(body))
    done = run_program(tmp_path, tmp_path, "validate", "-f", "sweep.yaml")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "plug-in lost of distribution broken-plugin 0.3 could not be loaded: " in said
    assert message in said
    assert "Traceback" not in said
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(sweepjob()))
    assert run_program(tmp_path, tmp_path, "validate", "-f", "good.yaml").returncode == 0


def test_a_plugin_that_fails_to_build_is_a_problem_of_the_spec() -> None:
    def build(values: Mapping[str, Any], note: Note) -> Policy:
        raise RuntimeError("out of order")

    broken = PolicyDeclaration("broken", "Broken", "never", build)
    with (
        POLICIES.registered(broken, "distribution other 1.0"),
        pytest.raises(InvalidSpec, match=r"distribution other 1.0 failed: .*out of order"),
    ):
        parse_sweepjob(sweepjob(earlyTermination={"type": "broken"}))


class FailingPolicy(WorstPolicy):
    name, reason = "failing", "Failing"

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        raise RuntimeError("out of order")


FAILING = PolicyDeclaration("failing", "Failing", "never", lambda values, note: FailingPolicy())


def test_a_policy_that_fails_has_no_threshold_in_the_dashboard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = sweepjob(earlyTermination={"type": "failing"})
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    trials = [trial_body(n, [0.1 * (n + 1)]) for n in range(4)]
    with POLICIES.registered(FAILING, OTHER):
        document = build_document(body, trials, NOW)
    assert document["threshold"] is None
    assert (len(document["trials"]), document["sweep"]["policy"]) == (4, "failing")
    assert document["importance"] == build_document(without_policy(body), trials, NOW)["importance"]
    assert f"no threshold of policy failing of {OTHER}" in caplog.text


def without_policy(body: dict[str, Any]) -> dict[str, Any]:
    """The same sweep without its policy."""
    kept = {key: value for key, value in body["spec"].items() if key != "earlyTermination"}
    return {**body, "spec": kept}


@pytest.mark.virtual_time
def test_a_policy_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Its reports are ingested, its sweep ends, and the log and the status name it."""

    with POLICIES.registered(FAILING, "distribution other 1.0"), caplog.at_level("WARNING"):
        scenario = Scenario(5, spec(4, 2, earlyTermination={"type": "failing"})).run()
    assert {t["status"]["phase"] for t in scenario.trials} == {"Succeeded"}
    found = [r.getMessage() for r in caplog.records if "out of order" in r.getMessage()]
    assert len(found) == 1
    assert "policy failing" in found[0]
    assert "distribution other 1.0" in found[0]
    conditions = {c["type"]: c for c in scenario.sweep["status"]["conditions"]}
    assert (conditions["Degraded"]["status"], conditions["Degraded"]["reason"]) == (
        "True",
        "PolicyFailed",
    )


def test_replay_names_a_policy_that_fails(program: Program) -> None:
    class Failing(WorstPolicy):
        name, reason = "failing", "Failing"

        def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
            raise RuntimeError("out of order")

    failing = PolicyDeclaration("failing", "Failing", "never", lambda values, note: Failing())
    curves = "\n".join(json.dumps({"trial": n, "values": [n, n]}) for n in range(3))
    recorded = program.file(curves, "curves.jsonl")
    with POLICIES.registered(failing, "distribution other 1.0"):
        body = yaml.safe_dump(sweepjob(earlyTermination={"type": "failing"}))
        assert program("replay", "-f", program.file(body), recorded) == 2
    assert "policy failing of distribution other 1.0 failed: RuntimeError" in program.err
