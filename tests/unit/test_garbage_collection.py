"""Collections of garbage: each is short, and cycles are found nevertheless."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sweepjob import garbage_collection
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.controllers.state.sweep_state import SweepState
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.search.samplers.registry import SAMPLERS

from .builders import sweepjob
from .stored_sweeps import push, record

pytestmark = pytest.mark.virtual_time

NEEDED: dict[str, dict[str, Any]] = {
    "bandit": {"slackAmount": 0.1},
    "truncation_selection": {"truncationPercentage": 20},
    "hyperband": {"maxReports": 9},
    "forecast": {"probability": 0.05},
}
LARGEST = 10_000  # objects of a collection: a few milliseconds


@pytest.fixture(autouse=True)
def _own_collections() -> Iterator[None]:
    """The collections that the operator's process makes; those of the tests' other objects are left out."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    garbage_collection.collect_among_new_objects_only()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Node:
    def __init__(self) -> None:
        self.itself = self


def test_no_collection_is_among_many_objects() -> None:
    collections, largest = Counter[int](), 0

    def note(phase: str, info: dict[str, int]) -> None:
        nonlocal largest
        if phase == "start":
            collections[info["generation"]] += 1
            # Of what is looked at, not of all that exists.
            young = sum(len(gc.get_objects(n)) for n in range(info["generation"] + 1))
            largest = max(largest, young)

    gc.callbacks.append(note)
    try:
        kept = [[n] for n in range(300_000)]
    finally:
        gc.callbacks.remove(note)
    assert len(kept) == 300_000
    assert collections[0] > 100
    assert collections[1] > 20
    assert collections[2] == 0
    assert largest <= LARGEST


def test_new_cycles_are_found_at_once() -> None:
    found = weakref.ref(Node())
    kept = [[n] for n in range(LARGEST)]
    assert found() is None
    assert kept


def test_old_cycles_are_found_when_the_memory_in_use_has_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage_collection, "_SPARE", 0)
    old = Node()
    kept = [
        [n] for n in range(4 * LARGEST)
    ]  # so that it survives all collections among new objects
    found = weakref.ref(old)
    del old
    kept += [[n] for n in range(4 * LARGEST)]
    assert found() is not None
    blocks = sys.getallocatedblocks()
    assert garbage_collection.collect_if_doubled(blocks) == blocks
    assert found() is not None
    assert garbage_collection.collect_if_doubled(blocks // 3) > blocks // 3
    assert found() is None
    assert kept


@pytest.mark.parametrize(
    ("policy", "sampler"),
    [
        *((policy, "random") for policy in sorted(POLICIES.names())),
        *(("bandit", sampler) for sampler in sorted(SAMPLERS.names())),
    ],
)
def test_a_sweep_is_freed_without_a_collection(policy: str, sampler: str) -> None:
    """One of 10,000 trials is large, and would stay until the memory in use has doubled."""
    body = sweepjob(
        earlyTermination={"type": policy, **NEEDED.get(policy, {})},
        samplingAlgorithm={"type": sampler},
        searchSpace={"lr": {"type": "choice", "values": [0.1, 0.2, 0.3]}},
        limits={"maxTotalTrials": 3, "maxConcurrentTrials": 3},
        trial={"image": "i", "command": "train --lr ${{search_space.lr}}"},
    )
    identity = ObjectIdentity("team", "sweep", "uid")
    sweep = SweepStore(identity, parse_sweepjob(body), seed=1, started=0.0, status={})
    for index in range(3):
        trial = sweep.add_trial(record(index))
        sweep.ingest_push(trial, push(trial, 1, 0.1 * index, 0.2, 0.3), 1.0)
    assert sweep.state.live
    gc.collect()
    gc.disable()
    before = _states()
    try:
        del sweep, trial
        assert _states() == before - 1
    finally:
        gc.enable()


def _states() -> int:
    return sum(isinstance(found, SweepState) for found in gc.get_objects())


async def test_the_memory_in_use_is_looked_at_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def collect(after: int) -> int:
        seen.append(after)
        return len(seen)

    monkeypatch.setattr(garbage_collection, "collect_if_doubled", collect)
    task = asyncio.create_task(garbage_collection.collect_when_doubled())
    await asyncio.sleep(3.5 * 60)
    task.cancel()
    assert seen[1:] == [1, 2]
