"""Trials of several pods in virtual time, with crashes in the middle of the planner's actions."""

import itertools
from collections import Counter

import pytest
from sweepjob.api.phases import TrialPhase

from .simulated_pod_groups import AGES, INSTANCES, OneKill, SimulatedPodGroups


@pytest.mark.parametrize("block", range(5))
def test_groups_keep_the_invariants_and_end(block: int) -> None:
    ends: set[TrialPhase] = set()
    retries: Counter[str] = Counter()
    for seed in range(block * 20, block * 20 + 20):
        cluster = SimulatedPodGroups(seed)
        try:
            cluster.run()
        except AssertionError as error:
            told = "\n".join(cluster.history[-60:])
            raise AssertionError(f"seed {seed}: {error}\n{told}") from None
        assert all(t.phase.is_end for t in cluster.records.values())
        retries += cluster.retries
        ends |= {t.phase for t in cluster.records.values()}
    assert ends == {
        TrialPhase.SUCCEEDED,
        TrialPhase.EARLY_STOPPED,
        TrialPhase.FAILED,
        TrialPhase.CANCELED,
    }
    assert {"TrainerFailed", "Evicted", "PodDeleted"} <= set(retries)


@pytest.mark.parametrize("stage", AGES)
@pytest.mark.parametrize("how", ["crash", "delete", "evict", "node"])
def test_each_pod_killed_at_each_stage_with_the_operator_killed_at_each_request(
    how: str, stage: str
) -> None:
    """What happens to the other ranks, and when the operator is killed, changes nothing."""
    if how == "crash" and stage in ("pending", "pulling"):
        pytest.skip("no process runs")
    for rank, hang, crash_at in itertools.product(
        range(INSTANCES), (False, True), (None, *range(12))
    ):
        cluster = OneKill(
            *(0, frozenset(range(5000)), 1, 1, 0),
            rank=rank,
            age=AGES[stage],
            how=how,
            hang=hang,
            crash_at=crash_at,
        )
        cluster.run()
        [trial] = cluster.records.values()
        told = "\n".join(cluster.history)
        case = f"rank {rank}, hang {hang}, killed at {crash_at}:\n{told}"
        if stage == "ending":  # rank 0 has ended, and so has the trial
            assert (trial.phase, trial.attempt) == (TrialPhase.SUCCEEDED, 1), case
        elif how == "crash":
            assert (trial.phase, trial.attempt) == (TrialPhase.FAILED, 1), case
        elif cluster.gone and not hang:
            assert trial.phase in (TrialPhase.SUCCEEDED, TrialPhase.FAILED), case
        else:
            assert (trial.phase, trial.attempt) == (TrialPhase.SUCCEEDED, 2), case
            assert trial.failures == 0, case
        living = [p for _, p in cluster.pods.values() if not p.is_terminal]
        assert {p.name for p in living} <= cluster.hung, f"left over: {living}, {case}"
