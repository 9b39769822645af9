"""Whole sweeps in virtual time, with crashes in the middle of the planner's actions."""

from collections import Counter

import pytest
from sweepjob.domain.plan.snapshot import Phase

from .simulated_cluster import SimulatedCluster


@pytest.mark.parametrize("block", range(10))
def test_sweeps_keep_the_invariants_and_end(block: int) -> None:
    ends: set[Phase] = set()
    retries: Counter[str] = Counter()
    for seed in range(block * 20, block * 20 + 20):
        cluster = SimulatedCluster(seed)
        try:
            cluster.run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        assert sorted(cluster.records) == list(range(cluster.total))
        assert all(t.phase.is_end for t in cluster.records.values())
        retries += cluster.retries
        ends |= {t.phase for t in cluster.records.values()}
    # Chance reaches them all.
    assert ends == {Phase.SUCCEEDED, Phase.EARLY_STOPPED, Phase.FAILED, Phase.CANCELED}
    assert {"F", "Evicted", "PodDeleted", "NodeLost"} <= set(retries)
