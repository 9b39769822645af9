"""What the demo says before it starts and while it runs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from examples import demo, demo_plan, own_cluster
from examples.demo_plan import INSTALL, RUN, Phase, Progress
from tests.cluster.console import ClusterError, say, step, watched_by
from tests.cluster.target import Target

PHASES = [
    Phase("compiling kubernetes", 400, 12.0),
    Phase("booting Kubernetes", 30, 1.5),
    INSTALL,
    RUN,
]


def test_time_and_disk_are_said_first(tmp_path: Path) -> None:
    text = "\n".join(demo_plan.announce(PHASES, 30.0, tmp_path))
    assert "about 8 min and 14 GB of disk" in text
    assert "compiling kubernetes 7 min, booting Kubernetes 30 s" in text
    again = "\n".join(demo_plan.announce([INSTALL, RUN], 0.5, tmp_path))
    assert "about 75 s and no more disk" in again
    with pytest.raises(ClusterError, match=r"needs about 14 GB.*13 GB are free.*SWEEPJOB_CACHE"):
        demo_plan.announce(PHASES, 13.0, tmp_path)
    assert demo_plan.free_gigabytes(tmp_path / "not" / "there") > 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_knows_the_remaining_time(tmp_path: Path) -> None:
    now, stream = [0.0], Terminal()
    bar = Progress(PHASES, tmp_path / "durations.json", stream, lambda: now[0])
    assert bar.remaining() == 505
    with watched_by(bar), step("compiling kubernetes from Go modules"):
        now[0] = 100.0
        assert bar.remaining() == 405
        assert "about 7 min left: compiling kubernetes" in bar.line()
        with step("something within it"):
            now[0] = 1000.0
        assert bar.remaining() == 20 + 105  # longer than expected: never 0
        bar.draw()
        say("a line")
    assert "\r\x1b[K[" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
    with bar.phase(RUN.title):
        now[0] += 30
        bar.advance(0.25)
        assert bar.remaining() == 30 + 15 + 90
    again = demo_plan.with_recorded(PHASES, tmp_path / "durations.json")
    assert [p.seconds for p in again][-1] == 30.0
    (tmp_path / "durations.json").write_text("[1]")
    assert demo_plan.with_recorded(PHASES, tmp_path / "durations.json") == PHASES


def test_without_a_terminal_a_line_now_and_then(tmp_path: Path) -> None:
    now, stream = [0.0], io.StringIO()
    bar = Progress(PHASES, tmp_path / "durations.json", stream, lambda: now[0])
    for second in range(45):
        now[0] = float(second)
        bar.draw()
    assert stream.getvalue().count("left") == 2
    assert "\x1b" not in stream.getvalue()


class OwnCluster(Target):
    """Answers what the demo asks a user's cluster."""

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        assert arguments == ("config", "current-context")
        return "kind-mine\n"

    def helm(self, *arguments: str) -> str:
        return "sweepjob\n"

    def kubectl_get(self, *arguments: str) -> Any:
        return {"items": [{"status": {"allocatable": {"cpu": "4"}}}]}


def test_a_cluster_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = {"operator": "registry.example/operator:1"}
    target = OwnCluster(tmp_path / "config", "/bin/kubectl", "/bin/helm", images, None)
    text = "\n".join(own_cluster.describe(target, "demo", Path("examples/digits/sweep.yaml")))
    assert "context kind-mine" in text
    assert "upgrades the operator as release sweepjob" in text
    assert "creates the namespace demo and runs at most 16 trials" in text
    assert "kind load docker-image" in text
    assert "operator: registry.example/operator:1" in text
    assert "asks for 1 nvidia.com/gpu, and no node has more than 0" in text
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert own_cluster.agreed()  # a script is not asked
    for answer, expected in (("y", True), ("", False), ("no", False)):
        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr("builtins.input", lambda _, given=answer: given)
        assert own_cluster.agreed() is expected
    stopped = {"metadata": {"name": "digits-3"}, "status": {"stop": {"policy": "bandit"}}}
    steps = demo.next_steps(target, "digits", [{"metadata": {"name": "digits-0"}}, stopped])
    assert steps.count("\n  ") == 4
    assert "sweepjob explain digits-3 -n sweepjob-demo" in steps
    assert "helm uninstall sweepjob" in steps
