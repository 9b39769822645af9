"""The operator behind a proxy that does what a bad network and a busy API server do: no trial is lost
or run twice, no report lost or counted twice, no decision changed.

``SWEEPJOB_FAULTS=N`` runs with so many fault profiles instead of one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster import target as clusters

from .audit import Audit
from .fault_proxy import FaultProxy
from .operators import follow, holder
from .proxied_operator import between, fault_profile
from .sweeps import Sweeps, choice, eventually

STORMS = int(os.environ.get("SWEEPJOB_FAULTS", "1"))
BAD = {
    "delay": (0.0, 0.3),
    "lag": (0.0, 0.5),
    "request_lost": 0.03,
    "response_lost": 0.03,
    "refused": 0.05,
    "broken": 0.04,
    "duplicated": 0.1,
    "conflicting": 0.1,
    "stale": 0.3,
    "expired": 0.4,
    "page": 3,
}
REPORTS = 40
LEVELS = [round(0.1 + 0.05 * n, 2) for n in range(8)]


@pytest.fixture(scope="module")
def proxy(sweeps: Sweeps) -> Iterator[FaultProxy]:
    """Between two operators and the API server; calm."""
    if sweeps.target.built_in is None:
        pytest.skip("the proxy needs the API server's certificate: for the built-in cluster only")
    with between(sweeps.target, fault_profile(0), replicas=2) as proxy:
        yield proxy


def run_under_faults(sweeps: Sweeps, name: str, act: Callable[[], None] = lambda: None) -> None:
    """A sweep from its creation to its end; something happens when its trials report."""
    space = {"level": choice(*LEVELS), "reports": choice(REPORTS), "pause": choice(0.25)}
    total = len(LEVELS)
    spec = sweeps.spec(
        space,
        samplingAlgorithm={"type": "grid"},
        limits={"maxTotalTrials": total, "maxConcurrentTrials": 4},
        earlyTermination={"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 5},
    )
    with Audit(sweeps, name, 4).running() as audit:
        sweeps.apply(name, spec)
        sweeps.await_reports(name, 2, 180)
        act()
        sweeps.await_end(name, 400)
        audit.check(total, REPORTS)
    sweeps.kubectl("delete", "sweepjob", name, "--wait=true")


def test_a_partitioned_leader_is_replaced_and_stops(sweeps: Sweeps, proxy: FaultProxy) -> None:
    """Nothing gets through to the leader any more, while it lives, takes reports and decides."""
    ended = list[int]()

    def cut() -> None:
        leader = holder(sweeps)
        before = restarts(sweeps, leader)
        proxy.silent = {leader}
        follow(sweeps, leader)
        time.sleep(5)  # both are alive, and the other one works
        proxy.silent = set()
        eventually(lambda: restarts(sweeps, leader) > before, 90, "the old leader has ended")
        ended.append(restarts(sweeps, leader) - before)

    run_under_faults(sweeps, "cut", cut)
    assert ended == [1], "the old leader has ended once, and the sweep is as without the cut"


def test_a_partition_of_thirty_seconds(sweeps: Sweeps, proxy: FaultProxy) -> None:
    def silence() -> None:
        proxy.silent = {"*"}
        time.sleep(30)
        proxy.silent = set()

    before = proxy.done["silence"]
    run_under_faults(sweeps, "silence", silence)
    assert proxy.done["silence"] > before


def test_storms(sweeps: Sweeps, proxy: FaultProxy) -> None:
    for seed in range(1, STORMS + 1):
        proxy.faults = fault_profile(seed, **BAD)
        run_under_faults(sweeps, f"storm-{seed}")
    proxy.faults = fault_profile(0)
    # A fault that never happens tests nothing.
    fewest = min(proxy.done[fault] for fault in BAD if fault not in ("delay", "lag", "page"))
    assert fewest >= 1, proxy.done
    print(dict(proxy.done))


def restarts(sweeps: Sweeps, pod: str) -> int:
    found = sweeps.target.get("-n", clusters.SYSTEM, "pod", pod)
    return int(found["status"]["containerStatuses"][0]["restartCount"])
