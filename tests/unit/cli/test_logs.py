"""``sweepjob logs``: what is printed of logs. A scripted kubectl; tests/e2e uses the real one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api import names
from sweepjob.api.phases import TrialPhase
from sweepjob.cli import logs, pod_logs
from sweepjob.cli.__main__ import main

from ..pods import RUNNING, pod
from .bodies import sweep_body, trial_body

# Prints the next line of a file of answers for each object, and the last one again and again.
KUBECTL = f"""#!{sys.executable}
import json, pathlib, sys
folder, words = pathlib.Path(__file__).parent, sys.argv[1:]
(folder / "calls").open("a").write(" ".join(words) + "\\n")
kind = next(k for k in ("logs", "sweeptrials", "sweepjobs", "pods") if any(k in w for w in words))
file = folder / f"{{kind}}.json"
first, *rest = json.loads(file.read_text())
file.write_text(json.dumps(rest or [first]))
sys.stdout.write(first if kind == "logs" else json.dumps(first))
sys.exit(kind == "logs" and first.startswith("broken"))
"""


class Cluster:
    """A kubectl that gives scripted answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "kubectl").write_text(KUBECTL)
        (folder / "kubectl").chmod(0o755)
        self.answers("sweepjobs", sweep_body())

    def answers(self, kind: str, *found: Any) -> None:
        (self.folder / f"{kind}.json").write_text(json.dumps(found))

    def calls(self) -> list[str]:
        return [c for c in (self.folder / "calls").read_text().splitlines() if "logs" in c]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(pod_logs, "_POLL", 0.01)
    return Cluster(tmp_path)


def running(attempt: int) -> dict[str, Any]:
    made = pod({"phase": "Running", "containerStatuses": [{"name": "trainer", "state": RUNNING}]})
    made["metadata"] |= {"name": f"sweep-0-r{attempt}", "uid": f"pod {attempt}"}
    made["metadata"]["labels"] |= {names.LABEL_ATTEMPT: str(attempt), names.LABEL_TRIAL: "sweep-0"}
    return made


def listed(*pods: dict[str, Any]) -> dict[str, Any]:
    return {"items": [*pods]}


def trial(phase: TrialPhase, attempt: int = 1, **status: Any) -> dict[str, Any]:
    return trial_body(0, [], phase, attempt=attempt, **status)


def test_follow_waits_for_the_pod_and_goes_on_with_the_next_attempt(
    cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    pending, live = trial(TrialPhase.PENDING, reason="ImagePullBackOff"), trial(TrialPhase.RUNNING)
    again, ended = trial(TrialPhase.PENDING, 2), trial(TrialPhase.SUCCEEDED, 2)
    cluster.answers("sweeptrials", pending, pending, live, live, again, again, ended)
    one, two = running(1), running(2)
    cluster.answers("pods", listed(), listed(one), listed(one), listed(one), listed(one, two))
    cluster.answers("logs", "first\n", "second\n")
    assert main(["logs", "sweep-0", "-f", "--tail", "5"]) == 0
    captured = capfd.readouterr()
    assert captured.out == "first\nsecond\n"
    assert "sweep-0 is Pending, attempt 1: ImagePullBackOff; waiting" in captured.err
    assert "note: the log of attempt 2 follows" in captured.err
    calls = cluster.calls()
    assert [c.split()[1] for c in calls] == ["sweep-0-r1", "sweep-0-r2"]
    assert ["--tail=5" in c for c in calls] == [True, False]
    assert all("--follow" in c for c in calls)


def test_follow_of_an_ended_trial_prints_the_record(
    cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    tails = {"1": {"pod": "a", "text": "one\n\x1b[2Jtwo"}, "2": {"pod": "b", "text": "three"}}
    cluster.answers("sweeptrials", trial(TrialPhase.FAILED, 2, logs=tails))
    cluster.answers("pods", listed())
    assert main(["logs", "sweep-0", "-f"]) == 0
    assert capfd.readouterr().out == "three\n"
    assert main(["logs", "sweep-0", "--previous", "--grep", "^.*two"]) == 0
    assert capfd.readouterr().out == "\\x1b[2Jtwo\n"
    assert main(["logs", "sweep-0", "--grep", "(?i)THREE", "--since", "5m"]) == 0
    captured = capfd.readouterr()
    assert (captured.out, "--since and --timestamps have no effect" in captured.err) == (
        "three\n",
        True,
    )


def test_a_stream_that_breaks_is_opened_again(
    cluster: Cluster, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.answers("sweeptrials", trial(TrialPhase.RUNNING), trial(TrialPhase.SUCCEEDED))
    cluster.answers("pods", listed(running(1)))
    cluster.answers("logs", "broken\n")
    assert main(["logs", "sweep-0", "-f"]) == 1  # at once: the arguments are wrong
    monkeypatch.setattr(logs, "_BROKEN_AFTER", 0.0)
    cluster.answers("logs", "broken\n", "the rest\n")
    assert main(["logs", "sweep-0", "-f"]) == 0
    captured = capfd.readouterr()
    assert captured.out == "broken\nbroken\nthe rest\n"
    assert "lines may be missing or come twice" in captured.err
    assert "--since=10s" in cluster.calls()[-1]


def test_grep(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    cluster.answers("sweeptrials", trial(TrialPhase.RUNNING))
    cluster.answers("pods", listed(running(1)))
    cluster.answers("logs", "loss=1\nacc=2\nloss=3")
    assert main(["logs", "sweep-0", "--grep", r"loss=\d", "--timestamps", "--since=1h"]) == 0
    assert capfd.readouterr().out == "loss=1\nloss=3\n"
    assert cluster.calls()[-1].endswith("--since=1h --timestamps")
    assert main(["logs", "sweep-0", "--grep", "accuracy"]) == 1
    assert "no line matches accuracy" in capfd.readouterr().err
    assert main(["logs", "sweep-0", "--grep", "("]) == 2
    assert "--grep (: is not a regular expression" in capfd.readouterr().err
