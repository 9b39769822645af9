"""Two operators: one leads; killed or frozen in mid-sweep, the other goes on, and nothing is doubled."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.cluster import namespaces
from tests.cluster import target as clusters

from .operators import follow, leader
from .sweeps import Sweeps, choice, eventually, values_on_record

REPORTS = 40  # three at a time last longer than the lease


@pytest.fixture(scope="module")
def pair(sweeps: Sweeps) -> Iterator[Sweeps]:
    """Two replicas for this module, one again afterwards."""
    if sweeps.target.built_in is None:
        pytest.skip("kills and freezes processes, which is for the built-in cluster only")
    clusters.install(sweeps.target, "--set", "replicas=2")
    yield sweeps
    clusters.install(sweeps.target)


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
    pair.await_reports(fault, 1)
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
        for event in pair.events("SuccessfulCreate")
        if event["involvedObject"]["kind"] == "Job"
    }
    assert {name for name in jobs if name.startswith(fault)} == {f"{fault}-{n}" for n in range(6)}
