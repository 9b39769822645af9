"""Mistakes of new users: each message says what is wrong, where, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.cli.errors import CommandError
from sweepjob.cli.node_devices import missing_devices
from sweepjob.trial_pods.start_blockers import of_pod

from .program import Program

SWEEP = """
apiVersion: sweepjob.dev/v1alpha1
kind: SweepJob
metadata: {name: mine}
spec:
  objective: {goal: maximize, primaryMetric: accuracy}
  samplingAlgorithm: {type: random, seed: 1}
  searchSpace:
    lr: {type: loguniform, minValue: -6, maxValue: -1}
    depth: {type: choice, values: [2, 4, 6]}
  limits: {maxTotalTrials: 8, maxConcurrentTrials: 4}
  metrics: {source: logs}
  trial:
    image: python:3.13-slim
    command: python train.py --lr ${{search_space.lr}} --depth ${{search_space.depth}}
"""

# What is replaced in the file by what; what the message has.
MISTAKES = {
    "expression type": (
        "type: loguniform",
        "type: log_uniform",
        ["searchSpace.lr.type", "did you mean loguniform?"],
    ),
    "key": ("maxTotalTrials", "maxTrials", ["limits.maxTrials", "did you mean maxTotalTrials?"]),
    "goal": ("goal: maximize", "goal: max", ["objective.goal", "did you mean maximize?"]),
    "key of a policy": (
        "  limits:",
        "  earlyTermination: {type: bandit, slack_factor: 0.1}\n  limits:",
        ["slack_factor", "slackFactor?"],
    ),
    "grid of a range": (
        "type: random, seed: 1",
        "type: grid",
        ["grid takes choices only", "list the values"],
    ),
    "unknown reference": (
        "{search_space.lr}",
        "{search_space.rate}",
        ["available: search_space.depth"],
    ),
    "a list for a choice": (
        "{type: loguniform, minValue: -6, maxValue: -1}",
        "[0.1, 0.01]",
        ["searchSpace.lr", "write lr: {type: choice, values: [0.1, 0.01]}"],
    ),
    "a constant": (
        "{type: choice, values: [2, 4, 6]}",
        "large",
        ['write depth: {type: choice, values: ["large"]}', "spec.inputs"],
    ),
    "exponents as values": (
        "minValue: -6, maxValue: -1",
        "minValue: 0.0001, maxValue: 0.1",
        ["write lr: {type: loguniform, low: 0.0001, high: 0.1}"],
    ),
    "zero": ("maxTotalTrials: 8", "maxTotalTrials: 0", ["maxTotalTrials: 0", "at least 1"]),
    "a number in quotes": (
        "maxTotalTrials: 8",
        "maxTotalTrials: '8'",
        ["'8'", "remove the quotes"],
    ),
    "a long name": ("name: mine", f"name: {'a' * 60}", ["metadata.name", "at most 46 characters"]),
    "an unused parameter": (
        " --depth ${{search_space.depth}}",
        "",
        ["depth", "write ${{search_space.depth}}"],
    ),
    "no image": ("    image: python:3.13-slim\n", "", ["trial.image", "e.g. python:3.13-slim"]),
    "an open quote": (
        "command: python",
        'command: "python',
        ["line 15, column 14", "close the quote"],
    ),
    "an open quote before": ("name: mine", "name: 'mine", ["line 4, column 18", "close the quote"]),
    "a colon in a text": (
        "command: python",
        "command: echo a: python",
        ["line 15, column", "quote a value"],
    ),
    "a tab": ("  objective", "\tobjective", ["line 6, column 1", "not tabs"]),
    "an open bracket": ("[2, 4, 6]}", "[2, 4, 6", ["line", "close the bracket"]),
    "a placeholder": ("{type: choice", "*choice {type: choice", ["line", "quote a value"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_file(program: Program, name: str) -> None:
    right, wrong, expected = MISTAKES[name]
    assert right in SWEEP
    code = program("validate", "-f", program.file(SWEEP.replace(right, wrong, 1)))
    said = program.out + program.err
    assert code == (0 if name in ("exponents as values", "an unused parameter") else 1)
    assert "sweep.yaml: " in said
    for part in expected:
        assert part in said, said


class Nodes:
    """Nodes with GPUs, or an error."""

    def __init__(self, *amounts: Any, error: str = "") -> None:
        self._amounts, self._error = amounts, error

    def get(self, *what: str) -> Any:
        if self._error:
            raise CommandError(self._error)
        nodes = [{"status": {"allocatable": {"nvidia.com/gpu": n}}} for n in self._amounts]
        return {"items": [*nodes, {"status": {}}]}


def asking(count: int) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(SWEEP)
    found["spec"]["trial"]["resources"] = {"limits": {"nvidia.com/gpu": count}}
    return found


def test_a_folder_that_was_deleted(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, folder = program.file(SWEEP), tmp_path / "deleted"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert program("run", "--local", "-f", file, "--folder", program.folder / "new") == 2
    assert program.err == "error: the current folder no longer exists; change to another one\n"


def test_more_gpus_than_any_node_has() -> None:
    nodes: Any = Nodes("4", "2", "none")
    [warning] = missing_devices(nodes, asking(64))
    assert (
        "asks for 64 nvidia.com/gpu, and no node has more than 4 (6 on 4 nodes together)" in warning
    )
    assert not [*missing_devices(nodes, asking(4))]
    forbidden: Any = Nodes(error="nodes is forbidden")
    assert not [*missing_devices(forbidden, asking(64))]
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
    }
    blocker = of_pod({"conditions": [condition]}, 0.0, {"nvidia.com/gpu": 64.0, "claim/x": 1.0})
    assert blocker is not None
    assert "The pod asks for 64 nvidia.com/gpu. Lower trial.resources" in blocker.message
