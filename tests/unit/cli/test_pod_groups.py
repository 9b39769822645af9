"""``explain`` and ``logs`` for trials of several pods, with a fake kubectl and with a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api import names
from sweepjob.cli.__main__ import main
from sweepjob.cli.explain import pod_lines
from sweepjob.trial_pods.pod_parsing import parse_pod

from tests.unit.builders import SWEEPJOB, sweepjob
from tests.unit.pods import RUNNING, ended, pod

from .bodies import trial_body
from .program import Program

RUNS = {"phase": "Running", "containerStatuses": [{"name": "trainer", "state": RUNNING}]}
UNSCHEDULABLE = {
    "phase": "Pending",
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        }
    ],
}


def rank(
    number: int, attempt: int = 1, status: dict[str, Any] | None = None, **meta: Any
) -> dict[str, Any]:
    """The pod of a rank of trial sweep-0."""
    body = pod(RUNS if status is None else status)
    name = f"sweep-0{'' if attempt == 1 else f'-r{attempt}'}-{number}-abcde"
    body["metadata"] |= {"name": name, "uid": name, **meta}
    body["metadata"]["creationTimestamp"] = f"2026-01-01T00:0{attempt}:00Z"
    body["metadata"]["labels"] |= {
        names.LABEL_TRIAL: "sweep-0",
        names.LABEL_ATTEMPT: str(attempt),
        names.COMPLETION_INDEX: str(number),
    }
    body["spec"]["nodeName"] = "" if status is UNSCHEDULABLE else f"node-{number}"
    return body


def sweep_of(instances: int) -> dict[str, Any]:
    """The SweepJob of trials with several pods."""
    body = sweepjob(trial={**SWEEPJOB["spec"]["trial"], "instanceCount": instances})
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    return body


class Cluster:
    """A fake kubectl with one sweep, its trial and the trial's pods."""

    def __init__(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        self.program = program
        (program.folder / "bin").mkdir()
        script = program.folder / "bin" / "kubectl"
        script.write_text(
            "#!/bin/sh\n"
            f"cd {program.folder}\n"
            'case "$*" in\n'
            "  logs*) echo $* > asked ;;\n"
            "  *pods*) cat pods.json ;;\n"
            "  *sweepjob*sweep-0*|*sweeptrial*sweep-0*)\n"
            '    case "$*" in *sweeptrial*) cat trial.json ;;\n'
            '    *) echo "Error from server (NotFound): not found" >&2; exit 1 ;; esac ;;\n'
            "  *sweeptrial*) cat trials.json ;;\n"
            "  *) cat sweep.json ;;\n"
            "esac\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")

    def has(self, *pods: dict[str, Any], instances: int = 3, **status: Any) -> Cluster:
        sweep = sweep_of(instances)
        trial = trial_body(0, [0.5], **status)
        for name, body in (
            ("sweep", sweep),
            ("trial", trial),
            ("trials", {"items": [trial]}),
            ("pods", {"items": list(pods)}),
        ):
            (self.program.folder / f"{name}.json").write_text(json.dumps(body))
        return self

    def asked(self) -> str:
        """The arguments of kubectl that print a log."""
        return (self.program.folder / "asked").read_text()


@pytest.fixture
def cluster(program: Program, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(program, monkeypatch)


def rows(*pods: dict[str, Any]) -> list[list[str]]:
    """The cells of the table, without its head."""
    _, table = pod_lines([parse_pod(body) for body in pods])
    return [line.split(maxsplit=4) for line in table.splitlines()[1:]]


def test_pods_are_listed_with_attempt_rank_node_and_state() -> None:
    failed = {"phase": "Failed", "containerStatuses": [ended(3)]}
    done = {"phase": "Succeeded", "containerStatuses": [ended(0, "Completed")]}
    found = rows(
        rank(10, 2),
        rank(2, 2, UNSCHEDULABLE),
        rank(1, 1, failed),
        rank(0, 2, done),
        rank(1, 2, deletionTimestamp="2026-01-01T00:03:00Z"),
    )
    assert [row[:2] for row in found] == [
        *(["2", "0"], ["2", "1"], ["2", "2"], ["2", "10"], ["1", "1"])
    ], "the newest attempt first, and ranks as numbers"
    assert found[0][2:] == ["sweep-0-r2-0-abcde", "node-0", "Succeeded"]
    assert found[1][4] == "Terminating"
    assert found[2][3].startswith("Pending:"), "it has no node"
    assert "Insufficient nvidia.com/gpu" in " ".join(found[2])
    assert found[3][4] == "Running"
    assert found[4][4].startswith("Failed: the trainer ended with exit code 3")


def test_only_the_first_line_of_a_failure_is_listed() -> None:
    said = {"phase": "Failed", "containerStatuses": [ended(1, message="Traceback\n  secret\n")]}
    [row] = rows(rank(0, 1, said))
    assert "secret" not in " ".join(row)


def test_explain_lists_the_pods_of_a_trial_of_several(cluster: Cluster) -> None:
    program = cluster.has(rank(1), rank(0)).program
    assert program("explain", "sweep-0") == 0
    assert program.out.split()[-15:-10] == ["ATTEMPT", "RANK", "POD", "NODE", "STATE"]
    assert program.out.index("sweep-0-0-abcde") < program.out.index("sweep-0-1-abcde")
    cluster.has()
    assert program("explain", "sweep-0") == 0
    assert "It has no pods now." in program.out


def test_explain_says_nothing_of_pods_for_one(cluster: Cluster) -> None:
    program = cluster.has(rank(0), instances=1).program
    assert program("explain", "sweep-0") == 0
    assert "RANK" not in program.out
    assert "no pods" not in program.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "sweep-0-r2-0-abcde"),
        (["--rank", "1"], "sweep-0-r2-1-abcde"),
        (["--rank", "1", "--attempt", "1"], "sweep-0-1-abcde"),
        (["--attempt", "2", "--tail", "3"], "sweep-0-r2-0-abcde -c trainer --tail=3"),
    ],
)
def test_the_log_of_a_rank(cluster: Cluster, words: list[str], expected: str) -> None:
    program = cluster.has(rank(0), rank(1), rank(0, 2), rank(1, 2), rank(2, 2)).program
    assert program("logs", "sweep-0", *words) == 0
    assert cluster.asked().startswith(f"logs {expected}")
    assert "note" not in program.err


