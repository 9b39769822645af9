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
from sweepjob.api.sweeptrial.log_tail import LogTail, dump_log_tails
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
if rest:  # otherwise nothing is written: several calls may read at once
    file.write_text(json.dumps(rest))
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


class TestDownload:
    """``logs --download``: every log that is there, and the recorded ends of those that are gone."""

    @pytest.fixture
    def out(self, cluster: Cluster, tmp_path: Path) -> Path:
        ended = dump_log_tails(
            {1: LogTail("gone", "first\nlast\n"), 2: LogTail("sweep-0-r2", "end\n")}
        )
        first = trial(TrialPhase.RUNNING, 2, logs=ended)
        lost = trial_body(
            1, [], TrialPhase.FAILED, logs=dump_log_tails({1: LogTail("p", "", "no")})
        )
        cluster.answers("sweeptrials", listed(first, lost))
        cluster.answers("pods", listed(running(2)))
        cluster.answers("logs", "all\nof it\n")
        return tmp_path / "saved"

    def download(self, cluster: Cluster, out: Path, name: str = "sweepjob/sweep") -> int:
        return main(["logs", name, "--download", str(out)])

    def test_of_a_sweep(
        self, cluster: Cluster, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.download(cluster, out) == 0
        found = {str(f.relative_to(out)): f.read_text() for f in out.rglob("*") if f.is_file()}
        assert found == {
            "sweep-0/attempt-1.end.log": "first\nlast\n",
            "sweep-0/attempt-2.log": "all\nof it\n",
        }
        assert cluster.calls() == ["logs sweep-0-r2 -c trainer"]
        told = capsys.readouterr()
        assert told.out == f"{out}: 1 log and the ends of 1 more\n"
        assert "note: no log is left, or not yet there, of sweep-1\n" in told.err

    def test_a_log_that_cannot_be_read_is_no_success(
        self, cluster: Cluster, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cluster.answers("logs", "broken half")
        assert self.download(cluster, out) == 1
        assert "warning: the log of pod sweep-0-r2 could not be read" in capsys.readouterr().err
        assert (out / "sweep-0/attempt-2.end.log").read_text() == "end\n", "what is on record"
        assert not list(out.rglob("*.partial"))

    def test_a_log_that_was_rotated_replaces_no_longer_one(
        self, cluster: Cluster, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for text in ("one\n", "one\ntwo\n", "two\n"):
            cluster.answers("logs", text)
            assert self.download(cluster, out) == 0
        assert (out / "sweep-0/attempt-2.log").read_text() == "one\ntwo\n"
        assert (out / "sweep-0/attempt-2.newest.log").read_text() == "two\n"
        assert "is kept, for the log that is there now does not begin with it" in (
            capsys.readouterr().err
        )

    def test_the_log_of_an_earlier_sweep_of_the_name_is_not_overwritten(
        self, cluster: Cluster, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for text in ("of before\n", "a longer one of now\n"):
            cluster.answers("logs", text)
            assert self.download(cluster, out) == 0
        assert (out / "sweep-0/attempt-2.log").read_text() == "of before\n"
        assert (out / "sweep-0/attempt-2.newest.log").read_text() == "a longer one of now\n"
        assert "attempt-2.newest.log\n" in capsys.readouterr().err

    def test_a_folder_that_cannot_be_written_is_named(
        self, cluster: Cluster, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out.write_text("a file")
        assert self.download(cluster, out) == 2
        said = f"error: {out}/sweep-0/attempt-2.log: cannot be written: Not a directory\n"
        assert capsys.readouterr().err == said

    def test_a_later_download_without_the_pod_keeps_the_log(
        self, cluster: Cluster, out: Path
    ) -> None:
        assert self.download(cluster, out) == 0
        cluster.answers("pods", listed())
        assert self.download(cluster, out) == 0
        assert (out / "sweep-0/attempt-2.log").read_text() == "all\nof it\n"
        assert not (out / "sweep-0/attempt-2.end.log").exists()

    def test_pods_of_several_ranks_and_replaced_pods_have_files_of_their_own(
        self, cluster: Cluster, out: Path
    ) -> None:
        replaced, other = running(2), running(2)
        replaced["metadata"] |= {"name": "replaced", "creationTimestamp": "2025-01-01T00:00:00Z"}
        other["metadata"]["labels"][names.COMPLETION_INDEX] = "1"
        other["metadata"]["name"] = "rank-1"
        newest = running(2)
        newest["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        waiting = pod({"phase": "Pending"})
        waiting["metadata"]["labels"] |= {names.LABEL_TRIAL: "sweep-1"}
        cluster.answers("pods", listed(replaced, other, newest, waiting))
        assert self.download(cluster, out) == 0
        assert sorted(f.name for f in (out / "sweep-0").iterdir()) == [
            "attempt-1.end.log",
            "attempt-2-rank-1.log",
            "attempt-2-replaced.log",
            "attempt-2.log",
        ]

    def test_parts_and_unknown_names_are_refused(
        self, cluster: Cluster, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for flag in ("--follow", "--tail=0", "--rank=1", "--grep=x"):
            assert main(["logs", "sweep-0", "--download", str(out), flag]) == 2
            assert f"saves whole logs; remove {flag.partition('=')[0]}" in capsys.readouterr().err
        cluster.answers("sweeptrials", listed())
        assert self.download(cluster, out) == 2
        assert "sweep has no trials yet" in capsys.readouterr().err
