"""The built-in cluster itself: two side by side, several real nodes, one lost, simulated ones, no traces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import layout
from tests.cluster import target as clusters
from tests.cluster.console import ClusterError
from tests.cluster.target import Target

from .sweeps import eventually

NAME = layout.current().beside("second").name


def cluster(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cluster", *arguments],
        env={**os.environ, "SWEEPJOB_CLUSTER": NAME},
        cwd=layout.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def second(target: Target) -> Iterator[Target]:
    """A second cluster beside the one that the other tests use."""
    if target.built_in is None:
        pytest.skip("is about the built-in cluster")
    cluster("up", "--nodes", "2", "--gpus", "3", "--quick-node-loss")
    kubeconfig = Path(cluster("kubeconfig").strip())
    yield Target(kubeconfig, target.kubectl_program, target.helm_program, target.images, None)
    cluster("down")


def ready(target: Target) -> dict[str, str]:
    path = (
        r"{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=='Ready')].status} {end}"
    )
    text = target.kubectl("get", "nodes", "-o", f"jsonpath={path}")
    return dict(entry.split("=") for entry in text.split())


def test_two_clusters_are_isolated(target: Target, second: Target) -> None:
    assert ready(second) == {"node-1": "True", "node-2": "True"}
    second.kubectl("create", "namespace", "only-here")
    assert "only-here" not in target.kubectl("get", "namespaces")
    gpus = second.kubectl(
        "get", "nodes", "-o", r"jsonpath={.items[*].status.allocatable.nvidia\.com/gpu}"
    )
    assert gpus.split() == ["3", "3"]


def test_up_again_changes_nothing(second: Target) -> None:
    before = second.get("nodes")["items"][0]["metadata"]["uid"]
    assert f"cluster {NAME}: up" in cluster("up", "--nodes", "2", "--gpus", "3")
    assert second.get("nodes")["items"][0]["metadata"]["uid"] == before


def test_a_frozen_node_is_detected_and_recovers(second: Target) -> None:
    cluster("node", "freeze", "2")
    eventually(lambda: ready(second)["node-2"] == "Unknown", 60, "node-2 is not heard of")
    cluster("node", "thaw", "2")
    eventually(lambda: ready(second)["node-2"] == "True", 60, "node-2 is back")
    assert ready(second)["node-1"] == "True", "the other node was not affected"


def test_a_killed_node_is_detected(second: Target) -> None:
    cluster("node", "kill", "2")
    eventually(lambda: ready(second)["node-2"] == "Unknown", 60, "node-2 is lost")
    assert ready(second)["node-1"] == "True"


def test_simulated_nodes_join(second: Target) -> None:
    cluster("simulate", "3")
    names = [name for name, state in ready(second).items() if state == "True"]
    assert [n for n in names if n.startswith("simulated")] == [
        "simulated-1",
        "simulated-2",
        "simulated-3",
    ]


def test_down_removes_everything(second: Target) -> None:
    cluster("down")
    folder = f"clusters/{NAME}"
    everything = [
        p for p in Path("/proc").iterdir() if p.name.isdigit() and folder in _command_line(p)
    ]
    assert not everything
    assert folder not in Path("/proc/mounts").read_text()
    assert not list(Path("/sys/fs/cgroup").glob(f"*/sweepjob-{NAME}-*"))
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert "cni0" not in links
    assert "br0" not in links
    assert f"cluster {NAME}: down" in cluster("status")


OPERATOR = ("-n", clusters.SYSTEM, "-l", "app.kubernetes.io/name=sweepjob")


@pytest.mark.parametrize("arguments", [("-A",), OPERATOR], ids=["all", "selected"])
def test_objects_are_read_as_kubectl_reads_them(target: Target, arguments: tuple[str, ...]) -> None:
    """Without a kubectl, which would take most of the time."""

    def alike() -> bool:
        ours = target.get("deployment", *arguments)["items"]
        theirs = target.kubectl_get("deployment", *arguments)["items"]
        assert ours
        return bool(ours == theirs)

    eventually(alike, 10, "both read the same, between two changes of the status")
    for read in (target.get, target.kubectl_get):
        with pytest.raises(ClusterError, match=r'\(NotFound\): deployments.apps "none" not found'):
            read("deployment", "none")


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
