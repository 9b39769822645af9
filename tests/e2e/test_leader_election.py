"""Two operators: one leads; killed or frozen in mid-sweep, the other goes on, and nothing is doubled."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import namespaces
from tests.cluster import target as clusters

from .sweeps import Sweeps, choice, eventually, values_on_record
from .test_crash import events

_INSIDE = "-m sweepjob.manager"
REPORTS = 40  # three at a time last longer than the lease


@pytest.fixture(scope="module")
def pair(sweeps: Sweeps) -> Iterator[Sweeps]:
    """Two replicas for this module, one again afterwards."""
    if sweeps.target.built_in is None:
        pytest.skip("kills and freezes processes, which is for the built-in cluster only")
    clusters.install(sweeps.target, "--set", "replicas=2")
    yield sweeps
    clusters.install(sweeps.target)


def holder(sweeps: Sweeps) -> str:
    lease = sweeps.target.get("-n", clusters.SYSTEM, "lease", "sweepjob")
    return str(lease["spec"].get("holderIdentity") or "")


def leader(sweeps: Sweeps) -> tuple[str, int]:
    """The leader's identity and its process."""
    pod = eventually(lambda: holder(sweeps), 60, "somebody leads")
    assert sweeps.target.built_in is not None
    node = sweeps.target.built_in.node(1)
    uid = sweeps.target.get("-n", clusters.SYSTEM, "pod", pod)["metadata"]["uid"]
    [pid] = [
        pid
        for pid in namespaces.processes(node)
        if namespaces.command_line(pid).rstrip().endswith(_INSIDE) and uid in _cgroup(pid)
    ]
    return pod, pid


def _cgroup(pid: int) -> str:
    text = Path(f"/proc/{pid}/cgroup").read_text()
    return text.replace("_", "-")


def follow(sweeps: Sweeps, before: str) -> None:
    eventually(lambda: holder(sweeps) not in ("", before), 40, "the other one leads")


@pytest.mark.parametrize("fault", ["killed", "deleted", "frozen"])
def test_another_replica_continues(pair: Sweeps, fault: str) -> None:
    space = {
        "level": choice(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        "reports": choice(REPORTS),
        "pause": choice(0.2),
    }
    limits = {"maxTotalTrials": 6, "maxConcurrentTrials": 3}
    pair.apply(fault, pair.spec(space, limits=limits))
    eventually(lambda: len(pair.trials(fault)) >= 3, 60, "three trials")
    eventually(
        lambda: any("curve" in t.get("status", {}) for t in pair.trials(fault)), 60, "one reports"
    )
    identity, pid = leader(pair)
    if fault == "deleted":
        force = ("--grace-period=0", "--force")
        pair.target.kubectl("-n", clusters.SYSTEM, "delete", "pod", identity, *force)
    else:
        namespaces.kill(pid, signal.SIGKILL if fault == "killed" else signal.SIGSTOP)
    # A container that is started again within the lease's time goes on itself.
    if fault != "killed":
        follow(pair, identity)
    if fault == "frozen":
        # It wakes up in the belief that it leads, finds that it does not, and ends.
        namespaces.kill(pid, signal.SIGCONT)
        eventually(lambda: namespaces.command_line(pid) == "", 30, "the old leader ends")
    status = pair.await_end(fault, 300)["status"]
    assert status["trials"]["succeeded"] == status["trials"]["created"] == 6
    for trial in pair.trials(fault):
        values = values_on_record(trial)
        assert values == pair.reported(trial["metadata"]["name"])
        assert len(values) == REPORTS
        assert trial["status"]["attempt"] == 1
    jobs = {
        event["involvedObject"]["name"]
        for event in events(pair, "SuccessfulCreate")
        if event["involvedObject"]["kind"] == "Job"
    }
    assert {name for name in jobs if name.startswith(fault)} == {f"{fault}-{n}" for n in range(6)}
