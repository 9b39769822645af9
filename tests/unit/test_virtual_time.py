"""Whole sweeps in virtual time, with crashes in the middle of the planner's actions."""

from collections import Counter
from collections.abc import Iterable

import pytest
from sweepjob.api.phases import TrialPhase

from tests.shrinking import shortest

from .simulated_cluster import STEPS, SimulatedCluster


def failure(
    seed: int, total: int, wild: Iterable[int] = range(STEPS)
) -> tuple[SimulatedCluster, str]:
    """A run with chance in some steps only, and how it failed: empty when it did not."""
    cluster = SimulatedCluster(seed, frozenset(range(STEPS)) - set(wild), total)
    try:
        cluster.run()
    except AssertionError as error:
        return cluster, str(error)
    return cluster, ""


def shortest_history(seed: int) -> str:
    """What happens in the shortest run of a seed that fails: with as few trials as will do, and with
    most of its steps calm."""
    total = next(n for n in range(1, 100) if failure(seed, n)[1])
    reached = int(failure(seed, total)[0].now)
    wild = shortest(range(reached), lambda steps: bool(failure(seed, total, steps)[1]))
    cluster, problem = failure(seed, total, wild)
    told = "\n".join(cluster.history)
    return f"seed {seed}, {total} trials, chance in the steps {wild} only: {problem}\n{told}"


@pytest.mark.parametrize("block", range(10))
def test_sweeps_keep_the_invariants_and_end(block: int) -> None:
    ends: set[TrialPhase] = set()
    retries: Counter[str] = Counter()
    pauses = resumptions = 0
    for seed in range(block * 20, block * 20 + 20):
        cluster = SimulatedCluster(seed)
        try:
            cluster.run()
        except AssertionError:
            raise AssertionError(shortest_history(seed)) from None
        assert sorted(cluster.records) == list(range(cluster.total))
        assert all(t.phase.is_end for t in cluster.records.values())
        retries += cluster.retries
        pauses, resumptions = pauses + cluster.pauses, resumptions + cluster.resumptions
        ends |= {t.phase for t in cluster.records.values()}
    # Chance reaches them all.
    assert ends == {
        TrialPhase.SUCCEEDED,
        TrialPhase.EARLY_STOPPED,
        TrialPhase.FAILED,
        TrialPhase.CANCELED,
    }
    assert {"F", "Evicted", "PodDeleted", "NodeLost", "NodeRestarted"} <= set(retries)
    assert pauses > resumptions > 20, "some end while they are paused"


def test_a_failing_seed_prints_the_shortest_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a planner's mistake that only a disruption shows."""
    broken = SimulatedCluster._record

    def forgets(self: SimulatedCluster, index: int, **changes: object) -> None:
        assert changes.get("reason") != "Evicted", "made to fail"
        broken(self, index, **changes)

    monkeypatch.setattr(SimulatedCluster, "_record", forgets)
    told = shortest_history(seed=2)
    assert "made to fail" in told
    assert told.startswith("seed 2, 1 trials, chance in the steps [")
    assert len(told.splitlines()) < 30