def test_the_log_of_an_earlier_attempt_is_named_as_such(
    cluster: Cluster,
) -> None:
    program = cluster.has(rank(2), rank(0, 2)).program
    assert program("logs", "sweep-0", "--rank", "2") == 0
    assert cluster.asked().startswith("logs sweep-0-2-abcde")
    assert "rank 2 has no pod in attempt 2; this is its log of attempt 1" in program.err


@pytest.mark.parametrize(
    ("instances", "asked", "expected"),
    [
        (3, "3", "has no rank 3: a trial of this sweep has the ranks 0 to 2"),
        (3, "-1", "has no rank -1: a trial of this sweep has the ranks 0 to 2"),
        (1, "1", "has no rank 1: a trial of this sweep has one pod, of rank 0"),
        (3, "2", "has no pod of rank 2 now; ranks with a pod: 0, 1"),
    ],
)
def test_a_rank_that_is_not_there(
    cluster: Cluster, instances: int, asked: str, expected: str
) -> None:
    program = cluster.has(rank(0), rank(1), instances=instances).program
    assert program("logs", "sweep-0", f"--rank={asked}") == 2
    assert expected in program.err
    assert not program.out
    assert not (program.folder / "asked").exists()


def test_the_record_is_not_passed_off_as_the_log_of_another_rank(cluster: Cluster) -> None:
    logs = {"1": {"pod": "sweep-0-0-abcde", "text": "of rank zero"}}
    program = cluster.has(logs=logs).program
    assert program("logs", "sweep-0") == 0
    assert program.out == "of rank zero\n"
    assert program("logs", "sweep-0", "--rank", "1") == 2
    assert not program.out
    assert (
        "no pod of rank 1 now; ranks with a pod: none. Only the last lines of rank 0" in program.err
    )


def folder(where: Path, instances: int, *ranks: int) -> Path:
    """What ``sweepjob run --local`` leaves."""
    sweep = sweep_of(instances)
    bodies = {"sweepjobs": [sweep], "sweeptrials": [trial_body(0, [0.5])]}
    bodies["pods"] = [rank(number) for number in ranks]
    for kind, listed in bodies.items():
        (where / kind).mkdir(parents=True)
        for body in listed:
            body["metadata"].setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
            body["metadata"].setdefault("resourceVersion", "1")
            (where / kind / f"{body['metadata']['name']}.json").write_text(json.dumps(body))
    (where / "logs").mkdir()
    for number in ranks:
        (where / "logs" / f"sweep-0-{number}-abcde.log").write_text(f"rank {number}\n")
    return where


def test_the_log_of_a_rank_of_a_local_trial(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    where = folder(tmp_path / "local", 3, 2, 0, 1)
    for words, expected in (((), b"rank 0\n"), (("--rank", "1"), b"rank 1\n")):
        assert main(["logs", f"{where}/sweep-0", *words]) == 0
        assert capsysbinary.readouterr().out == expected
    assert main(["logs", f"{where}/sweep-0", "--rank", "7"]) == 2
    assert b"ranks 0 to 2" in capsysbinary.readouterr().err


def test_explain_lists_the_pods_of_a_local_trial(program: Program) -> None:
    where = folder(program.folder / "local", 2, 1, 0)
    assert program("explain", f"{where}/sweep-0") == 0
    assert program.out.index("sweep-0-0-abcde") < program.out.index("sweep-0-1-abcde")
